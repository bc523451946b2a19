// Kept journeys: a ring of pages of records of variable length. Newest are dropped when no page is free; the reader
// frees all.
//
//   page body:  | record | record | …
//
//   record, in bytes (i = Int32, d = double, t = text: i bytes, its top bit set when it was cut, then UTF-8):
//     i bytes of the record | i flags | i source number | d offset | d line number | d read at | d settled at
//     i reasons | d weight | i replay's job, then when it is not 0: i index | i of source | i of fork | d of offset
//     i full length | t line, raw bytes | i leaves in all | i leaves kept, for each: i path | i code | i fork depth
//     i hops, for each:
//       i node | i flags | d started at | d service | d waited | t before, if flagged
//       i tries, for each:  i attempt | i flags | d started at | d took | t name, t message, if it failed
//       i lines sent on, for each:  i tag | i hop that it led to | i flags | t tag, t because, t value, as flagged
//
// A duration or time that is not known is NaN. Records are put together and taken apart in private memory; the lane
// owns a page while it writes it, the observer while it copies it (pages/layout.ts): no atomics in a body.

import { alignWords } from '../cells.ts'
import { pagesWords } from '../pages/layout.ts'
import type { RegionLimits } from '../region.ts'

/** So much is kept of a line as it entered. */
export const LINE_BYTES = 4_096
/** Leaves of one journey. */
export const MAX_LEAVES = 1_024
export const MAX_HOPS = 2_048
export const MAX_ATTEMPTS = 64
export const NAME_BYTES = 256
export const MESSAGE_BYTES = 1_024
export const TAG_BYTES = 256
/** No record is longer, whatever is configured; so two fit in a page. */
export const MAX_RECORD_BYTES = 65_536

export const RECORD = { hopsCut: 1 } as const
export const HOP = { isEstimated: 1, hasBefore: 2 } as const
export const ATTEMPT = { failed: 1 } as const
export const EMISSION = { isChanged: 1, hasTag: 2, hasBecause: 4, hasValue: 8 } as const

/** Top bit of a text's length. */
export const TEXT_CUT = 0x80_00_00_00 | 0

export function pageWord(page: number, limits: RegionLimits): number {
  return pagesWords(limits.keptPages) + page * alignWords(limits.keptPageBytes / 4)
}

export function keptWords(limits: RegionLimits): number {
  return pageWord(limits.keptPages, limits)
}
