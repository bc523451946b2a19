// Where the words of a latch lie: two copies of some numbers, of which one is always whole.
//
//   0        1            2            4                4 + 2n           4 + 4n
//   +--------+------------+------------+----------------+----------------+
//   | ACTIVE | VERSION[0] | VERSION[1] | copy 0         | copy 1         |    n numbers = 2n words a copy
//   +--------+------------+------------+----------------+----------------+
//
// - One thread writes; any number read. Every access is atomic, so any run is an interleaving of single steps.
// - The writer fills the copy that is not active: odd version, words, even version, then ACTIVE.
// - A reader accepts a copy whose version was even and the same before and after; so no word of it was written between.
// - A writer that dies leaves the active copy whole: nothing needs repair.
// A number is the 64 bits of a double in two words; it cannot tear, being part of one copy.

import { alignWords } from '../cells.ts'

export const ACTIVE = 0
export const VERSION = 1
export const COPIES = 4

/** Words that a latch of so many numbers takes in shared memory. */
export function latchWords(numberCount: number): number {
  return alignWords(COPIES + 4 * numberCount)
}

export function copyOffset(copy: number, numberCount: number): number {
  return COPIES + copy * 2 * numberCount
}
