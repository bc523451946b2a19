// Whole numbers beyond 32 bits in two Int32 words, for words that one thread owns or that never change again.

import type { AtomicCells } from './cells.ts'

const WORD = 2 ** 32

export function storeNumber(cells: AtomicCells, index: number, value: number): void {
  cells.store(index, value | 0)
  cells.store(index + 1, Math.floor(value / WORD))
}

export function loadNumber(cells: AtomicCells, index: number): number {
  return cells.load(index + 1) * WORD + (cells.load(index) >>> 0)
}
