// Durations of all lanes as quantiles in seconds.

import type { Quantiles } from '../contract/stats.ts'
import { Histogram } from '../shared-memory/index.ts'
import { Age } from './age.ts'
import type { LaneReader } from './lane-reader.ts'

/** Lanes publish histograms once a second and when they end. */
const MAXIMUM_AGE_MILLISECONDS = 250
const NANOSECONDS = 1e9

export class LatencyStatistics {
  readonly #lanes: readonly LaneReader[]
  #merged: Histogram[] = []
  readonly #age: Age

  constructor(lanes: readonly LaneReader[]) {
    this.#lanes = lanes
    this.#age = new Age(lanes, MAXIMUM_AGE_MILLISECONDS)
  }

  /** `histogram`: a node's id, or the number of nodes for end to end. `lines`: how many it would hold if it held all. */
  quantiles(histogram: number, lines: number): Quantiles {
    const merged = this.histogram(histogram)
    const recorded = merged.count
    if (recorded === 0) return { p50: null, p95: null, p99: null, max: null, is_estimate: false }
    return {
      p50: merged.quantile(0.5) / NANOSECONDS,
      p95: merged.quantile(0.95) / NANOSECONDS,
      p99: merged.quantile(0.99) / NANOSECONDS,
      max: merged.max / NANOSECONDS,
      // A processor that is too fast to time each line has one line in 64 here; an exact one lags a second at most.
      is_estimate: recorded * 2 < lines
    }
  }

  /** How many lines the histogram holds. */
  count(histogram: number): number {
    return this.histogram(histogram).count
  }

  /** Durations of all lanes together: of a node, or of end to end. */
  histogram(index: number): Histogram {
    if (this.#age.isOver()) this.#merged = []
    let merged = this.#merged[index]
    if (merged === undefined) {
      merged = new Histogram()
      for (const lane of this.#lanes) merged.merge(lane.histograms.read(index))
      this.#merged[index] = merged
    }
    return merged
  }
}
