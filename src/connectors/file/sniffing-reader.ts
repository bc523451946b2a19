// Tells by the first bytes of a pipe or device whether it holds gzip data, without waiting for more than that takes.

import { type ByteReader, PrefixedReader } from '../../base/byte-reader.ts'
import { isGzip } from './compression.ts'
import { GzipReader } from './gzip-reader.ts'

export class SniffingReader implements ByteReader {
  readonly rewind = undefined
  private readonly raw: ByteReader
  private readonly name: string
  private chosen: ByteReader | undefined
  private isClosed = false

  constructor(raw: ByteReader, name: string) {
    this.raw = raw
    this.name = name
  }

  get readBytes(): number {
    return this.raw.readBytes
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.chosen !== undefined) return this.chosen.read(target, offset, length)
    return this.choose().then(chosen => (this.isClosed ? 0 : chosen.read(target, offset, length)))
  }

  close(): void {
    this.isClosed = true
    this.chosen?.close()
    this.raw.close()
  }

  private async choose(): Promise<ByteReader> {
    const head = new Uint8Array(2)
    let length = 0
    do {
      const count = await this.raw.read(head, length, head.length - length)
      length += count
      if (count === 0) break
    } while (length === 1 && head[0] === 0x1f)
    const whole = new PrefixedReader(head.subarray(0, length), this.raw)
    this.chosen = isGzip(head) ? new GzipReader(whole, this.name) : whole
    return this.chosen
  }
}
