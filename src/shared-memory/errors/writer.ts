// Records every failed attempt with the line that failed. Bounded: long texts are cut at a character and flagged, and
// when the observer is too slow the newest errors are shed and counted, at next to no cost.

import { PageWriter } from '../pages/writer.ts'
import { openRegion, type Region } from '../region.ts'
import { type ReplayMark, writeReplayMark } from '../replay-mark.ts'
import {
  CODE_BYTES,
  IS_FINAL,
  LINE_BYTES,
  LINE_CUT,
  MAX_RECORD_BYTES,
  MESSAGE_BYTES,
  MESSAGE_CUT,
  NAME_BYTES,
  pageWord,
  RECORD,
  RECORD_HEADER_WORDS,
  STACK_BYTES,
  STACK_CUT
} from './layout.ts'

const PAGE_MILLISECONDS = 100

export interface ErrorEntry {
  readonly node: number
  /** 1 for the first try. */
  readonly attempt: number
  /** The line has no further try. */
  readonly isFinal: boolean
  readonly sourceNumber: number
  /** Byte offset of the line in its source. */
  readonly offset: number
  readonly lineNumber: number
  /** In milliseconds since the region's origin. */
  readonly atMilliseconds: number
  /** The error's name: `TypeError`. */
  readonly name: string
  readonly message: string
  readonly stack: string
  /** `ENOENT`; none when left out. */
  readonly code?: string | undefined
  /** The value that failed: raw bytes, or text (a record as JSON). */
  readonly line: Uint8Array | string
  readonly replay?: ReplayMark | undefined
  /** The nodes that the line has visited, the failing one last; 0 is none. */
  readonly path?: number
  /** Errors of this kind that the record stands for; 1 when left out. */
  readonly count?: number
}

export class ErrorWriter {
  readonly #pages: PageWriter
  readonly #pageBytes: number
  readonly #bodies: Uint8Array[] = []
  /** A record is put together here first, so that its size is known before it is given a place. */
  readonly #record = new Uint8Array(MAX_RECORD_BYTES)
  readonly #words = new Int32Array(this.#record.buffer)
  readonly #numbers = new Float64Array(this.#record.buffer)
  readonly #encoder = new TextEncoder()
  #recordBytes = 0
  #usedBytes = 0
  #records = 0
  #firstRecordAt = 0

  constructor(region: Region, epoch: number) {
    const { cells, layout } = openRegion(region)
    const { limits } = region
    this.#pages = new PageWriter(cells, { base: layout.errors, pageCount: limits.errorPages, epoch, overwrites: false })
    this.#pageBytes = limits.errorPageBytes
    for (let page = 0; page < limits.errorPages; page++) {
      this.#bodies.push(new Uint8Array(region.buffer, (layout.errors + pageWord(page, limits)) * 4, this.#pageBytes))
    }
  }

  /** Errors recorded or shed so far. */
  get written(): number {
    return this.#pages.written + this.#records
  }

  /** Errors that no page was free for. */
  get shed(): number {
    return this.#pages.dropped
  }

  write(error: ErrorEntry): void {
    if (!this.tryWrite(error, 0)) this.#pages.drop(1)
  }

  /** False: no page was to be had without going below so many free ones; nothing is counted then. */
  tryWrite(error: ErrorEntry, reservedPages: number): boolean {
    if (this.#pages.page === -1 && !this.#acquire(reservedPages)) return false
    this.#compose(error)
    if (this.#usedBytes + this.#recordBytes > this.#pageBytes) {
      this.#seal(true)
      if (!this.#acquire(reservedPages)) return false
    }
    if (this.#records === 0) this.#firstRecordAt = error.atMilliseconds
    this.#bodies[this.#pages.page].set(this.#record.subarray(0, this.#recordBytes), this.#usedBytes)
    this.#usedBytes += this.#recordBytes
    this.#records++
    return true
  }

  /** Hands the page over when its first record is 100 ms old; `Infinity` hands it over now, as before going idle. */
  flush(nowMilliseconds: number): void {
    if (this.#records > 0 && nowMilliseconds - this.#firstRecordAt >= PAGE_MILLISECONDS) this.#seal(false)
    this.#pages.publishDrops()
  }

  #compose(error: ErrorEntry): void {
    const words = this.#words
    this.#recordBytes = RECORD_HEADER_WORDS * 4
    words[RECORD.node] = error.node
    words[RECORD.attempt] = error.attempt
    words[RECORD.flags] = error.isFinal ? IS_FINAL : 0
    words[RECORD.sourceNumber] = error.sourceNumber
    this.#numbers[RECORD.offset / 2] = error.offset
    this.#numbers[RECORD.lineNumber / 2] = error.lineNumber
    this.#numbers[RECORD.at / 2] = error.atMilliseconds
    writeReplayMark(words, this.#numbers, RECORD.replay, error.replay)
    words[RECORD.path] = error.path ?? 0
    words[RECORD.count] = error.count ?? 1
    words[RECORD.nameBytes] = this.#addText(error.name, NAME_BYTES, 0)
    words[RECORD.messageBytes] = this.#addText(error.message, MESSAGE_BYTES, MESSAGE_CUT)
    words[RECORD.stackBytes] = this.#addText(error.stack, STACK_BYTES, STACK_CUT)
    this.#addLine(error.line)
    words[RECORD.codeBytes] = error.code === undefined ? 0 : this.#addText(error.code, CODE_BYTES, 0)
    this.#recordBytes = (this.#recordBytes + 7) & ~7
    words[RECORD.words] = this.#recordBytes / 4
  }

  #addText(text: string, maxBytes: number, cutFlag: number): number {
    const target = this.#record.subarray(this.#recordBytes, this.#recordBytes + maxBytes)
    const { read, written } = this.#encoder.encodeInto(text, target)
    if (read < text.length) this.#words[RECORD.flags] |= cutFlag
    this.#recordBytes += written
    return written
  }

  #addLine(line: Uint8Array | string): void {
    const words = this.#words
    if (typeof line === 'string') {
      words[RECORD.lineBytes] = this.#addText(line, LINE_BYTES, LINE_CUT)
      const isCut = (words[RECORD.flags] & LINE_CUT) !== 0
      words[RECORD.lineFullBytes] = isCut ? Buffer.byteLength(line) : words[RECORD.lineBytes]
      return
    }
    const kept = cutLength(line, LINE_BYTES)
    this.#record.set(line.subarray(0, kept), this.#recordBytes)
    this.#recordBytes += kept
    words[RECORD.lineBytes] = kept
    words[RECORD.lineFullBytes] = line.length
    if (kept < line.length) words[RECORD.flags] |= LINE_CUT
  }

  #acquire(reservedPages: number): boolean {
    if (reservedPages > 0 && this.#pages.free <= reservedPages) return false
    if (!this.#pages.acquire()) return false
    this.#usedBytes = 0
    this.#records = 0
    return true
  }

  #seal(isFull: boolean): void {
    this.#pages.seal({ count: this.#records, isFull, usedBytes: this.#usedBytes, usedWords: 0 })
    this.#records = 0
  }
}

/** At most `maxBytes`, not in the middle of a UTF-8 character; of bytes that are no UTF-8, at most three fewer. */
function cutLength(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length <= maxBytes) return bytes.length
  let length = maxBytes
  while (length > maxBytes - 4 && (bytes[length] & 0xc0) === 0x80) length--
  return (bytes[length] & 0xc0) === 0x80 ? maxBytes : length
}
