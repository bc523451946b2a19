// Pulls bytes out of a Node stream (a pipe, a terminal), which is then never more than its own buffer ahead.

import type { Readable } from 'node:stream'

import type { ByteReader } from './byte-reader.ts'

const NOTHING = new Uint8Array(0)

export class StreamReader implements ByteReader {
  readonly rewind = undefined
  readBytes = 0
  private readonly stream: Readable
  private chunk: Uint8Array = NOTHING
  private isEnded = false
  private failure: Error | undefined
  private wake: () => void = () => {}

  /** `explain` makes the error that `read` throws of what the stream failed with. */
  constructor(stream: Readable, explain: (cause: Error) => Error) {
    this.stream = stream
    stream.on('readable', () => this.wake())
    stream.on('error', cause => {
      this.failure = explain(cause)
      this.wake()
    })
    // `close` comes without `end` when the stream is destroyed.
    for (const event of ['end', 'close']) {
      stream.on(event, () => {
        this.isEnded = true
        this.wake()
      })
    }
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    const count = this.take(target, offset, length)
    if (count > 0) return count
    if (this.failure !== undefined) throw this.failure
    return this.isEnded ? 0 : this.wait(target, offset, length)
  }

  close(): void {
    this.isEnded = true
    this.chunk = NOTHING
    this.stream.destroy()
    this.wake()
  }

  private async wait(target: Uint8Array, offset: number, length: number): Promise<number> {
    await new Promise<void>(resolve => {
      this.wake = resolve
    })
    return this.read(target, offset, length)
  }

  private take(target: Uint8Array, offset: number, length: number): number {
    if (this.chunk.length === 0) {
      if (this.isEnded) return 0
      this.chunk = (this.stream.read() as Uint8Array | null) ?? NOTHING
      this.readBytes += this.chunk.length
    }
    const count = Math.min(length, this.chunk.length)
    target.set(this.chunk.subarray(0, count), offset)
    this.chunk = this.chunk.subarray(count)
    return count
  }
}
