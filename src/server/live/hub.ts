// The live stream: tells all who listen what is new, once a second. Each event is made and serialised once. While nobody
// listens nothing runs, and nobody's slowness reaches another one, let alone the run: this only reads.

import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'

import { STREAM_TOPICS, type StreamTopic } from '../../contract/stream.ts'
import { type LiveEvent, LiveEvents } from '../../observer/live-events.ts'
import type { Family } from '../../observer/metrics/family.ts'
import type { RunView } from '../../observer/run-view.ts'
import { LIMITS } from '../limits.ts'
import { gapEvent, StreamClient } from './client.ts'

export interface HubLimits {
  readonly streams: number
  readonly streamQueuedBytes: number
  readonly streamIntervalMilliseconds: number
  readonly streamHeartbeatMilliseconds: number
}

/** How soon a client may try again that has lost its connection. */
const RETRY_MILLISECONDS = 2_000

export class LiveHub {
  readonly #observer: RunView
  readonly #limits: HubLimits
  readonly #clients = new Set<StreamClient>()
  /** Ids of another process mean nothing here. */
  readonly #run = randomUUID().slice(0, 8)
  #events: LiveEvents | undefined
  #sequence = 0
  #droppedEvents = 0
  #timer: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined

  constructor(observer: RunView, limits: HubLimits = LIMITS) {
    this.#observer = observer
    this.#limits = limits
  }

  get isFull(): boolean {
    return this.#clients.size >= this.#limits.streams
  }

  /** Takes a response whose head has been sent, until it is closed. */
  add(response: ServerResponse, topics: ReadonlySet<StreamTopic>, lastEventId: string | undefined): void {
    const client = new StreamClient(response, topics, this.#limits.streamQueuedBytes)
    this.#clients.add(client)
    response.once('close', () => this.#remove(client))
    client.send(Buffer.from(`retry: ${RETRY_MILLISECONDS}\n\n`))
    const missed = this.#missedSince(lastEventId)
    if (missed > 0) client.send(gapEvent({ dropped_events: missed, dropped_bytes: null, reason: 'away' }))
    this.#events ??= this.#start()
    // How things are, so that nobody looks at nothing until something changes.
    if (topics.has('stats')) client.send(this.#serialise('stats', this.#events.stats()))
    if (topics.has('health')) client.send(this.#serialise('health', this.#events.health()))
  }

  metrics(): Family[] {
    const dropped = [...this.#clients].reduce((sum, client) => sum + client.droppedEvents, this.#droppedEvents)
    return [
      {
        name: 'linescope_stream_clients',
        type: 'gauge',
        help: 'Clients that listen to the live stream now.',
        samples: [{ labels: {}, value: this.#clients.size }]
      },
      {
        name: 'linescope_stream_dropped_events_total',
        type: 'counter',
        help: 'Events that clients of the live stream did not get because they read too slowly.',
        samples: [{ labels: {}, value: dropped }]
      }
    ]
  }

  close(): void {
    this.#stop()
    for (const client of this.#clients) client.end()
  }

  #start(): LiveEvents {
    const events = new LiveEvents(this.#observer)
    // The first client gets it with its greeting.
    events.next('health')
    const { streamIntervalMilliseconds, streamHeartbeatMilliseconds } = this.#limits
    this.#timer = setInterval(() => this.#tell(events), streamIntervalMilliseconds).unref()
    this.#heartbeat = setInterval(() => this.#beat(), streamHeartbeatMilliseconds).unref()
    return events
  }

  #stop(): void {
    clearInterval(this.#timer)
    clearInterval(this.#heartbeat)
    this.#events = undefined
  }

  #remove(client: StreamClient): void {
    this.#clients.delete(client)
    this.#droppedEvents += client.droppedEvents
    if (this.#clients.size === 0) this.#stop()
  }

  #tell(events: LiveEvents): void {
    for (const topic of STREAM_TOPICS) {
      const listeners = [...this.#clients].filter(({ topics }) => topics.has(topic))
      // Also when nobody asks for it: what is old by then is nobody's news.
      const event = events.next(topic)
      if (event === undefined || listeners.length === 0) continue
      const bytes = this.#serialise(topic, event)
      for (const client of listeners) client.send(bytes)
    }
  }

  #beat(): void {
    for (const client of this.#clients) client.beat()
  }

  #serialise(topic: StreamTopic, event: LiveEvent): Buffer {
    const id = `${this.#run}-${++this.#sequence}`
    return Buffer.from(`id: ${id}\nevent: ${topic}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  #missedSince(lastEventId: string | undefined): number {
    const [run, sequence = ''] = lastEventId?.split('-', 2) ?? []
    if (run !== this.#run || !/^\d{1,15}$/.test(sequence)) return 0
    return Math.max(0, this.#sequence - Number(sequence))
  }
}
