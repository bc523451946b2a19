// Server-sent events to one reader. A reader that is too slow loses events, and holds up nobody.

import type { FastifyReply } from 'fastify'

/** What may wait for one reader. */
const QUEUED_BYTES = 256 * 1024

export class EventStream {
  readonly #reply: FastifyReply
  #isOver = false

  /** `onGone` is called once, when the reader has gone away. */
  constructor(reply: FastifyReply, onGone: () => void) {
    this.#reply = reply
    const { raw } = reply.hijack()
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store'
    })
    raw.flushHeaders()
    raw.once('close', () => {
      if (!this.#isOver) onGone()
      this.#isOver = true
    })
  }

  /** False: it was not sent, since the reader has not taken what was sent before. */
  send(event: string, data: object): boolean {
    const { raw } = this.#reply
    if (this.#isOver || raw.writableLength > QUEUED_BYTES) return false
    raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    return true
  }

  end(): void {
    this.#isOver = true
    this.#reply.raw.end()
  }
}
