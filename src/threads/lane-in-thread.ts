// A lane on the caller's thread, for library mode with inline functions. Same face as a lane's thread.

import type { LaneEnd, ValueOutput } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { Source } from '../sdk/source.ts'
import type { LaneRequest, LaneStart, OpenedLetters } from './messages.ts'
import { type LaneEvents, NO_EVENTS, type OpenedLane, type PreparedLane, prepareLane } from './prepared-lane.ts'

export class LaneInThread {
  readonly ready: Promise<number | undefined>
  readonly opened: Promise<OpenedLetters | undefined>
  readonly ended: Promise<LaneEnd>
  onLog: (message: string) => void = () => undefined
  events: LaneEvents = NO_EVENTS
  readonly #prepared: PreparedLane
  readonly #opened = Promise.withResolvers<OpenedLetters | undefined>()
  readonly #begin = Promise.withResolvers<void>()
  readonly #end = Promise.withResolvers<LaneEnd>()
  #lane: OpenedLane | undefined
  #isStopping = false

  constructor(start: LaneStart, registry: Registry, source: Source | undefined, valueOutput: ValueOutput | undefined) {
    this.opened = this.#opened.promise
    this.ended = this.#end.promise
    this.opened.catch(() => undefined)
    this.#prepared = prepareLane({
      ...start,
      registry,
      source,
      valueOutput,
      events: {
        began: input => this.events.began(input),
        ended: end => this.events.ended(end),
        released: sourceNumber => this.events.released(sourceNumber),
        waiting: (who, reason) => this.events.waiting(who, reason),
        states: stated => this.events.states(stated),
        replay: report => this.events.replay(report)
      },
      log: message => this.onLog(message)
    })
    this.ready = Promise.resolve(this.#prepared.totalBytes)
  }

  request(request: LaneRequest): void {
    if (request.type === 'go') void this.#run()
    else if (request.type === 'begin') this.#begin.resolve()
    else if (request.type === 'committed') this.#lane?.committed(request)
    else if (request.type === 'stop') {
      this.#isStopping = true
      this.#lane?.lane.stop()
    } else if (request.type === 'reopen') this.#lane?.lane.reopen(request.sinks)
    else if (request.type === 'abandon') this.#lane?.lane.abandon()
    else if (request.type === 'tap') {
      if (this.#lane === undefined) request.port.close()
      else this.#lane.tap(request.order, request.port)
    } else this.#lane?.replay(request)
  }

  /** Only a thread can be ended from outside; here the stop goes on. */
  giveUp(): void {
    this.#lane?.lane.abandon()
  }

  async terminate(): Promise<void> {
    this.#lane?.lane.abandon()
  }

  async #run(): Promise<void> {
    try {
      this.#lane = await this.#prepared.open()
    } catch (failure) {
      this.#opened.reject(failure)
      this.#end.resolve({ reason: 'failed', message: failure instanceof Error ? failure.message : String(failure) })
      return
    }
    const { lane, letters } = this.#lane
    this.#opened.resolve(letters)
    await this.#begin.promise
    if (this.#isStopping) lane.stop()
    this.#end.resolve(await lane.run())
  }
}
