// Bytes in order, from wherever they come: what a source's decoders are stacked from.

export interface ByteReader {
  /** Bytes taken from the outermost origin so far. */
  readonly readBytes: number
  /** As `ByteInput.read`: at most `length` bytes to `target` from `offset` on; 0 is the end. One read at a time. */
  read(target: Uint8Array, offset: number, length: number): number | Promise<number>
  /** Starts again from the first byte, where that is possible. */
  readonly rewind: (() => void) | undefined
  /** Ends a pending read with 0. May be called twice. */
  close(): void
}

/** Gives bytes that were looked at before the rest of their reader. */
export class PrefixedReader implements ByteReader {
  readonly rewind = undefined
  private readonly rest: ByteReader
  private prefix: Uint8Array

  constructor(prefix: Uint8Array, rest: ByteReader) {
    this.prefix = prefix
    this.rest = rest
  }

  get readBytes(): number {
    return this.rest.readBytes
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.prefix.length === 0) return this.rest.read(target, offset, length)
    const count = Math.min(length, this.prefix.length)
    target.set(this.prefix.subarray(0, count), offset)
    this.prefix = this.prefix.subarray(count)
    return count
  }

  close(): void {
    this.prefix = this.prefix.subarray(0, 0)
    this.rest.close()
  }
}
