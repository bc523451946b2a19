// An append-only table of paths, then their counts.
//
//   0         32
//   +---------+--------------------+--------------------+------------------------------------+
//   | LENGTH  | parent of each     | node of each       | a latch for each block of 256 paths|
//   +---------+--------------------+--------------------+------------------------------------+
//
// - The lane writes, anyone reads. An entry never changes, and LENGTH is stored after the entry: what lies below
//   LENGTH is whole.
// - Path 0 is the root, no node visited yet. Path 1 stands for every path that no longer fits.
// - A path's parent has a smaller number: walking up always ends.
// - A latch holds five counts for each path of its block, in the order of OUTCOME.

import { alignWords } from '../cells.ts'
import { latchWords } from '../latch/layout.ts'

export const ROOT_PATH = 0
export const OVERFLOW_PATH = 1
export const RESERVED_PATHS = 2

export const LENGTH = 0
const ENTRIES = alignWords(1)

export const BLOCK_PATHS = 256
export const OUTCOMES = 5
export const BLOCK_NUMBERS = BLOCK_PATHS * OUTCOMES
const BLOCK_WORDS = latchWords(BLOCK_NUMBERS)

export function parentWord(path: number): number {
  return ENTRIES + path
}

export function nodeWord(path: number, capacity: number): number {
  return ENTRIES + capacity + path
}

export function blockCount(capacity: number): number {
  return Math.ceil(capacity / BLOCK_PATHS)
}

export function blockWord(block: number, capacity: number): number {
  return ENTRIES + alignWords(2 * capacity) + block * BLOCK_WORDS
}

export function pathsWords(capacity: number): number {
  return blockWord(blockCount(capacity), capacity)
}
