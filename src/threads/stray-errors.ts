// What nobody handles comes from a processor that let go of a promise or set a timer: its call has been settled
// already, or will be by its timeout. No line hangs on it, so the lane goes on and says so. It may come with every
// line: then the first few are said and the others counted, so that the log does not become the bottleneck.

import { describeError } from '../engine/errors.ts'

const SAID_AT_ONCE = 5
const PERIOD_MILLISECONDS = 10_000

export class StrayErrors {
  readonly #log: (message: string) => void
  #left = SAID_AT_ONCE
  #unsaid = 0
  #timer: NodeJS.Timeout | undefined

  constructor(log: (message: string) => void) {
    this.#log = log
  }

  /** Takes what nobody handles in this thread from now on. */
  listen(): void {
    process.on('uncaughtException', error => this.add('an error outside any call', error))
    process.on('unhandledRejection', reason => this.add('a promise was rejected and nobody handled it', reason))
  }

  add(what: string, thrown: unknown): void {
    if (this.#left === 0) {
      this.#unsaid++
      return
    }
    this.#left--
    // The thread may end before.
    this.#timer ??= setTimeout(() => this.close(), PERIOD_MILLISECONDS).unref()
    const { name, message, stack } = describeError(thrown)
    this.#log(`${what}: ${stack ?? `${name}: ${message}`}`)
  }

  /** Says how many there were beside those that were said. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#unsaid > 0) this.#log(`errors outside any call: ${this.#unsaid} more like these`)
    this.#left = SAID_AT_ONCE
    this.#unsaid = 0
  }
}
