// Main's side of a lane's thread: its messages turned into promises.

import { Worker } from 'node:worker_threads'

import { ownModule } from '../base/own-files.ts'
import { UserError } from '../base/user-error.ts'
import type { LaneEnd } from '../engine/index.ts'
import { describeExit, describeFailure } from './lane-death.ts'
import type { LaneReport, LaneRequest, LaneStart, OpenedLetters } from './messages.ts'
import { type LaneEvents, NO_EVENTS } from './prepared-lane.ts'
import { WORKER_FLAGS } from './worker-flags.ts'

const GIVEN_UP = 'stopping took too long: lines that were under way are not settled'

// Hardly anything that a batch makes outlives it. With V8's own limit (48 MB) the thread grows by 100 MB and more with the
// length of the run, and is slower: what it touches does not fit the processor's cache.
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 6 }

export class LaneThread {
  readonly ready: Promise<number | undefined>
  /** Resolves when its outputs are open and it waits for `begin`. */
  readonly opened: Promise<OpenedLetters | undefined>
  readonly ended: Promise<LaneEnd>
  onLog: (message: string) => void = () => undefined
  events: LaneEvents = NO_EVENTS
  readonly #worker: Worker
  readonly #end = Promise.withResolvers<LaneEnd>()
  #sourceFailure: string | undefined
  #isGivenUp = false

  constructor(start: LaneStart) {
    this.#worker = new Worker(ownModule('threads/lane'), {
      ...WORKER_FLAGS,
      workerData: start,
      resourceLimits: RESOURCE_LIMITS
    })
    const ready = Promise.withResolvers<number | undefined>()
    const opened = Promise.withResolvers<OpenedLetters | undefined>()
    this.ready = ready.promise
    this.opened = opened.promise
    this.ended = this.#end.promise
    // Whoever waits for a later one learns of the failure there.
    for (const promise of [ready.promise, opened.promise]) promise.catch(() => undefined)
    const fail = (failure: Error): void => {
      ready.reject(failure)
      opened.reject(failure)
      this.#end.resolve({ reason: 'failed', message: failure.message })
    }
    this.#worker.on('message', (report: LaneReport) => {
      if (report.type === 'ready') ready.resolve(report.totalBytes)
      else if (report.type === 'opened') opened.resolve(report.letters)
      else if (report.type === 'refused') fail(new UserError(report.message))
      else if (report.type === 'input') this.events.began(report.input)
      else if (report.type === 'input-end') this.events.ended(report.end)
      else if (report.type === 'waiting') this.events.waiting(report.who, report.reason)
      else if (report.type === 'released') this.events.released(report.sourceNumber)
      else if (report.type === 'log') this.onLog(report.message)
      else {
        opened.resolve(undefined)
        this.#end.resolve(this.#withSourceFailure(report.end))
      }
    })
    this.#worker.on('error', error => fail(new Error(describeFailure(start, error), { cause: error })))
    this.#worker.on('exit', code => fail(new Error(this.#isGivenUp ? GIVEN_UP : describeExit(start, code))))
  }

  request(request: LaneRequest): void {
    this.#worker.postMessage(request)
  }

  /** Main could not go on reading: the lane settles what it has and ends. */
  sourceFailed(message: string): void {
    this.#sourceFailure = message
  }

  giveUp(): void {
    this.#isGivenUp = true
    this.#end.resolve({ reason: 'failed', message: GIVEN_UP })
    void this.#worker.terminate()
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #withSourceFailure(end: LaneEnd): LaneEnd {
    return this.#sourceFailure === undefined ? end : { reason: 'failed', message: this.#sourceFailure }
  }
}
