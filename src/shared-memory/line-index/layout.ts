// Where the last lines went: one word for each line, in a ring of blocks that are owned by one thread at a time.
//
//   +--------+----------------+-----------------+-----------------+-----+-----------------+-----+
//   | NEWEST | writer's counts| header, block 0 | header, block 1 |  …  | body of block 0 |  …  |
//   +--------+----------------+-----------------+-----------------+-----+-----------------+-----+
//              latch            STATE SERIAL LINES ENTRIES EPOCH
//
//   body:   | 64 entries of 10 words | 4,096 words, one for each line |
//   entry:  source | first word | offset ×2 | first line number ×2 | sequence ×2 | length of its long line ×2
//   line:   bits 0–11 bytes with line end | 12–14 outcome | 15 forked | 16–31 path (of a forked line its first leaf's)
//
//   IDLE ◀──writer──▶ WRITING       IDLE ◀──a reader──▶ READING
//
// - An entry begins where lines do not follow the line before them in their source. Its lines follow one another, up
//   to the next entry or the block's LINES, so their offsets and numbers are sums. It never changes once it is there.
// - A line of 4,095 bytes or more has an entry to itself, with its length.
// - The writer fills block `serial % blocks` and takes up to a batch at a time: WRITING, words and entries, LINES,
//   ENTRIES, IDLE. When a reader has the block, it goes on in the next one; what was left of the block stays unused,
//   and nobody waits. NEWEST is stored when a block is begun.
//
// Why this is right. Who turns STATE away from IDLE by compare-and-swap owns the block until he stores IDLE; the next
// owner's swap reads that store, so all plain accesses of the one happen before those of the other: no plain access
// races, on any processor, and a reader sees whole batches only. A block whose serial is not what its place in the
// ring asks for was passed over, and holds what is older than the window; it counts as empty. A thread that dies
// leaves STATE as it was; after its exit `recovery.ts` stores IDLE. Had the writer begun a batch by then, LINES and
// ENTRIES still leave its words out, as they are stored after them and before IDLE, and a new block has both at 0
// before its first word. (Between the two stores LINES may cover lines without their entry: they are counted to the
// entry before; like all of the batch they are in no snapshot, hence void by their sequence, and ran again.)

import { alignWords } from '../cells.ts'
import { latchWords } from '../latch/layout.ts'
import type { RegionLimits } from '../region.ts'

export const IDLE = 0
export const WRITING = 1
export const READING = 2

export const NEWEST = 0
/** Numbers in the writer's latch. */
export const COUNTS = { written: 0, left: 1 } as const
export const COUNTS_NUMBERS = 2
export const COUNTS_LATCH = alignWords(1)
const HEADERS = COUNTS_LATCH + latchWords(COUNTS_NUMBERS)

export const STATE = 0
/** Number of this filling, from 1; 0 is a block that was never begun. */
export const SERIAL = 1
export const LINES = 2
export const ENTRIES = 3
export const EPOCH = 4
const HEADER_WORDS = alignWords(5)

export const BLOCK_LINES = 4_096
export const BLOCK_ENTRIES = 64
export const ENTRY = { source: 0, firstWord: 1, offset: 2, firstLine: 4, sequence: 6, longBytes: 8 } as const
export const ENTRY_WORDS = 10
export const LINES_START: number = BLOCK_ENTRIES * ENTRY_WORDS
export const BODY_WORDS: number = LINES_START + BLOCK_LINES

/** This and more does not fit in a line's word. */
export const LONG_BYTES = 4_095
export const OUTCOME_SHIFT = 12
/** In a leaf code as the writer takes it: outcomes have three bits, this is the fourth. */
export const FORKED_CODE = 1 << 3
export const CODE_BITS = 0b1111
export const PATH_SHIFT = 16

export function headerWord(block: number): number {
  return HEADERS + block * HEADER_WORDS
}

/** Serials wrap; blocks are a power of two. */
export function blockOf(serial: number, blocks: number): number {
  return serial & (blocks - 1)
}

export function bodyWord(block: number, blocks: number): number {
  return headerWord(blocks) + block * BODY_WORDS
}

export function lineIndexWords(limits: RegionLimits): number {
  return bodyWord(limits.indexBlocks, limits.indexBlocks)
}
