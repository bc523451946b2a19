// An append-only table of short texts: reasons why lines were dropped.
//
//   0        1            32
//   +--------+------------+--------------------------------------+
//   | LENGTH | OVERFLOWED | entry: byte length, 50 words of UTF-8 |  256 times
//   +--------+------------+--------------------------------------+
//
// The lane writes, anyone reads. An entry never changes, and LENGTH is stored after the entry.
// The first texts are the same in every region.

import { alignWords } from '../cells.ts'

export const FIXED_STRINGS = ['other', 'filtered', 'error'] as const
/** Ids of the fixed texts; `OTHER` also stands for every text that no longer fits. */
export const STRING = { other: 0, filtered: 1, error: 2 } as const

export const STRING_CAPACITY = 256
export const STRING_BYTES = 200

export const LENGTH = 0
export const OVERFLOWED = 1
const ENTRIES = alignWords(2)
const ENTRY_WORDS = 1 + STRING_BYTES / 4

export function entryWord(id: number): number {
  return ENTRIES + id * ENTRY_WORDS
}

export const STRINGS_WORDS: number = alignWords(entryWord(STRING_CAPACITY))
