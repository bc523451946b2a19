// Gives whole lines as far as a read has room for them, and what has no newline only at the end. So a failure in the
// middle of a file never makes half a line look like a line: the rest of it was not given yet.

import type { ByteReader } from '../../base/byte-reader.ts'

const NEWLINE = 0x0a
const NOTHING = new Uint8Array(0)

export class WholeLinesReader implements ByteReader {
  readonly rewind = undefined
  /** Bytes given so far. */
  givenBytes = 0
  private readonly inner: ByteReader
  /** Start of a line whose end has not been read. */
  private kept: Uint8Array = NOTHING

  constructor(inner: ByteReader) {
    this.inner = inner
  }

  get readBytes(): number {
    return this.inner.readBytes
  }

  /** Bytes that were read and are held back. */
  get keptBytes(): number {
    return this.kept.length
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    for (;;) {
      // A line that is longer than a read has to go in pieces.
      if (this.kept.length >= length) return this.giveKept(target, offset, length)
      target.set(this.kept, offset)
      const count = this.inner.read(target, offset + this.kept.length, length - this.kept.length)
      if (typeof count !== 'number') {
        return count.then(read => this.accept(target, offset, read) ?? this.read(target, offset, length))
      }
      const given = this.accept(target, offset, count)
      if (given !== undefined) return given
    }
  }

  close(): void {
    this.inner.close()
  }

  /** `count` bytes stand in the target behind those that were kept. Undefined when there is no whole line yet. */
  private accept(target: Uint8Array, offset: number, count: number): number | undefined {
    const start = offset + this.kept.length
    const end = start + count
    if (count === 0) {
      this.kept = NOTHING
      return this.give(end - offset)
    }
    const newline = target.subarray(start, end).lastIndexOf(NEWLINE)
    if (newline === -1) {
      this.kept = Uint8Array.from(target.subarray(offset, end))
      return undefined
    }
    const lineEnd = start + newline + 1
    this.kept = Uint8Array.from(target.subarray(lineEnd, end))
    return this.give(lineEnd - offset)
  }

  private giveKept(target: Uint8Array, offset: number, length: number): number {
    target.set(this.kept.subarray(0, length), offset)
    this.kept = this.kept.slice(length)
    return this.give(length)
  }

  private give(count: number): number {
    this.givenBytes += count
    return count
  }
}
