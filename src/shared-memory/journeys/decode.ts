// Turns the private copy of a page into journeys. Never throws: what no writer writes ends the page and is reported.

import type { PageHeader } from '../pages/reader.ts'
import { type ReplayMark, readReplayMark } from '../replay-mark.ts'
import {
  ALONE,
  ALONE_WORDS,
  BATCH,
  BATCH_WORDS,
  CUT,
  CUT_LINE_BYTES,
  FORK,
  forkWords,
  IS_CUT,
  IS_FORKED,
  IS_REPLAY,
  KIND_BATCH,
  LEAF,
  LEAF_WORDS,
  LENGTH_MASK,
  MAX_LEAVES,
  PATH_SHIFT,
  REPLAY_BATCH_WORDS,
  RUN,
  RUN_LINE_WORDS,
  RUN_WORDS,
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
  /** Of a line of a replay; its place is that of the line that it is a replay of. */
  readonly replay?: ReplayMark
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
  readonly table: Int32Array
}

interface Batch {
  readonly replay?: ReplayMark
  readonly sourceNumber: number
  readonly offset: number
  readonly firstLineNumber: number
  readonly readAtMilliseconds: number
  readonly settledAtMilliseconds: number
}

export function decodePage(page: JourneyPage): { readonly journeys: Journey[]; readonly isCorrupt: boolean } {
  const decoder = new PageDecoder(page)
  const isWhole = decoder.decode()
  return { journeys: decoder.journeys, isCorrupt: !isWhole || decoder.journeys.length !== page.header.count }
}

class PageDecoder {
  readonly journeys: Journey[] = []
  readonly #page: JourneyPage
  readonly #table: Int32Array
  #batch: Batch | undefined
  #word = 0

  constructor(page: JourneyPage) {
    this.#page = page
    this.#table = page.table
  }

  /** False when it met what no writer writes. */
  decode(): boolean {
    while (this.#word < this.#table.length) if (!this.#record()) return false
    return true
  }

  #record(): boolean {
    const kind = this.#table[this.#word]
    if ((kind & KIND_BATCH) !== 0) return this.#batchRecord()
    if ((kind & IS_FORKED) !== 0) return this.#forkedLine()
    return (kind & IS_CUT) !== 0 ? this.#cutLine() : this.#run()
  }

  #batchRecord(): boolean {
    const length = (this.#table[this.#word] & IS_REPLAY) === 0 ? BATCH_WORDS : REPLAY_BATCH_WORDS
    if (!this.#has(length)) return false
    this.#batch = decodeBatch(this.#table.slice(this.#word, this.#word + length))
    this.#word += length
    return this.#batch !== undefined
  }

  #run(): boolean {
    const table = this.#table
    const run = this.#word
    if (!this.#has(RUN_WORDS)) return false
    const lines = table[run + RUN.lines]
    if (lines <= 0 || !this.#has(RUN_WORDS + lines * RUN_LINE_WORDS)) return false
    let start = table[run] & START_MASK
    let offset = table[run + RUN.offset]
    let word = run + RUN_WORDS
    for (let line = 0; line < lines; line++, word += RUN_LINE_WORDS) {
      const length = table[word] & LENGTH_MASK
      const leaves = [{ path: table[word] >>> PATH_SHIFT, code: table[word + 1], forkDepth: 0 }]
      const isWhole = this.#add(start, length, false, table[run + RUN.index] + line, offset, leaves, 1)
      if (!isWhole) return false
      start += length
      offset += length
    }
    this.#word = word
    return true
  }

  #cutLine(): boolean {
    if (!this.#has(ALONE_WORDS)) return false
    const table = this.#table
    const word = this.#word
    const leaves = [{ path: table[word + CUT.path], code: table[word + CUT.code], forkDepth: 0 }]
    this.#word += ALONE_WORDS
    return this.#addAlone(word, leaves, 1)
  }

  #forkedLine(): boolean {
    if (!this.#has(ALONE_WORDS)) return false
    const table = this.#table
    const word = this.#word
    const leafCount = table[word + FORK.leafCount]
    const kept = table[word + FORK.keptLeaves]
    if (kept < 0 || kept > MAX_LEAVES || leafCount < kept || !this.#has(forkWords(kept))) return false
    const leaves: JourneyLeaf[] = []
    for (let leaf = word + ALONE_WORDS; leaves.length < kept; leaf += LEAF_WORDS) {
      leaves.push({
        path: table[leaf + LEAF.path],
        code: table[leaf + LEAF.code],
        forkDepth: table[leaf + LEAF.forkDepth]
      })
    }
    this.#word += forkWords(kept)
    return this.#addAlone(word, leaves, leafCount)
  }

  #addAlone(word: number, leaves: readonly JourneyLeaf[], leafCount: number): boolean {
    const table = this.#table
    const isCut = (table[word] & IS_CUT) !== 0
    const [start, length] = [table[word] & START_MASK, table[word + ALONE.length]]
    return this.#add(start, length, isCut, table[word + ALONE.index], table[word + ALONE.offset], leaves, leafCount)
  }

  #add(
    start: number,
    length: number,
    isCut: boolean,
    index: number,
    offset: number,
    leaves: readonly JourneyLeaf[],
    leafCount: number
  ): boolean {
    const batch = this.#batch
    const stored = isCut ? CUT_LINE_BYTES : length
    if (batch === undefined || length < 0 || start + stored > this.#page.text.length) return false
    const bytes = this.#page.text.subarray(start, start + stored)
    const text = isCut ? bytes : bytes.subarray(0, lengthWithoutLineEnd(bytes))
    const { header } = this.#page
    this.journeys.push({
      epoch: header.epoch,
      sequence: header.firstSequence + this.journeys.length,
      sourceNumber: batch.sourceNumber,
      offset: batch.offset + offset,
      lineNumber: batch.firstLineNumber + index,
      ...(batch.replay === undefined ? {} : { replay: batch.replay }),
      text,
      fullLength: isCut ? length : text.length,
      isCut,
      readAtMilliseconds: batch.readAtMilliseconds,
      settledAtMilliseconds: batch.settledAtMilliseconds,
      leaves,
      leafCount
    })
    return true
  }

  #has(words: number): boolean {
    return this.#word + words <= this.#table.length
  }
}

function decodeBatch(words: Int32Array): Batch | undefined {
  const numbers = new Float64Array(words.buffer)
  if (!numbers.subarray(1, 5).every(Number.isFinite)) return undefined
  const replay = words.length > BATCH_WORDS ? readReplayMark(words, numbers, BATCH_WORDS) : undefined
  return {
    sourceNumber: words[BATCH.sourceNumber],
    offset: numbers[BATCH.offset / 2],
    firstLineNumber: numbers[BATCH.firstLineNumber / 2],
    readAtMilliseconds: numbers[BATCH.readAt / 2],
    settledAtMilliseconds: numbers[BATCH.settledAt / 2],
    ...(replay === undefined ? {} : { replay })
  }
}

function lengthWithoutLineEnd(bytes: Uint8Array): number {
  if (bytes.at(-1) !== 0x0a) return bytes.length
  return bytes.at(-2) === 0x0d ? bytes.length - 2 : bytes.length - 1
}
