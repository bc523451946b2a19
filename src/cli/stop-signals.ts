// SIGINT, SIGTERM and SIGHUP: the first asks the run to stop, the second ends it at once.

import { EXIT } from './exit-codes.ts'

// A signal to the whole process group comes a second time from whoever forwards it (npm does).
const ECHO_MILLISECONDS = 250
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export class StopSignals {
  first: NodeJS.Signals | undefined
  onFirst: (signal: NodeJS.Signals) => void = () => undefined
  /** The exit code that a second signal asks for. */
  endAtOnce: number | undefined
  onSecond: () => void = () => process.exit(this.endAtOnce)
  readonly #arrived = Promise.withResolvers<void>()
  #firstAt = 0
  readonly #listener = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (this.first !== undefined) {
      if (now - this.#firstAt < ECHO_MILLISECONDS) return
      this.endAtOnce ??= signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated
      this.onSecond()
      return
    }
    this.first = signal
    this.#firstAt = now
    this.#arrived.resolve()
    this.onFirst(signal)
  }

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#listener)
  }

  /** Resolves with the first signal. */
  async wait(): Promise<void> {
    await this.#arrived.promise
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener)
  }
}
