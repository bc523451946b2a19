// Where the words of a latch lie: two copies of some numbers, of which one is always whole.
//
//   0            1            2                2 + 2n           2 + 4n
//   +------------+------------+----------------+----------------+
//   | VERSION[0] | VERSION[1] | copy 0         | copy 1         |    n numbers = 2n words a copy
//   +------------+------------+----------------+----------------+
//
// - One thread writes; any number read. Every access is atomic, so any run is an interleaving of single steps.
// - Versions count publishes over both copies and are odd while a copy is written. The even version with the highest
//   count is the newest publish; storing it is the instant of publishing.
// - The writer fills the copy that is not the newest: odd version, words, even version.
// - A reader accepts a copy whose version was even and the same before and after; so no word of it was written between.
//   What it accepts is never older than what it accepted before: the newest copy is not touched until there is a newer.
// - A writer that dies leaves the newest copy whole: nothing needs repair, and everyone agrees on which it is. (With a
//   separate word for the active copy a reader could accept a copy before that word names it, and then an older one.)
// A number is the 64 bits of a double in two words; it cannot tear, being part of one copy.

import { alignWords } from '../cells.ts'

export const VERSION = 0
export const COPIES = 2

/** Words that a latch of so many numbers takes in shared memory. */
export function latchWords(numberCount: number): number {
  return alignWords(COPIES + 4 * numberCount)
}

export function copyOffset(copy: number, numberCount: number): number {
  return COPIES + copy * 2 * numberCount
}

/** Which copy was published last, given both versions; versions wrap. */
export function newestCopy(first: number, second: number): 0 | 1 {
  if (isBeingWritten(second)) return 0
  return isBeingWritten(first) || ((second - first) | 0) > 0 ? 1 : 0
}

export function isBeingWritten(version: number): boolean {
  return (version & 1) !== 0
}
