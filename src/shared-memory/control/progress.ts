// Which call the lane is in: a pair of words that is never read half of one call and half of another.

import type { AtomicCells } from '../cells.ts'
import { CALL, nodeWord, sinceWord } from './layout.ts'

export function storeProgress(cells: AtomicCells, base: number, call: number, node: number, since: number): void {
  cells.store(base + nodeWord(call), node)
  cells.store(base + sinceWord(call), since)
  cells.store(base + CALL, call)
}

/** One try; undefined when the lane went on to another call meanwhile. */
export function loadProgress(
  cells: AtomicCells,
  base: number
): { readonly call: number; readonly node: number; readonly since: number } | undefined {
  const call = cells.load(base + CALL)
  const node = cells.load(base + nodeWord(call))
  const since = cells.load(base + sinceWord(call))
  return cells.load(base + CALL) === call ? { call, node, since } : undefined
}
