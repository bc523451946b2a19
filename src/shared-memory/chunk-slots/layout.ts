// Bytes on their way from main to a lane, for sources that cannot be read twice.
//
//   0           32         64
//   +-----------+----------+-----------------------------------+-----
//   | PUBLISHED | RELEASED | slot: 8 words of header, bytes    | …
//   +-----------+----------+-----------------------------------+-----
//
// - Chunks are numbered; chunk n lies in slot n mod slots. Main writes PUBLISHED (chunks handed over), the lane writes
//   RELEASED (chunks given back).
// - Chunks from RELEASED up to PUBLISHED belong to the lane, every other slot to main. Only its owner touches a slot,
//   and the stores of PUBLISHED and RELEASED hand it over; so its bytes may be plain.
// - A lane that dies gives nothing back: its successor begins at RELEASED and gets the same bytes.

import { alignWords } from '../cells.ts'

export const PUBLISHED = 0
export const RELEASED = alignWords(1)
const SLOTS = RELEASED + alignWords(1)

export const SLOT_LENGTH = 0
export const SLOT_SOURCE_NUMBER = 1
export const SLOT_FLAGS = 2
/** Two words: low, high. */
export const SLOT_OFFSET = 3
/** Two words: low, high; whole milliseconds since the region's origin. */
export const SLOT_READ_AT = 5
const SLOT_HEADER_WORDS = 8

export const ENDS_INPUT = 1
export const ENDS_SOURCE = 2

export function slotWord(slot: number, slotBytes: number): number {
  return SLOTS + slot * alignWords(SLOT_HEADER_WORDS + Math.ceil(slotBytes / 4))
}

export function slotBytesWord(slot: number, slotBytes: number): number {
  return slotWord(slot, slotBytes) + SLOT_HEADER_WORDS
}

export function chunkSlotsWords(slots: number, slotBytes: number): number {
  return slotWord(slots, slotBytes)
}
