// Bytes in, batches of whole lines out.
//
// Framing is on byte 0x0A only; decoding comes after it, so a character is never cut. A batch holds lines of one
// source, at most 48 KiB of them (or one longer line). Bytes of a chunk are shared by the batches cut from it and
// stay untouched until the last of them has settled.

import { isAscii as isAsciiBytes, isUtf8 as isUtf8Bytes } from 'node:buffer'
import { createHash, type Hash } from 'node:crypto'

import type { ByteInput, Source } from '../sdk/source.ts'
import type { Batch } from './batch.ts'
import type { Caution } from './caution.ts'
import { startsOfAscii, startsOfBytes } from './line-starts.ts'

/** One file (or stdin, …) that lines come from, as ids, errors and journeys name it. */
export interface InputInfo {
  /** How many inputs were opened up to this one: several may be of the same file. */
  readonly turn: number
  readonly sourceNumber: number
  readonly name: string
  readonly file: string | undefined
  readonly canReadAgain: boolean
}

/** Hears of each input before its first line and after its last one was handed out. */
export interface InputListener {
  began(info: InputInfo, input: ByteInput): void
  ended(info: InputInfo, end: InputEnd): void
}

export interface InputEnd {
  readonly offset: number
  /** Of the last line. */
  readonly lineNumber: number
  readonly endsFile: boolean
}

/** A buffer and how many batches still need it. */
export interface Chunk {
  readonly buffer: Buffer
  users: number
}

// Batch text must stay below V8's limit for the young generation; 64 KiB of ASCII gained 2 %, 128 KiB lost half.
const BATCH_BYTES = 48 * 1024
const MAX_BATCH_LINES = 4096
const CHUNK_BYTES = 256 * 1024
const OVERSIZE_HEAD_BYTES = 64 * 1024
const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const BYTE_ORDER_MARK = 0xfeff

export type FrameResult = 'batch' | 'end'

export class LineFramer {
  private readonly source: Source
  private readonly maxLineBytes: number
  private readonly freeChunks: Chunk[] = []

  private input: ByteInput | undefined
  private info: InputInfo = { turn: 0, sourceNumber: -1, name: '', file: undefined, canReadAgain: false }
  private hasOpenInput = false
  private readonly listener: InputListener | undefined
  private chunk: Chunk
  /** Bytes from..to of the chunk are read and not yet handed out. */
  private from = 0
  private to = 0
  /** Bytes before this index are known to hold no newline, from `from` on. */
  private scanned = 0
  private inputEnded = true
  private isClosed = false
  private offset = 0
  private lineNumber = 1
  private lineEnd: '\n' | '\r\n' = '\n'
  private bytesPerLine = 128
  /** Lines that are to be handed out alone. */
  caution: Caution | undefined
  /** When the lines that are handed out now were read, by this thread's clock. */
  filledAt = performance.now()
  private oversize: { hash: Hash; head: Buffer; byteLength: number; lastByte: number } | undefined

  constructor(source: Source, maxLineBytes: number, listener?: InputListener) {
    this.source = source
    this.listener = listener
    this.maxLineBytes = maxLineBytes
    this.chunk = this.takeChunk(CHUNK_BYTES)
  }

  /** Bytes taken from the inputs so far, as a progress display counts them (compressed ones for gzip). */
  get readBytes(): number {
    return this.finishedBytes + (this.input?.readBytes ?? 0)
  }
  private finishedBytes = 0

  /** Where the next line begins. */
  get place(): {
    readonly turn: number
    readonly sourceNumber: number
    readonly offset: number
    readonly lineNumber: number
  } {
    const { turn, sourceNumber } = this.info
    return { turn, sourceNumber, offset: this.offset, lineNumber: this.lineNumber - 1 }
  }

  /** How far an over-long line has been read and let go, while one is being skipped. */
  get skippedTo(): { readonly sourceNumber: number; readonly offset: number } | undefined {
    if (this.oversize === undefined) return undefined
    return { sourceNumber: this.info.sourceNumber, offset: this.offset + this.oversize.byteLength }
  }

  /** Ends the source: what was read and not handed out is left unread. */
  close(): void {
    this.isClosed = true
    this.input?.close()
    this.source.close()
  }

  /**
   * Fills `batch` with the next lines, at most `maxLines`. A promise means that nothing is at hand now.
   * Rejects or throws with what the source throws; every line before the fault has been handed out then.
   */
  next(batch: Batch, maxLines: number): FrameResult | Promise<FrameResult> {
    for (;;) {
      if (this.isClosed) return 'end'
      if (this.oversize === undefined && this.cut(batch, maxLines)) return 'batch'
      if (this.oversize !== undefined && this.skipOversize(batch)) return 'batch'
      if (this.inputEnded) {
        const opened = this.openNext()
        if (opened instanceof Promise) return opened.then(isOpen => (isOpen ? this.next(batch, maxLines) : 'end'))
        if (!opened) return 'end'
        continue
      }
      const count = this.fill()
      if (typeof count !== 'number') {
        return count.then(read => {
          this.filled(read)
          return this.next(batch, maxLines)
        })
      }
      this.filled(count)
    }
  }

  /** Gives back the bytes of a batch that has settled. */
  release(batch: Batch): void {
    const { chunk } = batch
    batch.chunk = undefined
    if (chunk !== undefined && --chunk.users === 0 && chunk !== this.chunk) this.recycle(chunk)
  }

  private openNext(): boolean | Promise<boolean> {
    this.inputIsOver()
    const next = this.source.next()
    return next instanceof Promise ? next.then(input => this.opened(input)) : this.opened(next)
  }

  /** Every line of the input has been handed out. */
  private inputIsOver(): void {
    if (!this.hasOpenInput) return
    this.hasOpenInput = false
    const endsFile = this.input?.endsFile ?? true
    this.listener?.ended(this.info, { offset: this.offset, lineNumber: this.lineNumber - 1, endsFile })
  }

  private opened(input: ByteInput | undefined): boolean {
    this.finishedBytes += this.input?.readBytes ?? 0
    this.input?.close()
    this.input = input
    if (input === undefined) return false
    if (this.isClosed) {
      input.close()
      return false
    }
    const { name, file, canReadAgain = false, start, sourceNumber = this.info.sourceNumber + 1 } = input
    this.info = { turn: this.info.turn + 1, sourceNumber, name, file, canReadAgain }
    this.inputEnded = false
    this.hasOpenInput = true
    this.from = this.to = this.scanned = 0
    this.offset = start?.offset ?? 0
    this.lineNumber = (start?.lineNumber ?? 0) + 1
    this.lineEnd = start?.lineEnd ?? '\n'
    this.listener?.began(this.info, input)
    this.changeChunk(0, CHUNK_BYTES)
    return true
  }

  private fill(): number | Promise<number> {
    const { buffer } = this.chunk
    // A batch needs a contiguous run: move the unfinished line to the start of a chunk when the room gets short.
    if (buffer.length - this.to < BATCH_BYTES) {
      const rest = this.to - this.from
      const wanted =
        rest + BATCH_BYTES > CHUNK_BYTES ? Math.min(this.maxLineBytes + 2 * BATCH_BYTES, rest * 4) : CHUNK_BYTES
      this.changeChunk(rest, Math.max(wanted, rest + BATCH_BYTES))
    }
    const target = this.chunk.buffer
    return this.input!.read(target, this.to, target.length - this.to)
  }

  private filled(count: number): void {
    if (count === 0) this.inputEnded = true
    else this.filledAt = performance.now()
    this.to += count
  }

  /** Continues in a chunk of its own, with the last `keep` bytes read moved to its start. */
  private changeChunk(keep: number, size: number): void {
    const old = this.chunk
    if (keep === 0 && old.users === 0 && old.buffer.length >= size) {
      this.from = this.to = this.scanned = 0
      return
    }
    const chunk = this.takeChunk(size)
    old.buffer.copy(chunk.buffer, 0, this.from, this.from + keep)
    this.scanned -= this.from
    this.from = 0
    this.to = keep
    this.chunk = chunk
    if (old.users === 0) this.recycle(old)
  }

  private takeChunk(size: number): Chunk {
    const free = size <= CHUNK_BYTES ? this.freeChunks.pop() : undefined
    return free ?? { buffer: Buffer.allocUnsafeSlow(Math.max(size, CHUNK_BYTES)), users: 0 }
  }

  private recycle(chunk: Chunk): void {
    if (chunk.buffer.length === CHUNK_BYTES && this.freeChunks.length < 4) this.freeChunks.push(chunk)
  }

  /** Hands out whole lines at hand, if there is one. */
  private cut(batch: Batch, maxLines: number): boolean {
    const { from, to, chunk } = this
    const { buffer } = chunk
    if (from === to) return false
    const isAlone = this.caution?.isAlone(this.info.sourceNumber, this.offset) === true
    const lines = isAlone ? 1 : Math.min(maxLines, MAX_BATCH_LINES)
    // No line can be too long in so few bytes.
    const mostBytes = Math.min(BATCH_BYTES, this.maxLineBytes + 1)
    const wanted = Math.min(mostBytes, Math.max(256, Math.ceil(this.bytesPerLine * lines * 1.05)))
    const before = this.caution?.bytesBefore(this.info.sourceNumber, this.offset) ?? wanted
    const limit = Math.min(to, from + wanted, from + before)

    let end = limit === from ? from : buffer.lastIndexOf(NEWLINE, limit - 1) + 1
    if (end <= from) {
      const start = Math.max(this.scanned, limit)
      const newline = start >= to ? -1 : buffer.subarray(0, to).indexOf(NEWLINE, start)
      end = newline + 1
      if (newline === -1) {
        this.scanned = to
        if (this.isTooLong(from, to, false)) {
          this.startOversize()
          return false
        }
        if (!this.inputEnded) return false
        end = to
      } else if (this.isTooLong(from, newline, true)) {
        this.startOversize()
        return false
      }
    }
    this.handOut(batch, from, end, lines)
    return true
  }

  private handOut(batch: Batch, from: number, limit: number, maxLines: number): void {
    const { buffer } = this.chunk
    const isUnterminated = buffer[limit - 1] !== NEWLINE
    const whole = buffer.subarray(from, limit)
    const isAscii = isAsciiBytes(whole)
    const hasMark = this.offset === 0 && from + 2 < limit && buffer[from] === 0xef

    const text = isAscii ? buffer.toString('latin1', from, limit) : buffer.toString('utf8', from, limit)
    const values = text.split('\n')
    if (!isUnterminated) values.pop()
    if (values.length > maxLines) values.length = maxLines
    const count = values.length
    const takesAll = count < maxLines || whole.length === 0

    batch.reset(count)
    batch.values = values
    if (batch.starts.length < count + 1) batch.starts = new Int32Array(Math.min(MAX_BATCH_LINES + 1, (count + 1) * 2))
    const end = isAscii
      ? startsOfAscii(batch.starts, values, from)
      : startsOfBytes(batch.starts, buffer, from, limit, count)
    const isLast = end >= limit
    const byteLength = (isLast ? limit : end) - from
    if (isLast) batch.starts[count] = limit
    batch.isUnterminated = isLast && isUnterminated
    batch.isValidUtf8 = isAscii || isUtf8Bytes(takesAll ? whole : buffer.subarray(from, from + byteLength))

    if (hasMark && values[0].charCodeAt(0) === BYTE_ORDER_MARK) values[0] = values[0].slice(1)
    if (text.includes('\r')) this.markCarriageReturns(batch)

    this.describe(batch, from, byteLength)
    this.noteLineEnd(batch)
    this.lineNumber += count
    this.bytesPerLine = Math.max(1, byteLength / count)
  }

  private describe(batch: Batch, from: number, byteLength: number): void {
    batch.input = this.info
    batch.chunk = this.chunk
    batch.bytes = this.chunk.buffer
    batch.firstLineNumber = this.lineNumber
    batch.offset = this.offset
    batch.byteLength = byteLength
    batch.addedLineEnd = this.lineEnd
    this.chunk.users++
    this.offset += byteLength
    this.from = this.scanned = from + byteLength
  }

  private markCarriageReturns(batch: Batch): void {
    const { lineCount, values, crlf } = batch
    const last = batch.isUnterminated ? lineCount - 1 : lineCount
    crlf[lineCount - 1] = 0
    for (let line = 0; line < last; line++) {
      const value = values[line] as string
      const isCrlf = value.length > 0 && value.charCodeAt(value.length - 1) === CARRIAGE_RETURN
      crlf[line] = isCrlf ? 1 : 0
      if (!isCrlf) continue
      values[line] = value.slice(0, -1)
      batch.hasCrlf = true
    }
  }

  /** The line end that an unfinished last line would have: that of the line before it. */
  private noteLineEnd(batch: Batch): void {
    const last = batch.lineCount - (batch.isUnterminated ? 2 : 1)
    if (last >= 0) this.lineEnd = batch.hasCrlf && batch.crlf[last] === 1 ? '\r\n' : '\n'
    batch.addedLineEnd = this.lineEnd
  }

  /** Bytes from..end are a line, or the beginning of one, without its newline. */
  private isTooLong(from: number, end: number, isWholeLine: boolean): boolean {
    // A \r counts when it is the last of the input, not before a \n, nor while a \n may still come.
    const isLineEnd = end > from && this.chunk.buffer[end - 1] === CARRIAGE_RETURN && (isWholeLine || !this.inputEnded)
    return end - from - (isLineEnd ? 1 : 0) > this.maxLineBytes
  }

  private startOversize(): void {
    this.oversize = { hash: createHash('sha256'), head: Buffer.alloc(0), byteLength: 0, lastByte: 0 }
  }

  /** Reads on to the end of an over-long line, keeping its head and hash; true when its end is found. */
  private skipOversize(batch: Batch): boolean {
    const line = this.oversize!
    const { buffer } = this.chunk
    const newline = buffer.subarray(0, this.to).indexOf(NEWLINE, Math.max(this.scanned, this.from))
    const end = newline === -1 ? this.to : newline + 1
    const part = buffer.subarray(this.from, end)
    if (line.head.length < OVERSIZE_HEAD_BYTES) {
      line.head = Buffer.concat([line.head, part.subarray(0, OVERSIZE_HEAD_BYTES - line.head.length)])
    }
    line.hash.update(part)
    line.byteLength += part.length
    const beforeNewline = part.length > 1 ? part[part.length - 2] : line.lastByte
    if (part.length > 0) line.lastByte = part[part.length - 1]
    this.from = this.scanned = end
    if (newline === -1 && !this.inputEnded) {
      if (this.chunk.users === 0) this.from = this.to = this.scanned = 0
      return false
    }

    this.oversize = undefined
    batch.reset(1)
    batch.values = ['']
    if (batch.starts.length < 2) batch.starts = new Int32Array(2)
    batch.starts[0] = batch.starts[1] = end
    batch.oversize = { head: line.head, byteLength: line.byteLength, sha256: line.hash.digest('hex') }
    batch.isUnterminated = newline === -1
    batch.hasCrlf = newline !== -1 && beforeNewline === CARRIAGE_RETURN
    batch.crlf[0] = 1
    this.describe(batch, end - line.byteLength, line.byteLength)
    this.noteLineEnd(batch)
    this.lineNumber++
    return true
  }
}
