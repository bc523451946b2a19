// Turns the private copy of a page into journeys. Never throws: what no writer writes ends the page and is reported.

import type { PageHeader } from '../pages/reader.ts'
import {
  BATCH,
  BATCH_SLOTS,
  CUT_LINE_BYTES,
  FORK,
  forkSlots,
  IS_CUT,
  IS_FORKED,
  KIND_BATCH,
  LEAF,
  LEAF_WORDS,
  LINE,
  MAX_LEAVES,
  SLOT_WORDS,
  START_MASK
} from './layout.ts'

export interface JourneyLeaf {
  /** Number of the path, root to leaf. */
  readonly path: number
  /** Code of outcome.ts. */
  readonly code: number
  /** Leading nodes of the path shared with the leaf before; 0 for the first. */
  readonly forkDepth: number
}

/** What happened to one entering line. */
export interface Journey {
  readonly epoch: number
  /** Number of the line among all that lanes of this region recorded; unique with the epoch. */
  readonly sequence: number
  readonly sourceNumber: number
  /** Byte offset of the line in its source. */
  readonly offset: number
  readonly lineNumber: number
  /** Raw bytes without the line end; the first 4 KiB when the line was cut. */
  readonly text: Uint8Array
  readonly fullLength: number
  readonly isCut: boolean
  /** In milliseconds since the region's origin. */
  readonly readAtMilliseconds: number
  readonly settledAtMilliseconds: number
  /** In depth-first order; one unless the line forked, at most 1,024. */
  readonly leaves: readonly JourneyLeaf[]
  /** Leaves in all. */
  readonly leafCount: number
}

export interface JourneyPage {
  readonly header: PageHeader
  readonly text: Uint8Array
  readonly slots: Int32Array
}

interface Batch {
  readonly sourceNumber: number
  readonly offset: number
  readonly firstLineNumber: number
  readonly readAtMilliseconds: number
  readonly settledAtMilliseconds: number
}

export function decodePage(page: JourneyPage): { readonly journeys: Journey[]; readonly isCorrupt: boolean } {
  const journeys: Journey[] = []
  const { slots, header } = page
  let batch: Batch | undefined
  let word = 0
  while (word + SLOT_WORDS <= slots.length) {
    if ((slots[word] & KIND_BATCH) !== 0) {
      batch = decodeBatch(slots, word)
      word += BATCH_SLOTS * SLOT_WORDS
      if (batch === undefined) return { journeys, isCorrupt: true }
      continue
    }
    const leaves = decodeLeaves(slots, word)
    const text = decodeText(page, word)
    if (batch === undefined || leaves === undefined || text === undefined) return { journeys, isCorrupt: true }
    journeys.push({
      epoch: header.epoch,
      sequence: header.firstSequence + journeys.length,
      sourceNumber: batch.sourceNumber,
      offset: batch.offset + slots[word + LINE.offset],
      lineNumber: batch.firstLineNumber + slots[word + LINE.index],
      readAtMilliseconds: batch.readAtMilliseconds,
      settledAtMilliseconds: batch.settledAtMilliseconds,
      ...text,
      ...leaves
    })
    word += ((slots[word] & IS_FORKED) !== 0 ? forkSlots(leaves.leaves.length) : 1) * SLOT_WORDS
  }
  return { journeys, isCorrupt: word !== slots.length || journeys.length !== header.count }
}

function decodeBatch(slots: Int32Array, word: number): Batch | undefined {
  if (word + BATCH_SLOTS * SLOT_WORDS > slots.length) return undefined
  const numbers = new Float64Array(slots.slice(word, word + BATCH_SLOTS * SLOT_WORDS).buffer)
  if (!numbers.subarray(1, 5).every(Number.isFinite)) return undefined
  return {
    sourceNumber: slots[word + BATCH.sourceNumber],
    offset: numbers[BATCH.offset / 2],
    firstLineNumber: numbers[BATCH.firstLineNumber / 2],
    readAtMilliseconds: numbers[BATCH.readAt / 2],
    settledAtMilliseconds: numbers[BATCH.settledAt / 2]
  }
}

function decodeLeaves(
  slots: Int32Array,
  word: number
): { readonly leaves: JourneyLeaf[]; readonly leafCount: number } | undefined {
  if ((slots[word] & IS_FORKED) === 0) {
    return { leaves: [{ path: slots[word + LINE.path], code: slots[word + LINE.code], forkDepth: 0 }], leafCount: 1 }
  }
  const leafCount = slots[word + FORK.leafCount]
  const kept = slots[word + FORK.keptLeaves]
  if (kept < 0 || kept > MAX_LEAVES || leafCount < kept) return undefined
  if (word + forkSlots(kept) * SLOT_WORDS > slots.length) return undefined
  const leaves: JourneyLeaf[] = []
  for (let leaf = word + SLOT_WORDS; leaves.length < kept; leaf += LEAF_WORDS) {
    leaves.push({
      path: slots[leaf + LEAF.path],
      code: slots[leaf + LEAF.code],
      forkDepth: slots[leaf + LEAF.forkDepth]
    })
  }
  return { leaves, leafCount }
}

function decodeText(
  page: JourneyPage,
  word: number
): { readonly text: Uint8Array; readonly fullLength: number; readonly isCut: boolean } | undefined {
  const start = page.slots[word] & START_MASK
  const length = page.slots[word + LINE.length]
  const isCut = (page.slots[word] & IS_CUT) !== 0
  const stored = isCut ? CUT_LINE_BYTES : length
  if (length < 0 || start + stored > page.text.length) return undefined
  const bytes = page.text.subarray(start, start + stored)
  if (isCut) return { text: bytes, fullLength: length, isCut }
  const text = bytes.subarray(0, lengthWithoutLineEnd(bytes))
  return { text, fullLength: text.length, isCut }
}

function lengthWithoutLineEnd(bytes: Uint8Array): number {
  if (bytes.at(-1) !== 0x0a) return bytes.length
  return bytes.at(-2) === 0x0d ? bytes.length - 2 : bytes.length - 1
}
