// Remembers of every settled line where it is in its source and where it went. Takes a few atomics for a batch and one
// store for a line; allocates nothing, never waits.

import { LatchWriter } from '../latch/writer.ts'
import { openRegion, type Region } from '../region.ts'
import { BlockWriter } from './block-writer.ts'
import {
  BLOCK_ENTRIES,
  BLOCK_LINES,
  BODY_WORDS,
  bodyWord,
  CODE_BITS,
  COUNTS,
  COUNTS_LATCH,
  COUNTS_NUMBERS,
  ENTRY,
  ENTRY_WORDS,
  LINES_START,
  LONG_BYTES,
  OUTCOME_SHIFT,
  PATH_SHIFT
} from './layout.ts'

const WORD = 2 ** 32

export interface IndexedBatch {
  readonly sourceNumber: number
  /** Byte offset of its first line in its source. */
  readonly offset: number
  readonly firstLineNumber: number
  /** Number of its first line's journey: it tells what is void after a crash. */
  readonly sequence: number
}

export class LineIndexWriter {
  readonly #blocks: BlockWriter
  readonly #bodies: Int32Array[] = []
  readonly #counts: LatchWriter
  #body: Int32Array = new Int32Array(0)
  #lines = BLOCK_LINES
  #entries = 0
  // What a line must be to follow the last one.
  #source = -1
  #offset = 0
  #lineNumber = 0
  #sequence = 0

  constructor(region: Region, epoch: number) {
    const { cells, layout } = openRegion(region)
    const base = layout.lineIndex
    const blocks = region.limits.indexBlocks
    this.#blocks = new BlockWriter(cells, { base, blocks }, epoch)
    this.#counts = new LatchWriter(cells, base + COUNTS_LATCH, new Float64Array(COUNTS_NUMBERS))
    for (let block = 0; block < blocks; block++) {
      this.#bodies.push(new Int32Array(region.buffer, (base + bodyWord(block, blocks)) * 4, BODY_WORDS))
    }
  }

  /** The lines of a settled batch, as JourneyWriter.addLines takes them; a forked line's code has FORKED_CODE set. */
  add(batch: IndexedBatch, starts: Int32Array, lines: number, leafPath: Int32Array, leafCode: Int32Array): void {
    const added = this.#take() ? this.#addLines(batch, starts, lines, leafPath, leafCode) : 0
    this.#finish(lines, added)
  }

  /** A line of any length. */
  addLong(batch: IndexedBatch, byteLength: number, path: number, code: number): void {
    this.#finish(1, this.#take() ? this.#addLongLine(batch, byteLength, path, code) : 0)
  }

  /** Returns how many lines a block could be had for. */
  #addLines(
    batch: IndexedBatch,
    starts: Int32Array,
    lines: number,
    leafPath: Int32Array,
    leafCode: Int32Array
  ): number {
    this.#find(batch)
    let line = 0
    while (line < lines) {
      const bytes = starts[line + 1] - starts[line]
      const isLong = bytes >= LONG_BYTES
      if (!this.#ensureEntry(isLong ? bytes : 0)) return line
      if (isLong) {
        this.#addOne(bytes, leafPath[line], leafCode[line])
        line++
      } else {
        const end = Math.min(lines, line + BLOCK_LINES - this.#lines)
        line = this.#addRun(starts, line, end, leafPath, leafCode)
      }
    }
    return lines
  }

  #addLongLine(batch: IndexedBatch, byteLength: number, path: number, code: number): number {
    this.#find(batch)
    if (!this.#ensureEntry(byteLength)) return 0
    this.#addOne(byteLength, path, code)
    return 1
  }

  #addRun(starts: Int32Array, from: number, to: number, leafPath: Int32Array, leafCode: Int32Array): number {
    const body = this.#body
    let at = LINES_START + this.#lines
    const first = starts[from]
    let start = first
    let line = from
    for (; line < to; line++) {
      const end = starts[line + 1]
      const bytes = end - start
      if (bytes >= LONG_BYTES) break
      body[at++] = bytes | ((leafCode[line] & CODE_BITS) << OUTCOME_SHIFT) | ((leafPath[line] >> 1) << PATH_SHIFT)
      start = end
    }
    this.#advance(line - from, start - first)
    return line
  }

  #addOne(bytes: number, path: number, code: number): void {
    this.#body[LINES_START + this.#lines] =
      Math.min(bytes, LONG_BYTES) | ((code & CODE_BITS) << OUTCOME_SHIFT) | ((path >> 1) << PATH_SHIFT)
    this.#advance(1, bytes)
    // Its entry is for it alone.
    if (bytes >= LONG_BYTES) this.#source = -1 - this.#source
  }

  #advance(lines: number, bytes: number): void {
    this.#lines += lines
    this.#lineNumber += lines
    this.#sequence += lines
    this.#offset += bytes
  }

  /** Goes on with the entry when the batch follows the last line; else the next line has a new one. */
  #find({ sourceNumber, offset, firstLineNumber, sequence }: IndexedBatch): void {
    const follows =
      sourceNumber === this.#source &&
      offset === this.#offset &&
      firstLineNumber === this.#lineNumber &&
      sequence === this.#sequence
    if (follows) return
    this.#source = -1 - sourceNumber
    this.#offset = offset
    this.#lineNumber = firstLineNumber
    this.#sequence = sequence
  }

  /** Makes sure of room for a line, and of an entry that it is in. */
  #ensureEntry(longBytes: number): boolean {
    const needsEntry = this.#source < 0 || longBytes > 0 || this.#entries === 0
    if (this.#lines === BLOCK_LINES || (needsEntry && this.#entries === BLOCK_ENTRIES)) {
      this.#blocks.end(this.#lines, this.#entries)
      if (!this.#begin()) return false
    } else if (!needsEntry) return true
    if (this.#source < 0) this.#source = -1 - this.#source
    const body = this.#body
    const entry = this.#entries * ENTRY_WORDS
    body[entry + ENTRY.source] = this.#source
    body[entry + ENTRY.firstWord] = this.#lines
    this.#setNumber(entry + ENTRY.offset, this.#offset)
    this.#setNumber(entry + ENTRY.firstLine, this.#lineNumber)
    this.#setNumber(entry + ENTRY.sequence, this.#sequence)
    this.#setNumber(entry + ENTRY.longBytes, longBytes)
    this.#entries++
    return true
  }

  #setNumber(at: number, value: number): void {
    this.#body[at] = value | 0
    this.#body[at + 1] = Math.floor(value / WORD)
  }

  #take(): boolean {
    return this.#blocks.resume() || this.#begin()
  }

  #begin(): boolean {
    if (!this.#blocks.begin()) return false
    this.#body = this.#bodies[this.#blocks.block]
    this.#lines = 0
    this.#entries = 0
    return true
  }

  /** Lines that no block could be had for are counted; there is then no block to give back. */
  #finish(lines: number, added: number): void {
    if (added === lines) this.#blocks.end(this.#lines, this.#entries)
    else this.#source = -1
    this.#counts.numbers[COUNTS.written] += added
    this.#counts.numbers[COUNTS.left] += lines - added
    this.#counts.publish()
  }
}
