// Counts durations in private memory and publishes the histograms that changed, a bounded number of words at a time.

import { LatchWriter } from '../latch/writer.ts'
import { openRegion, type Region } from '../region.ts'
import { BUCKETS, bucketOf, HISTOGRAM_NUMBERS, HISTOGRAM_WORDS, histogramCount, MAXIMUM, SUM } from './layout.ts'

export class HistogramWriter {
  readonly #numbers: Float64Array
  readonly #latches: LatchWriter[] = []
  readonly #touched: Uint8Array
  #cursor = 0

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    const count = histogramCount(region.shape)
    this.#numbers = new Float64Array(count * HISTOGRAM_NUMBERS)
    this.#touched = new Uint8Array(count)
    for (let index = 0; index < count; index++) {
      const numbers = this.#numbers.subarray(index * HISTOGRAM_NUMBERS, (index + 1) * HISTOGRAM_NUMBERS)
      this.#latches.push(new LatchWriter(cells, layout.histograms + index * HISTOGRAM_WORDS, numbers))
    }
  }

  /** `histogram`: a node's id, or what one of the functions beside `histogramCount` says. `count` lines took so long each. */
  record(histogram: number, nanoseconds: number, count: number): void {
    const base = histogram * HISTOGRAM_NUMBERS
    const numbers = this.#numbers
    numbers[base + BUCKETS + bucketOf(nanoseconds)] += count
    if (nanoseconds > 0) {
      numbers[base + SUM] += nanoseconds * count
      if (nanoseconds > numbers[base + MAXIMUM]) numbers[base + MAXIMUM] = nanoseconds
    }
    this.#touched[histogram] = 1
  }

  /** Publishes touched histograms while they fit in `maxWords` (at least one); the rest has its turn next time. */
  publishTouched(maxWords: number): void {
    let words = 0
    for (let step = 0; step < this.#latches.length; step++) {
      const index = this.#cursor
      if (this.#touched[index] === 1) {
        if (words > 0 && words + 2 * HISTOGRAM_NUMBERS > maxWords) return
        this.#touched[index] = 0
        this.#latches[index].publish()
        words += 2 * HISTOGRAM_NUMBERS
      }
      this.#cursor = index + 1 === this.#latches.length ? 0 : index + 1
    }
  }
}
