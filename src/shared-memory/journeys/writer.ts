// Records the journey of every settled line: its bytes, and where it went. Nothing here allocates or takes an atomic
// for a line; memory is bounded by the ring, whose oldest page is overwritten and counted.

import { PageWriter } from '../pages/writer.ts'
import { openRegion, type Region } from '../region.ts'
import { type ReplayMark, writeReplayMark } from '../replay-mark.ts'
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
  LONG_LINE_BYTES,
  MAX_LEAVES,
  MAX_PATHS,
  PATH_SHIFT,
  REPLAY_BATCH_WORDS,
  RUN,
  RUN_LINE_WORDS,
  RUN_WORDS,
  tableWord,
  tableWords,
  textWord
} from './layout.ts'

const PAGE_MILLISECONDS = 100

export interface JourneyBatch {
  readonly sourceNumber: number
  /** Byte offset of the batch's first byte in its source. */
  readonly offset: number
  readonly firstLineNumber: number
  /** In milliseconds since the region's origin. */
  readonly readAtMilliseconds: number
  readonly settledAtMilliseconds: number
  /** Where the batch's first byte lies in the `bytes` given with its lines; 0 when left out. */
  readonly bytesStart?: number
  /** The batch is one line of a replay. */
  readonly replay?: ReplayMark | undefined
}

export class JourneyWriter {
  readonly #pages: PageWriter
  readonly #textBytes: number
  readonly #tableWords: number
  readonly #texts: Buffer[] = []
  readonly #tables: Int32Array[] = []
  /** The batch record, ready to be copied to each page that holds lines of it. */
  readonly #batchWords = new Int32Array(REPLAY_BATCH_WORDS)
  readonly #batchNumbers = new Float64Array(this.#batchWords.buffer)
  #batchLength = BATCH_WORDS
  #bytesStart = 0
  #settledAt = 0
  #isBatchInPage = false
  #text: Buffer = Buffer.alloc(0)
  #table: Int32Array = new Int32Array(0)
  #usedBytes = 0
  #usedWords = 0
  #lines = 0
  #firstRecordAt = 0

  constructor(region: Region, epoch: number) {
    if (!region.shape.trace) throw new Error('This region has no journey pages: it was made without trace.')
    const { cells, layout } = openRegion(region)
    const { limits } = region
    if (limits.paths > MAX_PATHS) throw new Error(`Journeys have room for ${MAX_PATHS} paths.`)
    this.#pages = new PageWriter(cells, {
      base: layout.journeys,
      pageCount: limits.journeyPages,
      epoch,
      overwrites: true
    })
    this.#textBytes = limits.journeyTextBytes
    this.#tableWords = tableWords(limits)
    for (let page = 0; page < limits.journeyPages; page++) {
      const text = (layout.journeys + textWord(page, limits)) * 4
      const table = (layout.journeys + tableWord(page, limits)) * 4
      this.#texts.push(Buffer.from(region.buffer, text, this.#textBytes))
      this.#tables.push(new Int32Array(region.buffer, table, this.#tableWords))
    }
  }

  /** Lines recorded so far, in pages, overwritten or dropped: the sequence number of the next one. */
  get written(): number {
    return this.#pages.written + this.#lines
  }

  get overwritten(): number {
    return this.#pages.overwritten
  }

  get dropped(): number {
    return this.#pages.dropped
  }

  beginBatch(batch: JourneyBatch): void {
    this.#batchWords[0] = batch.replay === undefined ? KIND_BATCH : KIND_BATCH | IS_REPLAY
    this.#batchLength = batch.replay === undefined ? BATCH_WORDS : REPLAY_BATCH_WORDS
    this.#batchWords[BATCH.sourceNumber] = batch.sourceNumber
    this.#batchNumbers[BATCH.offset / 2] = batch.offset
    this.#batchNumbers[BATCH.firstLineNumber / 2] = batch.firstLineNumber
    this.#batchNumbers[BATCH.readAt / 2] = batch.readAtMilliseconds
    this.#batchNumbers[BATCH.settledAt / 2] = batch.settledAtMilliseconds
    writeReplayMark(this.#batchWords, this.#batchNumbers, BATCH_WORDS, batch.replay)
    this.#bytesStart = batch.bytesStart ?? 0
    this.#settledAt = batch.settledAtMilliseconds
    this.#isBatchInPage = false
  }

  /**
   * Lines `from` … `to` − 1 of the batch, one leaf each. `starts[i]` … `starts[i + 1]` are the bytes of line i with its
   * line end. Bit 0 of `leafPath[i]` is the engine's own; the path is the rest.
   */
  addLines(
    bytes: Buffer,
    starts: Int32Array,
    from: number,
    to: number,
    leafPath: Int32Array,
    leafCode: Int32Array
  ): void {
    let line = from
    while (line < to) {
      if (!this.#open(RUN_WORDS + RUN_LINE_WORDS)) {
        this.#pages.drop(to - line)
        return
      }
      const next = this.#addRun(bytes, starts, line, to, leafPath, leafCode)
      if (next < to && starts[next + 1] - starts[next] > LONG_LINE_BYTES) {
        this.#addAlone(bytes, starts[next], starts[next + 1], next, leafPath[next] >> 1, leafCode[next])
        line = next + 1
      } else {
        if (next < to) this.#seal(true)
        line = next
      }
    }
  }

  /**
   * A forked line with its leaves in depth-first order. `forkDepth[j]` is the number of leading nodes that leaf j
   * shares with leaf j − 1. Only the first 1,024 leaves are kept; how many there were is kept too.
   */
  addForkedLine(
    bytes: Buffer,
    start: number,
    end: number,
    lineIndex: number,
    leafCount: number,
    leafPath: Int32Array,
    leafCode: Int32Array,
    forkDepth: Int32Array
  ): void {
    const kept = Math.min(leafCount, MAX_LEAVES)
    if (!this.#makeRoom(end - start, forkWords(kept))) return
    const word = this.#addLine(bytes, start, end, lineIndex, IS_FORKED)
    const table = this.#table
    table[word + FORK.leafCount] = leafCount
    table[word + FORK.keptLeaves] = kept
    let leaf = word + ALONE_WORDS
    for (let index = 0; index < kept; index++, leaf += LEAF_WORDS) {
      table[leaf + LEAF.path] = leafPath[index] >> 1
      table[leaf + LEAF.code] = leafCode[index]
      table[leaf + LEAF.forkDepth] = forkDepth[index]
    }
    this.#usedWords = leaf
  }

  /** Hands the page over when its first record is 100 ms old; `Infinity` hands it over now, as before going idle. */
  flush(nowMilliseconds: number): void {
    if (this.#lines > 0 && nowMilliseconds - this.#firstRecordAt >= PAGE_MILLISECONDS) this.#seal(false)
    this.#pages.publishDrops()
  }

  /** As many lines as fit in the page and are not over-long; returns the first that was not added. */
  #addRun(
    bytes: Buffer,
    starts: Int32Array,
    from: number,
    to: number,
    leafPath: Int32Array,
    leafCode: Int32Array
  ): number {
    const table = this.#table
    const firstWord = this.#usedWords + RUN_WORDS
    const last = Math.min(to, from + Math.floor((this.#tableWords - firstWord) / RUN_LINE_WORDS))
    const firstByte = starts[from]
    const endOfRoom = this.#textBytes - this.#usedBytes + firstByte
    let word = firstWord
    let line = from
    let start = firstByte
    for (; line < last; line++) {
      const end = starts[line + 1]
      if (end > endOfRoom || end - start > LONG_LINE_BYTES) break
      table[word] = (end - start) | ((leafPath[line] >> 1) << PATH_SHIFT)
      table[word + 1] = leafCode[line]
      word += RUN_LINE_WORDS
      start = end
    }
    if (line > from) {
      const run = this.#usedWords
      table[run] = this.#usedBytes
      table[run + RUN.lines] = line - from
      table[run + RUN.index] = from
      table[run + RUN.offset] = firstByte - this.#bytesStart
      // Not `set`: into shared memory that copies word by word, in three times the time.
      bytes.copy(this.#text, this.#usedBytes, firstByte, start)
      this.#usedBytes += start - firstByte
      this.#usedWords = word
      this.#lines += line - from
    }
    return line
  }

  /** One line on its own, cut when it is over-long. */
  #addAlone(bytes: Buffer, start: number, end: number, lineIndex: number, path: number, code: number): void {
    if (!this.#makeRoom(end - start, ALONE_WORDS)) return
    const word = this.#addLine(bytes, start, end, lineIndex, 0)
    this.#table[word + CUT.path] = path
    this.#table[word + CUT.code] = code
  }

  /** Writes what all lines on their own have in common and returns the record's first word. */
  #addLine(bytes: Buffer, start: number, end: number, lineIndex: number, flags: number): number {
    const isCut = end - start > LONG_LINE_BYTES
    const stored = isCut ? CUT_LINE_BYTES : end - start
    const table = this.#table
    const word = this.#usedWords
    table[word] = this.#usedBytes | flags | (isCut ? IS_CUT : 0)
    table[word + ALONE.length] = isCut ? lengthWithoutLineEnd(bytes, start, end) : stored
    table[word + ALONE.index] = lineIndex
    table[word + ALONE.offset] = start - this.#bytesStart
    bytes.copy(this.#text, this.#usedBytes, start, start + stored)
    this.#usedBytes += stored
    this.#usedWords += ALONE_WORDS
    this.#lines++
    return word
  }

  /** Makes sure that the page has room for a line of its own; counts it as dropped when no page can be had. */
  #makeRoom(lineBytes: number, words: number): boolean {
    const stored = lineBytes > LONG_LINE_BYTES ? CUT_LINE_BYTES : lineBytes
    if (this.#pages.page !== -1 && this.#usedBytes + stored > this.#textBytes) this.#seal(true)
    if (this.#open(words)) return true
    this.#pages.drop(1)
    return false
  }

  /** Makes sure that there is a page with the batch in it and room for so many words more. */
  #open(words: number): boolean {
    const needed = this.#isBatchInPage ? words : words + this.#batchLength
    if (this.#pages.page !== -1 && this.#usedWords + needed > this.#tableWords) this.#seal(true)
    if (this.#pages.page === -1 && !this.#acquire()) return false
    if (!this.#isBatchInPage) this.#addBatch()
    return true
  }

  #acquire(): boolean {
    if (!this.#pages.acquire()) return false
    this.#text = this.#texts[this.#pages.page]
    this.#table = this.#tables[this.#pages.page]
    this.#usedBytes = 0
    this.#usedWords = 0
    this.#firstRecordAt = this.#settledAt
    return true
  }

  #addBatch(): void {
    this.#table.set(this.#batchWords.subarray(0, this.#batchLength), this.#usedWords)
    this.#usedWords += this.#batchLength
    this.#isBatchInPage = true
  }

  #seal(isFull: boolean): void {
    this.#pages.seal({
      count: this.#lines,
      isFull,
      usedBytes: this.#usedBytes,
      usedWords: this.#usedWords
    })
    this.#lines = 0
    this.#isBatchInPage = false
  }
}

function lengthWithoutLineEnd(bytes: Buffer, start: number, end: number): number {
  if (bytes[end - 1] !== 0x0a) return end - start
  return bytes[end - 2] === 0x0d ? end - start - 2 : end - start - 1
}
