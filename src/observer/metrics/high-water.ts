// Counts that never fall: a lane that dies goes back to a snapshot, and its counts with it, until it has done the same
// lines again. Prometheus takes a fall for a restart, so the highest value seen stands until it is passed.

import type { LaneReader } from '../lane-reader.ts'

export class HighWater {
  readonly #lanes: readonly LaneReader[]
  readonly #highest: readonly Float64Array[]

  constructor(lanes: readonly LaneReader[]) {
    this.#lanes = lanes
    this.#highest = lanes.map(({ values }) => Float64Array.from(values))
  }

  /** Takes note of the snapshots as they are now. */
  note(): void {
    for (const [lane, { values }] of this.#lanes.entries()) {
      const highest = this.#highest[lane]
      for (let index = 0; index < values.length; index++) {
        if (values[index] > highest[index]) highest[index] = values[index]
      }
    }
  }

  /** Of all lanes; the index comes from counters.ts. */
  count(index: number): number {
    return this.#highest.reduce((sum, highest) => sum + highest[index], 0)
  }
}
