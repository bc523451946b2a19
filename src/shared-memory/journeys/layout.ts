// Journeys: a ring of pages, each a text and a table of 6-word slots.
//
//   page body:  | text: raw bytes of lines, one after the other | slots |
//
//   batch (2 slots): KIND | source number | offset ×2 | first line number ×2 | read at ×2 | settled at ×2 | – | –
//   line:            text offset + flags | bytes stored, with line end | path | leaf code | index in batch | offset in batch
//   forked line:     text offset + flags | …                           | leaves in all | leaves kept | …
//                    then two leaves a slot: path | leaf code | nodes shared with the leaf before
//   cut line:        flag CUT; its length word is the full length without line end, its text the first bytes
//
// - A line belongs to the last batch before it in its page; every page begins with a batch.
// - `×2` is a double in two words. Times are milliseconds since the region's origin.
// - The lane owns a page while it writes it, the observer while it copies it (pages/layout.ts): no atomics in a body.

import { alignWords } from '../cells.ts'
import { pagesWords } from '../pages/layout.ts'
import type { RegionLimits } from '../region.ts'

export const SLOT_WORDS = 6
export const BATCH_SLOTS = 2

/** Longer lines are cut. */
export const LONG_LINE_BYTES = 16_384
/** So much of a cut line is kept. */
export const CUT_LINE_BYTES = 4_096
/** Leaves of one forked line that are kept. */
export const MAX_LEAVES = 1_024

export const LINE = { start: 0, length: 1, path: 2, code: 3, index: 4, offset: 5 } as const
/** In a forked line, instead of path and code. */
export const FORK = { leafCount: 2, keptLeaves: 3 } as const
export const LEAF = { path: 0, code: 1, forkDepth: 2 } as const
export const LEAF_WORDS = 3
export const BATCH = { sourceNumber: 1, offset: 2, firstLineNumber: 4, readAt: 6, settledAt: 8 } as const

/** The text offset shares its word with what the record is. */
export const START_MASK = 0xff_ff_ff
export const KIND_BATCH = 1 << 24
export const IS_CUT = 1 << 25
export const IS_FORKED = 1 << 26

export function forkSlots(keptLeaves: number): number {
  return 1 + ((keptLeaves + 1) >> 1)
}

function bodyWords(limits: RegionLimits): number {
  return alignWords(limits.journeyTextBytes / 4 + limits.journeyRecords * SLOT_WORDS)
}

export function textWord(page: number, limits: RegionLimits): number {
  return pagesWords(limits.journeyPages) + page * bodyWords(limits)
}

export function slotsWord(page: number, limits: RegionLimits): number {
  return textWord(page, limits) + limits.journeyTextBytes / 4
}

export function journeysWords(limits: RegionLimits): number {
  return textWord(limits.journeyPages, limits)
}
