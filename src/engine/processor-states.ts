// The state of processors that keep some, as JSON, taken when no line is under way: it belongs to one snapshot exactly.

import { quote } from '../base/quote.ts'
import { UserError } from '../base/user-error.ts'
import { describeError } from './errors.ts'

export interface StatefulProcessor {
  readonly name: string
  snapshot(): unknown
}

export interface ProcessorState {
  readonly name: string
  /** A JSON value. */
  readonly state: unknown
}

/**
 * Taking all states may be dear, and lines wait meanwhile. At first they are taken more often: a lane that dies soon, again
 * and again, gets further each time.
 */
const FIRST_INTERVAL_MILLISECONDS = 25
const INTERVAL_MILLISECONDS = 1_000

export class ProcessorStates {
  /** Told the states, with the snapshot's number and all its counters. */
  onTaken: (sequence: number, counters: Float64Array, states: readonly ProcessorState[]) => void = () => undefined
  /** Why none can be taken any more: the lane must end. */
  failure: UserError | undefined
  readonly #processors: readonly StatefulProcessor[]
  #takenAt = Number.NEGATIVE_INFINITY
  #intervalMilliseconds = FIRST_INTERVAL_MILLISECONDS
  #settledBatches = -1

  constructor(processors: readonly StatefulProcessor[]) {
    this.#processors = processors
  }

  /** Something has been settled since they were taken, and that is a while ago. */
  isDue(settledBatches: number): boolean {
    return this.hasNews(settledBatches) && performance.now() - this.#takenAt >= this.#intervalMilliseconds
  }

  hasNews(settledBatches: number): boolean {
    return settledBatches !== this.#settledBatches && this.failure === undefined
  }

  /** No line is under way. */
  take(sequence: number, settledBatches: number, counters: Float64Array): void {
    let states: ProcessorState[]
    try {
      states = this.#processors.map(processor => ({ name: processor.name, state: stateOf(processor) }))
    } catch (failure) {
      this.failure = failure as UserError
      return
    }
    this.#takenAt = performance.now()
    this.#intervalMilliseconds = Math.min(INTERVAL_MILLISECONDS, this.#intervalMilliseconds * 2)
    this.#settledBatches = settledBatches
    this.onTaken(sequence, counters.slice(), states)
  }
}

/** Throws a UserError when the processor cannot tell. */
function stateOf(processor: StatefulProcessor): unknown {
  try {
    const json = JSON.stringify(processor.snapshot())
    if (json === undefined) throw new TypeError('snapshot() returned what has no JSON form')
    return JSON.parse(json) as unknown
  } catch (cause) {
    const { message } = describeError(cause)
    throw new UserError(`the state of processor ${quote(processor.name)} cannot be kept: ${message}`, { cause })
  }
}
