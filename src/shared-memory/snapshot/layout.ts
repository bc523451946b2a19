// A snapshot is one latch: [publish number, time of publishing, epoch of the lane that published it, counters as
// counters.ts numbers them].
// The lane writes, anyone reads.

import { latchWords } from '../latch/layout.ts'

export const SEQUENCE = 0
/** Milliseconds since the region's origin. */
export const AT_MILLISECONDS = 1
export const LANE_EPOCH = 2
export const VALUES = 3

export function snapshotWords(counterCount: number): number {
  return latchWords(VALUES + counterCount)
}
