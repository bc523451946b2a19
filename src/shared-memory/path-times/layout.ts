// How long lines took on the most frequent paths: a latch for each block of 32 slots, 12 numbers a slot.
//
//   path | lines | since | 50th, 95th, 99th percentile and longest in nanoseconds | last seen at | example: job, index or
//   source, offset | –
//
// - A slot with 0 lines is empty. A path has at most one slot; a slot may be given to another path later.
// - The lane keeps the durations themselves and computes the percentiles when it publishes: they are a hundred times
//   as large as what is read here.
// - Times are milliseconds since the region's origin. `since`: lines before it are not in the numbers.

import { latchWords } from '../latch/layout.ts'

export const PATH_TIME_SLOTS = 1_024
export const BLOCK_SLOTS = 32
export const SLOT = {
  path: 0,
  lines: 1,
  since: 2,
  p50: 3,
  p95: 4,
  p99: 5,
  max: 6,
  lastAt: 7,
  exampleJob: 8,
  exampleSource: 9,
  exampleOffset: 10
} as const
export const SLOT_NUMBERS = 12
export const BLOCK_NUMBERS: number = BLOCK_SLOTS * SLOT_NUMBERS
export const BLOCKS: number = PATH_TIME_SLOTS / BLOCK_SLOTS
const BLOCK_WORDS = latchWords(BLOCK_NUMBERS)

export function blockWord(block: number): number {
  return block * BLOCK_WORDS
}

export const PATH_TIMES_WORDS: number = blockWord(BLOCKS)

/** The id of a line, in numbers. */
export interface LineExample {
  /** Of a replay, else 0; then `offset` is its index. */
  readonly job: number
  readonly sourceNumber: number
  readonly offset: number
}

export interface PathTimes {
  readonly path: number
  readonly lines: number
  readonly sinceMilliseconds: number
  readonly p50Nanoseconds: number
  readonly p95Nanoseconds: number
  readonly p99Nanoseconds: number
  readonly maxNanoseconds: number
  readonly lastAtMilliseconds: number
  readonly example: LineExample
}
