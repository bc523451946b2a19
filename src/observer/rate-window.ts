// How fast counters grew over the last ten seconds. Keeps a few samples; a rate is a difference of two counts divided
// by the time between them, so it can be checked by hand.

export const WINDOW_SECONDS = 10
const SAMPLE_MILLISECONDS = 250

interface Sample {
  readonly atMilliseconds: number
  readonly values: Float64Array
}

export class RateWindow {
  #samples: Sample[] = []
  #newest: Sample

  /** `values` at the start, where every rate begins. */
  constructor(atMilliseconds: number, values: Float64Array) {
    this.#newest = { atMilliseconds, values: values.slice() }
    this.#samples.push(this.#newest)
  }

  /** Times must not go backwards. */
  add(atMilliseconds: number, values: Float64Array): void {
    this.#newest = { atMilliseconds, values: values.slice() }
    if (atMilliseconds - this.#samples.at(-1)!.atMilliseconds < SAMPLE_MILLISECONDS) return
    this.#samples.push(this.#newest)
    const oldest = atMilliseconds - WINDOW_SECONDS * 1000
    // The newest sample at or before the window's beginning stays: the window then begins there.
    while (this.#samples.length > 1 && this.#samples[1].atMilliseconds <= oldest) this.#samples.shift()
  }

  /** Length of the window in seconds: less than ten just after the start. */
  get seconds(): number {
    return (this.#newest.atMilliseconds - this.#samples[0].atMilliseconds) / 1000
  }

  /** Growth of one counter over the window. Never negative: a lane that was restarted counts from its last snapshot. */
  growth(index: number): number {
    return Math.max(0, this.#newest.values[index] - this.#samples[0].values[index])
  }

  perSecond(index: number): number {
    return this.seconds === 0 ? 0 : this.growth(index) / this.seconds
  }
}
