// How many lines the next batch may hold: as many as the pipeline did in its last 50 ms, so that a slow pipeline
// still answers, publishes and stops in time. The first batch has 16; from one to the next it at most doubles.

const TARGET_MILLISECONDS = 50
const FIRST_LINES = 16
const MAX_LINES = 4096

export class BatchPace {
  #limit = FIRST_LINES
  #since = performance.now()

  get limit(): number {
    return this.#limit
  }

  /** The pipeline waited for input: that time says nothing of its pace. */
  restart(): void {
    this.#since = performance.now()
  }

  settled(lines: number): void {
    const now = performance.now()
    const elapsed = Math.max(now - this.#since, 0.001)
    this.#since = now
    const affordable = Math.floor((lines * TARGET_MILLISECONDS) / elapsed)
    this.#limit = Math.max(1, Math.min(MAX_LINES, this.#limit * 2, affordable))
  }
}
