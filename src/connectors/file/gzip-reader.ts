// Decompresses gzip, one member after the other, in bounded memory.
//
// Damage takes nothing that came before it: zlib does not hand out what it made of the slice in which it finds the
// damage, so that slice is then decompressed once more, byte by byte, which also tells the exact place. Zero bytes
// after a member are padding, as for gzip itself.

import { createGunzip, type Gunzip } from 'node:zlib'

import type { ByteReader } from '../../base/byte-reader.ts'
import type { SourceError } from '../../sdk/errors.ts'
import { gzipFailure } from './failures.ts'

const SLICE_BYTES = 16 * 1024
// A pipe cannot be read again: small slices keep what damage takes with it to a few lines.
const PIPE_SLICE_BYTES = 64
const OUTPUT_BYTES = 64 * 1024
const NOTHING = new Uint8Array(0)

export class GzipReader implements ByteReader {
  readonly rewind = undefined
  private readonly raw: ByteReader
  private readonly name: string
  private readonly sliceBytes: number

  /** Compressed bytes; those from..to are not given to the gunzip yet, the slice before them is. */
  private readonly buffer = new Uint8Array(SLICE_BYTES)
  private from = 0
  private to = 0
  /** Place of `from` in the compressed bytes, and of the slice that was given last. */
  private position = 0
  private slicePosition = 0

  private gunzip: Gunzip
  private given = 0
  /** A write or the end is under way in the gunzip. */
  private isBusy = false
  private isFinishing = false
  /** It left a part of its input alone: zero bytes follow the member. */
  private hasStopped = false
  private failure: Error | undefined
  private damage: SourceError | undefined

  /** Decompressed bytes that are not handed out yet. */
  private output: Uint8Array = NOTHING
  private produced = 0
  private toSkip = 0
  /** The slice with the damage, in the second pass. */
  private careful: { readonly from: number; readonly to: number } | undefined

  private isEnded = false
  private wake: () => void = () => {}

  constructor(raw: ByteReader, name: string) {
    this.raw = raw
    this.name = name
    this.sliceBytes = raw.rewind === undefined ? PIPE_SLICE_BYTES : SLICE_BYTES
    this.gunzip = this.startGunzip()
  }

  get readBytes(): number {
    return this.raw.readBytes
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    const count = this.take(target, offset, length)
    if (count > 0 || this.isEnded) return count
    return this.fill().then(() => this.take(target, offset, length))
  }

  close(): void {
    this.isEnded = true
    this.output = NOTHING
    this.gunzip.destroy()
    this.raw.close()
    this.wake()
  }

  private take(target: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.output.length)
    target.set(this.output.subarray(0, count), offset)
    this.output = this.output.subarray(count)
    return count
  }

  private async fill(): Promise<void> {
    while (this.output.length === 0 && !this.isEnded) {
      const chunk = this.gunzip.read() as Uint8Array | null
      if (chunk !== null) this.accept(chunk)
      else if (this.failure !== undefined) this.recover(this.failure)
      else if (this.hasStopped) await this.skipPadding()
      else if (this.isBusy) await this.somethingHappens()
      else await this.feed()
    }
  }

  private accept(chunk: Uint8Array): void {
    this.produced += chunk.length
    const skipped = Math.min(this.toSkip, chunk.length)
    this.toSkip -= skipped
    this.output = chunk.subarray(skipped)
  }

  private async feed(): Promise<void> {
    if (this.from === this.to && !(await this.readMore())) {
      if (this.position === 0) this.isEnded = true
      if (this.isEnded) return
      this.isFinishing = true
      this.isBusy = true
      this.gunzip.end()
      return
    }
    const { gunzip } = this
    const slice = this.buffer.subarray(this.from, Math.min(this.to, this.from + this.sliceLimit()))
    this.from += slice.length
    this.slicePosition = this.position
    this.position += slice.length
    this.given += slice.length
    this.isBusy = true
    gunzip.write(slice, () => {
      if (gunzip !== this.gunzip) return
      this.isBusy = false
      this.hasStopped = gunzip.bytesWritten < this.given
      this.wake()
    })
  }

  /** False at the end of the compressed bytes, and once closed. */
  private async readMore(): Promise<boolean> {
    const count = await this.raw.read(this.buffer, 0, this.buffer.length)
    this.from = 0
    this.to = count
    return count > 0 && !this.isEnded
  }

  private sliceLimit(): number {
    const { careful, position, sliceBytes } = this
    if (careful === undefined || position >= careful.to) return sliceBytes
    return position < careful.from ? Math.min(sliceBytes, careful.from - position) : 1
  }

  /** Goes on with the next member behind the zero bytes, if there is one. */
  private async skipPadding(): Promise<void> {
    const unused = this.given - this.gunzip.bytesWritten
    this.from -= unused
    this.position -= unused
    this.given -= unused
    for (;;) {
      while (this.from < this.to && this.buffer[this.from] === 0) {
        this.from += 1
        this.position += 1
      }
      if (this.from < this.to) {
        this.gunzip = this.startGunzip()
        return
      }
      if (!(await this.readMore())) {
        this.isEnded = true
        return
      }
    }
  }

  private recover(failure: Error): void {
    if (this.careful !== undefined || this.raw.rewind === undefined || this.isFinishing) {
      this.damage ??= gzipFailure(this.name, this.position, this.isFinishing, this.raw.rewind !== undefined, failure)
      throw this.damage
    }
    this.careful = { from: this.slicePosition, to: this.position }
    this.raw.rewind()
    this.from = this.to = this.position = 0
    this.toSkip = this.produced
    this.produced = 0
    this.gunzip = this.startGunzip()
  }

  private startGunzip(): Gunzip {
    const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES })
    this.given = 0
    this.isBusy = this.isFinishing = this.hasStopped = false
    this.failure = undefined
    // One that was replaced has nothing more to say.
    const listen = (event: string, act: (failure: Error) => void) =>
      gunzip.on(event, (failure: Error) => {
        if (gunzip !== this.gunzip) return
        act(failure)
        this.wake()
      })
    listen('readable', () => {})
    listen('end', () => {
      if (this.isFinishing) this.isEnded = true
    })
    listen('error', failure => {
      this.failure = failure
    })
    return gunzip
  }

  private somethingHappens(): Promise<void> {
    return new Promise(resolve => {
      this.wake = resolve
    })
  }
}
