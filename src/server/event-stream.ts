// Server-sent events to one reader. A reader that is too slow loses events, and holds up nobody.

import type { ServerResponse } from 'node:http'

import type { FastifyReply } from 'fastify'

export const EVENT_STREAM_TYPE = 'text/event-stream; charset=utf-8'
/** What may wait for one reader. */
const QUEUED_BYTES = 256 * 1024

/** Sends the head of the answer. The socket is the caller's from then on. */
export function beginEventStream(reply: FastifyReply): ServerResponse {
  const { raw } = reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, { 'content-type': EVENT_STREAM_TYPE, 'x-accel-buffering': 'no' })
  raw.flushHeaders()
  return raw
}

export class EventStream {
  readonly #response: ServerResponse
  #isOver = false

  /** `onGone` is called once, when the reader has gone away. */
  constructor(reply: FastifyReply, onGone: () => void) {
    this.#response = beginEventStream(reply)
    this.#response.once('close', () => {
      if (!this.#isOver) onGone()
      this.#isOver = true
    })
  }

  /** False: it was not sent, since the reader has not taken what was sent before. */
  send(event: string, data: object): boolean {
    if (this.#isOver || this.#response.writableLength > QUEUED_BYTES) return false
    this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    return true
  }

  end(): void {
    this.#isOver = true
    this.#response.end()
  }
}
