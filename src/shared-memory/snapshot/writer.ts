// Publishes all counters of a lane as one instant. The lane calls it every 50–100 ms and before it goes idle.

import { EPOCH } from '../control/layout.ts'
import { counterCount } from '../counters.ts'
import { LatchWriter } from '../latch/writer.ts'
import { openRegion, type Region } from '../region.ts'
import { AT_MILLISECONDS, LANE_EPOCH, SEQUENCE, VALUES } from './layout.ts'

export class SnapshotWriter {
  /**
   * Private to the lane; add to it with plain arithmetic. Indexes come from counters.ts. In the region of a lane that
   * died these are the values of its last snapshot.
   */
  readonly values: Float64Array
  readonly #latch: LatchWriter
  readonly #epoch: number

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    const numbers = new Float64Array(VALUES + counterCount(region.shape))
    this.#latch = new LatchWriter(cells, layout.snapshot, numbers)
    this.#epoch = cells.load(layout.control + EPOCH)
    this.values = numbers.subarray(VALUES)
  }

  /** Of the last publish, the predecessors' included. */
  get sequence(): number {
    return this.#latch.numbers[SEQUENCE]
  }

  /** `atMilliseconds` counts from the region's origin. */
  publish(atMilliseconds: number): void {
    const numbers = this.#latch.numbers
    numbers[SEQUENCE]++
    numbers[AT_MILLISECONDS] = atMilliseconds
    numbers[LANE_EPOCH] = this.#epoch
    this.#latch.publish()
  }
}
