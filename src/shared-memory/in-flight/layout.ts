// One latch: [time of publishing, lines in flight in all, entries shown, entries], the oldest lines first, eight numbers for each.
// The lane writes, anyone reads.

import { latchWords } from '../latch/layout.ts'

/** Entries that are shown; the total says how many there are. */
export const IN_FLIGHT_CAPACITY = 64

export const AT_MILLISECONDS = 0
export const TOTAL = 1
export const SHOWN = 2
export const ENTRIES = 3

export const ENTRY = {
  sourceNumber: 0,
  offset: 1,
  lineNumber: 2,
  node: 3,
  attempt: 4,
  sinceMilliseconds: 5,
  isParked: 6
} as const
export const ENTRY_NUMBERS = 8

export const IN_FLIGHT_NUMBERS: number = ENTRIES + IN_FLIGHT_CAPACITY * ENTRY_NUMBERS
export const IN_FLIGHT_WORDS: number = latchWords(IN_FLIGHT_NUMBERS)

/** A line that waits: for a promise, or parked until its next attempt. */
export interface InFlightEntry {
  readonly sourceNumber: number
  /** Byte offset of the line in its source. */
  readonly offset: number
  readonly lineNumber: number
  readonly node: number
  readonly attempt: number
  /** Since when it waits, in milliseconds since the region's origin. */
  readonly sinceMilliseconds: number
  /** It waits for the time of its next attempt. */
  readonly isParked: boolean
}
