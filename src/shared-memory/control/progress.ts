// Which call the lane is in, and with which lines: words that are never read half of one call and half of another.

import type { AtomicCells } from '../cells.ts'
import { loadNumber, storeNumber } from '../numbers.ts'
import {
  CALL,
  ITEM_WORD,
  LENGTH_WORD,
  LINE_WORD,
  NODE_WORD,
  OFFSET_WORD,
  SINCE_WORD,
  SOURCE_WORD,
  slotOf
} from './layout.ts'

/** Lines of one source, as long as they are at hand in one piece. */
export interface ProgressPlace {
  /** -1: none. */
  readonly sourceNumber: number
  readonly offset: number
  /** Of the first line. */
  readonly lineNumber: number
  readonly byteLength: number
  /** The instance of the line, as it is numbered in a batch that has only this line; or ALL_ITEMS, or SOME_FORK. */
  readonly item: number
}

export interface StoredProgress extends ProgressPlace {
  readonly call: number
  readonly node: number
  readonly since: number
}

/** The place comes in single numbers: this runs for each line of a slow processor, and makes no garbage. */
export function storeProgress(
  cells: AtomicCells,
  base: number,
  call: number,
  node: number,
  since: number,
  sourceNumber: number,
  offset: number,
  lineNumber: number,
  byteLength: number,
  item: number
): void {
  const slot = base + slotOf(call)
  cells.store(slot + NODE_WORD, node)
  cells.store(slot + SINCE_WORD, since)
  cells.store(slot + SOURCE_WORD, sourceNumber)
  storeNumber(cells, slot + OFFSET_WORD, offset)
  storeNumber(cells, slot + LINE_WORD, lineNumber)
  cells.store(slot + LENGTH_WORD, byteLength)
  cells.store(slot + ITEM_WORD, item)
  cells.store(base + CALL, call)
}

/** One try; undefined when the lane went on to another call meanwhile. */
export function loadProgress(cells: AtomicCells, base: number): StoredProgress | undefined {
  const call = cells.load(base + CALL)
  const slot = base + slotOf(call)
  const progress = {
    call,
    node: cells.load(slot + NODE_WORD),
    since: cells.load(slot + SINCE_WORD),
    sourceNumber: cells.load(slot + SOURCE_WORD),
    offset: loadNumber(cells, slot + OFFSET_WORD),
    lineNumber: loadNumber(cells, slot + LINE_WORD),
    byteLength: cells.load(slot + LENGTH_WORD),
    item: cells.load(slot + ITEM_WORD)
  }
  return cells.load(base + CALL) === call ? progress : undefined
}
