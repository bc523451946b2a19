// One listener of the live stream. What it has not read yet is kept up to a bound; beyond that all of it is dropped, and
// the next thing that it reads says how much.

import type { ServerResponse } from 'node:http'

import type { StreamGap, StreamTopic } from '../../contract/stream.ts'

export class StreamClient {
  readonly topics: ReadonlySet<StreamTopic>
  droppedEvents = 0
  readonly #response: ServerResponse
  readonly #maxQueuedBytes: number
  #queue: Buffer[] = []
  #queuedBytes = 0
  #isBlocked = false
  #gap = { events: 0, bytes: 0 }

  constructor(response: ServerResponse, topics: ReadonlySet<StreamTopic>, maxQueuedBytes: number) {
    this.topics = topics
    this.#response = response
    this.#maxQueuedBytes = maxQueuedBytes
    response.on('drain', () => this.#drained())
  }

  /** What is queued for it in this process. */
  get queuedBytes(): number {
    return this.#queuedBytes + this.#response.writableLength
  }

  /** `bytes` may be sent to others as well. */
  send(bytes: Buffer): void {
    if (!this.#isBlocked && this.#queue.length === 0) {
      this.#write(bytes)
      return
    }
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    if (this.queuedBytes > this.#maxQueuedBytes) this.#drop()
  }

  /** A comment; nothing is lost when it is not sent. */
  beat(): void {
    if (!this.#isBlocked) this.#write(HEARTBEAT)
  }

  end(): void {
    this.#response.end()
  }

  #drop(): void {
    this.#gap.events += this.#queue.length
    this.#gap.bytes += this.#queuedBytes
    this.droppedEvents += this.#queue.length
    this.#queue = []
    this.#queuedBytes = 0
  }

  #drained(): void {
    this.#isBlocked = false
    const { events, bytes } = this.#gap
    if (events > 0) {
      this.#gap = { events: 0, bytes: 0 }
      this.#write(gapEvent({ dropped_events: events, dropped_bytes: bytes, reason: 'slow' }))
    }
    while (!this.#isBlocked) {
      const next = this.#queue.shift()
      if (next === undefined) return
      this.#queuedBytes -= next.length
      this.#write(next)
    }
  }

  #write(bytes: Buffer): void {
    this.#isBlocked = !this.#response.write(bytes)
  }
}

const HEARTBEAT = Buffer.from(': here\n\n')

export function gapEvent(gap: StreamGap): Buffer {
  return Buffer.from(`event: gap\ndata: ${JSON.stringify(gap)}\n\n`)
}
