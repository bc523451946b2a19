// A lane on the caller's thread, for library mode with inline functions. Same face as a lane's thread.

import type { Lane, LaneEnd, ValueOutput } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { Source } from '../sdk/source.ts'
import type { LaneRequest, LaneStart } from './messages.ts'
import { type PreparedLane, prepareLane } from './prepared-lane.ts'

export class LaneInThread {
  readonly ready: Promise<number | undefined>
  readonly opened: Promise<void>
  readonly ended: Promise<LaneEnd>
  onLog: (message: string) => void = () => undefined
  onInput: (number: number, name: string) => void = () => undefined
  readonly #prepared: PreparedLane
  readonly #opened = Promise.withResolvers<void>()
  readonly #end = Promise.withResolvers<LaneEnd>()
  #lane: Lane | undefined
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
      onInput: (number, name) => this.onInput(number, name),
      log: message => this.onLog(message)
    })
    this.ready = Promise.resolve(this.#prepared.totalBytes)
  }

  request(request: LaneRequest): void {
    if (request.type === 'go') void this.#run()
    else if (request.type === 'stop') {
      this.#isStopping = true
      this.#lane?.stop()
    } else if (request.type === 'abandon') this.#lane?.abandon()
  }

  /** Only a thread can be ended from outside; here the stop goes on. */
  giveUp(): void {
    this.#lane?.abandon()
  }

  async terminate(): Promise<void> {
    this.#lane?.abandon()
  }

  async #run(): Promise<void> {
    try {
      this.#lane = await this.#prepared.open()
    } catch (failure) {
      this.#opened.reject(failure)
      this.#end.resolve({ reason: 'failed', message: failure instanceof Error ? failure.message : String(failure) })
      return
    }
    this.#opened.resolve()
    if (this.#isStopping) this.#lane.stop()
    this.#end.resolve(await this.#lane.run())
  }
}
