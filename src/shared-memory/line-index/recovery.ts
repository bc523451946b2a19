// What main does with the block of a thread that died, after its exit: nobody else can give it back.

import type { AtomicCells } from '../cells.ts'
import type { BlockRing } from './block-writer.ts'
import { headerWord, IDLE, READING, STATE, WRITING } from './layout.ts'

export function giveBackWritten(cells: AtomicCells, ring: BlockRing): void {
  giveBack(cells, ring, WRITING)
}

export function giveBackRead(cells: AtomicCells, ring: BlockRing): void {
  giveBack(cells, ring, READING)
}

function giveBack(cells: AtomicCells, { base, blocks }: BlockRing, state: number): void {
  for (let block = 0; block < blocks; block++) cells.compareExchange(base + headerWord(block) + STATE, state, IDLE)
}
