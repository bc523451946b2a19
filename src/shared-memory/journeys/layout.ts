// Journeys: a ring of pages, each a text and a table of records.
//
//   page body:  | text: raw bytes of lines, one after the other | records |
//
//   batch:       KIND_BATCH | source number | offset ×2 | first line number ×2 | read at ×2 | settled at ×2 | – | –
//   replay:      KIND_BATCH + IS_REPLAY, as a batch; it is one line, and its mark follows (replay-mark.ts)
//   run:         text offset | lines | index of the first in its batch | its offset in the batch,
//                then for each line: bytes with line end, path << 15 | leaf code
//   cut line:    text offset + IS_CUT | length without line end | index in batch | offset in batch | path | leaf code
//   forked line: text offset + IS_FORKED (and IS_CUT) | bytes | index | offset | leaves in all | leaves kept,
//                then for each leaf: path | leaf code | nodes shared with the leaf before
//
// - Lines of a run follow one another in their batch, and their bytes in the text.
// - A line belongs to the last batch before it in its page; every page begins with a batch.
// - The text of a cut line is its first bytes.
// - `×2` is a double in two words. Times are milliseconds since the region's origin.
// - The lane owns a page while it writes it, the observer while it copies it (pages/layout.ts): no atomics in a body.

import { alignWords } from '../cells.ts'
import { pagesWords } from '../pages/layout.ts'
import type { RegionLimits } from '../region.ts'
import { REPLAY_WORDS } from '../replay-mark.ts'

/** Longer lines are cut. At most so long, a length fits in the 15 bits that a run has for it. */
export const LONG_LINE_BYTES = 16_384
/** So much of a cut line is kept. */
export const CUT_LINE_BYTES = 4_096
/** Leaves of one forked line that are kept. */
export const MAX_LEAVES = 1_024

export const BATCH = { sourceNumber: 1, offset: 2, firstLineNumber: 4, readAt: 6, settledAt: 8 } as const
export const BATCH_WORDS = 12
export const REPLAY_BATCH_WORDS: number = BATCH_WORDS + REPLAY_WORDS
export const RUN = { lines: 1, index: 2, offset: 3 } as const
export const RUN_WORDS = 4
export const RUN_LINE_WORDS = 2
export const ALONE = { length: 1, index: 2, offset: 3 } as const
export const CUT = { path: 4, code: 5 } as const
export const FORK = { leafCount: 4, keptLeaves: 5 } as const
export const ALONE_WORDS = 6
export const LEAF = { path: 0, code: 1, forkDepth: 2 } as const
export const LEAF_WORDS = 3

/** A line of a run has its length and its path in one word. */
export const PATH_SHIFT = 15
export const LENGTH_MASK = 0x7f_ff
/** Paths that this has room for. */
export const MAX_PATHS = 2 ** 16

/** The text offset shares its word with what the record is. */
export const START_MASK = 0xff_ff_ff
export const KIND_BATCH = 1 << 24
export const IS_CUT = 1 << 25
export const IS_FORKED = 1 << 26
export const IS_REPLAY = 1 << 27

export function forkWords(keptLeaves: number): number {
  return ALONE_WORDS + keptLeaves * LEAF_WORDS
}

/** Words of a page's table. */
export function tableWords(limits: RegionLimits): number {
  return limits.journeyRecords * ALONE_WORDS
}

function bodyWords(limits: RegionLimits): number {
  return alignWords(limits.journeyTextBytes / 4 + tableWords(limits))
}

export function textWord(page: number, limits: RegionLimits): number {
  return pagesWords(limits.journeyPages) + page * bodyWords(limits)
}

export function tableWord(page: number, limits: RegionLimits): number {
  return textWord(page, limits) + limits.journeyTextBytes / 4
}

export function journeysWords(limits: RegionLimits): number {
  return textWord(limits.journeyPages, limits)
}
