// Main's side of one thread of a lane: its messages turned into promises, and how the thread ended.

import { Worker } from 'node:worker_threads'

import { ownModule } from '../base/own-files.ts'
import { UserError } from '../base/user-error.ts'
import type { LaneEnd } from '../engine/index.ts'
import { deathOf, describeDeath, type LaneDeath } from './lane-death.ts'
import type { LaneReport, LaneRequest, LaneStart, OpenedLetters } from './messages.ts'
import type { LaneEvents } from './prepared-lane.ts'
import { WORKER_FLAGS } from './worker-flags.ts'

// Hardly anything that a batch makes outlives it. With V8's own limit (48 MB) the thread grows by 100 MB and more with the
// length of the run, and is slower: what it touches does not fit the processor's cache.
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 6 }

export class LaneThread {
  /** Rejects when the thread ends before; so does `opened`. */
  readonly ready: Promise<number | undefined>
  /** Resolves when its outputs are open and it waits for `begin`. */
  readonly opened: Promise<OpenedLetters | undefined>
  /** A death is told when the thread is gone and all its messages have come. */
  readonly ended: Promise<LaneEnd | LaneDeath>
  readonly #worker: Worker

  constructor(start: LaneStart, events: LaneEvents, log: (message: string) => void) {
    this.#worker = new Worker(ownModule('threads/lane'), {
      ...WORKER_FLAGS,
      workerData: start,
      resourceLimits: RESOURCE_LIMITS
    })
    const ready = Promise.withResolvers<number | undefined>()
    const opened = Promise.withResolvers<OpenedLetters | undefined>()
    const ended = Promise.withResolvers<LaneEnd | LaneDeath>()
    this.ready = ready.promise
    this.opened = opened.promise
    this.ended = ended.promise
    // Whoever waits for a later one learns of the failure there.
    for (const promise of [ready.promise, opened.promise]) promise.catch(() => undefined)
    let failure: unknown
    this.#worker.on('message', (report: LaneReport) => {
      if (report.type === 'ready') ready.resolve(report.totalBytes)
      else if (report.type === 'opened') opened.resolve(report.letters)
      else if (report.type === 'refused') {
        const error = new UserError(report.message)
        ready.reject(error)
        opened.reject(error)
        ended.resolve({ reason: 'failed', message: report.message })
      } else if (report.type === 'input') events.began(report.input)
      else if (report.type === 'input-end') events.ended(report.end)
      else if (report.type === 'released') events.released(report.sourceNumber)
      else if (report.type === 'states') events.states(report.stated)
      else if (report.type === 'replay') events.replay(report.report)
      else if (report.type === 'waiting') events.waiting(report.who, report.reason)
      else if (report.type === 'log') log(report.message)
      else {
        opened.resolve(undefined)
        ended.resolve(report.end)
      }
    })
    this.#worker.on('error', error => {
      failure = error
    })
    this.#worker.on('exit', code => {
      const death = deathOf(failure, code)
      const error = new Error(death.cause === 'error' ? death.message : describeDeath(death, ''), { cause: failure })
      ready.reject(error)
      opened.reject(error)
      ended.resolve(death)
    })
  }

  request(request: LaneRequest): void {
    this.#worker.postMessage(request, request.type === 'tap' ? [request.port] : [])
  }

  /** Resolves when the thread is gone: never, while it is inside native code. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}
