// Turns the settled lines of a batch into the bytes of one sink: unchanged lines as the bytes they came as, whole runs
// of them at once; changed ones encoded, with the line end that they came with.

import type { LineValue } from '../sdk/line.ts'
import type { Sink } from '../sdk/sink.ts'
import type { Batch } from './batch.ts'
import type { Patience } from './patience.ts'

const INITIAL_BYTES = 64 * 1024

export class SinkOutput {
  readonly name: string
  readonly sink: Sink
  /** Lines that the current batch gives to this sink. */
  lineCount = 0
  /** Values with a newline inside, which are written as they are. */
  embeddedNewlines = 0
  /** The last line written came without a line end; this one goes before the next line. */
  missingLineEnd: '' | '\n' | '\r\n'

  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #used = 0
  // A run of unchanged lines, not copied yet.
  #run: Buffer | undefined
  #runFrom = 0
  #runTo = 0
  // Changed lines, not encoded yet.
  #text = ''

  constructor(name: string, sink: Sink, missingLineEnd: '' | '\n' | '\r\n' = '') {
    this.name = name
    this.sink = sink
    this.missingLineEnd = missingLineEnd
  }

  /** Adds an unchanged line: bytes from..to of the batch, its line end included. */
  addBytes(batch: Batch, line: number): void {
    this.lineCount++
    if (this.missingLineEnd !== '') this.#endLine()
    const from = batch.starts[line]
    const to = batch.starts[line + 1]
    if (this.#runTo === from && this.#run === batch.bytes) this.#runTo = to
    else {
      this.#copyRun()
      if (this.#text !== '') this.#encodeText()
      this.#run = batch.bytes
      this.#runFrom = from
      this.#runTo = to
    }
    if (batch.isUnterminated && line === batch.lineCount - 1) this.missingLineEnd = batch.addedLineEnd
  }

  /** Adds a changed line. Throws when the value cannot be JSON; nothing is added then. */
  addValue(batch: Batch, line: number, value: LineValue): void {
    const text = typeof value === 'string' ? value : toJson(value)
    this.lineCount++
    if (this.missingLineEnd !== '') this.#endLine()
    if (this.#run !== undefined) this.#copyRun()
    if (text.includes('\n')) this.embeddedNewlines++
    if (batch.isUnterminated && line === batch.lineCount - 1) {
      this.#text += text
      this.missingLineEnd = batch.addedLineEnd
    } else {
      this.#text += text + (batch.hasCrlf && batch.crlf[line] === 1 ? '\r\n' : '\n')
    }
    if (this.#text.length > INITIAL_BYTES) this.#encodeText()
  }

  /** Writes what was added; the returned promise is for sinks that need time. Returns the number of bytes. */
  write(patience: Patience): { readonly bytes: number; readonly done: void | Promise<void> } {
    if (this.#used === 0 && this.#text === '' && this.#run !== undefined) {
      const bytes = this.#run.subarray(this.#runFrom, this.#runTo)
      this.#clear()
      return { bytes: bytes.length, done: patience.write(this.name, this.sink, bytes) }
    }
    this.#copyRun()
    if (this.#text !== '') this.#encodeText()
    const bytes = this.#buffer.subarray(0, this.#used)
    this.#clear()
    return { bytes: bytes.length, done: bytes.length === 0 ? undefined : patience.write(this.name, this.sink, bytes) }
  }

  #clear(): void {
    this.#used = 0
    this.#run = undefined
    this.#runTo = -1
    this.lineCount = 0
  }

  #endLine(): void {
    this.#copyRun()
    this.#text += this.missingLineEnd
    this.missingLineEnd = ''
  }

  #copyRun(): void {
    if (this.#run === undefined) return
    this.#reserve(this.#runTo - this.#runFrom)
    this.#run.copy(this.#buffer, this.#used, this.#runFrom, this.#runTo)
    this.#used += this.#runTo - this.#runFrom
    this.#run = undefined
    this.#runTo = -1
  }

  #encodeText(): void {
    const text = this.#text
    this.#text = ''
    this.#reserve(text.length)
    // Most text is ASCII: one byte a unit. Only when that was too little is the true length asked for.
    let written = this.#buffer.write(text, this.#used, 'utf8')
    if (written < text.length || this.#used + written > this.#buffer.length - 4) {
      const byteLength = Buffer.byteLength(text)
      this.#reserve(byteLength)
      written = this.#buffer.write(text, this.#used, 'utf8')
    }
    this.#used += written
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#used + bytes))
    this.#buffer.copy(larger, 0, 0, this.#used)
    this.#buffer = larger
  }
}

/** JSON of a record. Throws a TypeError for cycles and BigInts. */
export function toJson(value: LineValue): string {
  const json = JSON.stringify(value)
  if (json === undefined) throw new TypeError('the value has no JSON form')
  return json
}
