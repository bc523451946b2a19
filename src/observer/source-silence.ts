// Whether the source has been silent for much longer than it usually is. What is usual is learned from the run itself;
// a source that was never seen to go on is never called silent.

/** Lines closer together than this came in one go: no pause of a source is measured more finely. */
const SHORTEST_GAP_SECONDS = 1
/** So many of the newest pauses say what is usual. */
const REMEMBERED_GAPS = 32
/** Until lines have come over so long a time, nothing is known of the source. */
const KNOWN_AFTER_SECONDS = 5
const TIMES = 10

export interface Silence {
  readonly seconds: number
  readonly usualSeconds: number
}

export class SourceSilence {
  readonly #gaps: number[] = []
  #lines = 0
  #firstAt: number | undefined
  #lastAt = 0
  /** Time in which the lane did not wait for lines: the source had no chance to give any. */
  #waitsSince: number | undefined

  /** At each poll: how many lines have come, and whether the lane waits for more. */
  note(nowSeconds: number, lines: number, isWaiting: boolean): void {
    if (!isWaiting) this.#waitsSince = undefined
    else this.#waitsSince ??= nowSeconds
    if (lines <= this.#lines) return
    if (this.#firstAt === undefined) this.#firstAt = nowSeconds
    else {
      const gap = nowSeconds - this.#lastAt
      if (gap >= SHORTEST_GAP_SECONDS) {
        this.#gaps.push(gap)
        if (this.#gaps.length > REMEMBERED_GAPS) this.#gaps.shift()
      }
    }
    this.#lines = lines
    this.#lastAt = nowSeconds
  }

  /** Undefined: it is not silent, or nothing is known of what is usual. */
  at(nowSeconds: number): Silence | undefined {
    if (this.#waitsSince === undefined || this.#firstAt === undefined) return undefined
    if (this.#lastAt - this.#firstAt < KNOWN_AFTER_SECONDS) return undefined
    const seconds = nowSeconds - Math.max(this.#lastAt, this.#waitsSince)
    const usualSeconds = this.#usualGap()
    return seconds >= TIMES * usualSeconds ? { seconds, usualSeconds } : undefined
  }

  /** The median: one long night says nothing of what is usual. */
  #usualGap(): number {
    if (this.#gaps.length === 0) return SHORTEST_GAP_SECONDS
    const sorted = this.#gaps.toSorted((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)]
  }
}
