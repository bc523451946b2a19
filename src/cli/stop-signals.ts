// SIGINT, SIGTERM and SIGHUP: the first asks the run to stop, the second ends the process at once.

import { EXIT } from './exit-codes.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export class StopSignals {
  first: NodeJS.Signals | undefined
  onFirst: (signal: NodeJS.Signals) => void = () => undefined
  readonly #arrived = Promise.withResolvers<void>()
  readonly #listener = (signal: NodeJS.Signals): void => {
    if (this.first !== undefined) process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated)
    this.first = signal
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
