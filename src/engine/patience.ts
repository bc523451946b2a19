// Writes what must not be lost: when a sink or the dead-letter log says that the same call may go through later (a full
// disk, a cable that is out), the lane waits and tries again. Nothing is read meanwhile, nothing is written twice.

import type { Sink } from '../sdk/sink.ts'

const FIRST_WAIT_MILLISECONDS = 50
const LONGEST_WAIT_MILLISECONDS = 1_000

export class Patience {
  /** Told what the lane waits for, and with undefined that it goes on. */
  onWaiting: (who: string, reason: string | undefined) => void = () => undefined
  #isOver = false
  readonly #over = Promise.withResolvers<void>()

  /** Waiting calls fail from now on with what they failed with last. */
  end(): void {
    this.#isOver = true
    this.#over.resolve()
  }

  /** All the bytes, in order. A promise when it takes time: the bytes may not be touched until it resolves. */
  write(who: string, sink: Sink, bytes: Uint8Array): void | Promise<void> {
    let rest = bytes
    return this.attempt(
      who,
      () => sink.write(rest),
      failure => {
        rest = rest.subarray(failure.bytesWritten ?? 0)
      }
    )
  }

  /** `failed` is told of each failure that the call may be tried again after. */
  attempt(
    who: string,
    call: () => void | Promise<void>,
    failed: (failure: RetryableFailure) => void = () => undefined
  ): void | Promise<void> {
    try {
      const done = call()
      if (done === undefined) return
      return done.catch((thrown: unknown) => this.#tryAgain(who, call, failed, thrown))
    } catch (thrown) {
      if (!isRetryable(thrown)) throw thrown
      return this.#tryAgain(who, call, failed, thrown)
    }
  }

  async #tryAgain(
    who: string,
    call: () => void | Promise<void>,
    failed: (failure: RetryableFailure) => void,
    first: unknown
  ): Promise<void> {
    let thrown = first
    let reason = ''
    for (let wait = FIRST_WAIT_MILLISECONDS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS)) {
      if (!isRetryable(thrown) || this.#isOver) throw thrown
      failed(thrown)
      if (thrown.message !== reason) {
        reason = thrown.message
        this.onWaiting(who, reason)
      }
      await this.#sleep(wait)
      try {
        await call()
        this.onWaiting(who, undefined)
        return
      } catch (again) {
        thrown = again
      }
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const slept = new Promise<void>(resolve => {
      timer = setTimeout(resolve, milliseconds)
    })
    await Promise.race([slept, this.#over.promise])
    clearTimeout(timer)
  }
}

interface RetryableFailure extends Error {
  readonly retryable: true
  readonly bytesWritten?: number
}

function isRetryable(thrown: unknown): thrown is RetryableFailure {
  return thrown instanceof Error && 'retryable' in thrown && thrown.retryable === true
}
