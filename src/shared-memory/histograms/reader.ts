// Reads histograms as private copies.

import { LatchReader } from '../latch/reader.ts'
import { openRegion, type Region } from '../region.ts'
import { Histogram } from './histogram.ts'
import { BUCKET_COUNT, BUCKETS, HISTOGRAM_NUMBERS, HISTOGRAM_WORDS, histogramCount, MAXIMUM, SUM } from './layout.ts'

export class HistogramReader {
  readonly #latches: LatchReader[] = []

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    for (let index = 0; index < histogramCount(region.shape); index++) {
      this.#latches.push(new LatchReader(cells, layout.histograms + index * HISTOGRAM_WORDS, HISTOGRAM_NUMBERS))
    }
  }

  get telemetryCorrupt(): number {
    return this.#latches.reduce((sum, latch) => sum + latch.telemetryCorrupt, 0)
  }

  /** A copy of its own. `histogram`: a node's id, or what one of the functions beside `histogramCount` says. */
  read(histogram: number): Histogram {
    const latch = this.#latches[histogram]
    if (latch === undefined) throw new RangeError(`There is no histogram ${histogram}.`)
    latch.read()
    const copy = new Histogram()
    copy.max = Math.max(0, latch.numbers[MAXIMUM])
    copy.sum = Math.max(0, latch.numbers[SUM])
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      copy.buckets[bucket] = Math.max(0, latch.numbers[BUCKETS + bucket])
    }
    return copy
  }
}
