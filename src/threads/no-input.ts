// The source of a lane that is there for dead letters alone: it waits, and then it ends.

import type { Source } from '../sdk/source.ts'

export class NoInput implements Source {
  readonly totalBytes = undefined
  readonly #end = Promise.withResolvers<undefined>()

  next(): Promise<undefined> {
    return this.#end.promise
  }

  close(): void {
    this.#end.resolve(undefined)
  }
}
