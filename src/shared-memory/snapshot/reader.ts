// Reads a lane's newest snapshot: never torn, never an older one than before.

import { counterCount } from '../counters.ts'
import { LatchReader } from '../latch/reader.ts'
import { openRegion, type Region } from '../region.ts'
import { AT_MILLISECONDS, LANE_EPOCH, SEQUENCE, VALUES } from './layout.ts'

export interface Snapshot {
  /** Indexes come from counters.ts. Valid until the next `read`. */
  readonly values: Float64Array
  /** When the lane published it, in milliseconds since the region's origin. */
  readonly atMilliseconds: number
  /** Of the lane that published it. */
  readonly epoch: number
  /** Number of the publish; 0 before the first. */
  readonly sequence: number
  /** False when the newest could not be had in eight tries, and this is the last good one. */
  readonly isFresh: boolean
}

export class SnapshotReader {
  readonly #latch: LatchReader

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#latch = new LatchReader(cells, layout.snapshot, VALUES + counterCount(region.shape))
  }

  get telemetryCorrupt(): number {
    return this.#latch.telemetryCorrupt
  }

  read(): Snapshot {
    const isFresh = this.#latch.read()
    const numbers = this.#latch.numbers
    return {
      values: numbers.subarray(VALUES),
      atMilliseconds: numbers[AT_MILLISECONDS],
      epoch: numbers[LANE_EPOCH],
      sequence: numbers[SEQUENCE],
      isFresh
    }
  }
}
