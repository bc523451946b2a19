// Keeps lines back from a processor that fails with most of them, because what it needs is down: while the breaker is
// open its lines wait, the lane reads no more once enough of them do, and now and then one line is tried.

import type { CircuitBreakerPlan } from './plan.ts'

export interface CircuitBreakerHost {
  /** Lines wait from now on. */
  opened(reason: string): void
  /** Time to try one. */
  probe(): void
  /** Lines go on. */
  closed(): void
}

export class CircuitBreaker {
  readonly #plan: CircuitBreakerPlan
  readonly #host: CircuitBreakerHost
  /** Which line of the processor each of the last failures was, as a ring. */
  readonly #failures: Float64Array
  #next = 0
  #isOpen = false
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(plan: CircuitBreakerPlan, host: CircuitBreakerHost) {
    this.#plan = plan
    this.#host = host
    this.#failures = new Float64Array(plan.errors).fill(Number.NEGATIVE_INFINITY)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** The processor has failed for good with the `number`-th of its lines. */
  failed(number: number, message: string): void {
    if (this.#isOver) return
    if (this.#isOpen) {
      this.#wait()
      return
    }
    const { errors, of, probeMilliseconds } = this.#plan
    this.#failures[this.#next] = number
    this.#next = (this.#next + 1) % errors
    // The oldest of as many failures as it takes.
    if (number - this.#failures[this.#next] >= of) return
    this.#isOpen = true
    this.#wait()
    const failed = `${errors} of its last ${of} lines failed, the newest with: ${message}.`
    this.#host.opened(`${failed} One line is tried every ${probeMilliseconds / 1000} s`)
  }

  /** The line that was tried has come through. */
  succeeded(): void {
    if (!this.#isOpen) return
    this.#close()
    this.#host.closed()
  }

  /** What was tried was not the end of it: it is tried again as if it had not been. */
  undecided(): void {
    if (this.#isOpen) this.#wait()
  }

  /** The lane stops: nothing waits any more. */
  end(): void {
    this.#isOver = true
    if (!this.#isOpen) return
    this.#close()
    this.#host.closed()
  }

  #close(): void {
    this.#isOpen = false
    this.#failures.fill(Number.NEGATIVE_INFINITY)
    clearTimeout(this.#timer)
  }

  #wait(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#probe(), this.#plan.probeMilliseconds)
    this.#timer.unref()
  }

  #probe(): void {
    // None may wait just now.
    this.#wait()
    this.#host.probe()
  }
}
