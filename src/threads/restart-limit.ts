// How often a thread that only shows or keeps something is started again: it is not worth a loop.

const MAX_PER_MINUTE = 5

/** Ends a sentence that begins with who was started again. */
export const ENDED_EACH_TIME = `was started again ${MAX_PER_MINUTE} times within a minute and ended each time; it stays off, the run goes on`

export class RestartLimit {
  #restarts: number[] = []

  /** Counts one more; false when it is one too many. */
  allows(nowMilliseconds: number): boolean {
    this.#restarts = [...this.#restarts.filter(at => nowMilliseconds - at < 60_000), nowMilliseconds]
    return this.#restarts.length <= MAX_PER_MINUTE
  }
}
