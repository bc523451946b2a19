// The two ends of a source that main reads: a pump that fills chunk slots, and the source that a lane sees.
//
// A slot is given back only once a published snapshot covers its bytes, so that a lane that takes over gets them again.

import type { ByteInput, Source, TextPlace } from '../sdk/source.ts'
import { type Chunk, ChunkReader, ChunkWriter, type Region, regionMilliseconds } from '../shared-memory/index.ts'
import type { LanePlace } from './messages.ts'

const WAIT_MILLISECONDS = 100

/** Names of main's inputs by number, which the lane learns by message before their first chunk. */
export type InputNames = readonly { readonly name: string; readonly file: string | undefined }[]

export class SourcePump {
  readonly #source: Source
  readonly #region: Region
  readonly #writer: ChunkWriter
  readonly #onInput: (number: number, name: string) => void
  /** Those before it were inputs of a run that this one goes on from. */
  readonly #firstNumber: number
  #isStopped = false
  #input: ByteInput | undefined

  /** `onInput` is told of each input before its first chunk. */
  constructor(source: Source, region: Region, firstNumber: number, onInput: (number: number, name: string) => void) {
    this.#firstNumber = firstNumber
    this.#source = source
    this.#onInput = onInput
    this.#region = region
    this.#writer = new ChunkWriter(region)
  }

  /** Reads until the source ends or `stop`; rejects with what the source throws. */
  async run(): Promise<void> {
    let number = this.#firstNumber
    try {
      for (;;) {
        this.#input = await this.#source.next()
        if (this.#input === undefined || this.#isStopped) break
        this.#onInput(number, this.#input.name)
        await this.#pump(this.#input, number++)
      }
    } finally {
      await this.#publish(0, Math.max(number - 1, 0), 0, true, true)
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#input?.close()
    this.#source.close()
  }

  async #pump(input: ByteInput, number: number): Promise<void> {
    let offset = 0
    for (;;) {
      const slot = await this.#room()
      if (slot === undefined) return
      const read = input.read(slot, 0, slot.length)
      const length = typeof read === 'number' ? read : await read
      await this.#publish(length, number, offset, length === 0, false)
      if (length === 0) return
      offset += length
    }
  }

  async #room(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#isStopped) return undefined
      const slot = this.#writer.acquire()
      if (slot !== undefined) return slot
      await this.#writer.waitForRoom(WAIT_MILLISECONDS)
    }
  }

  async #publish(
    length: number,
    sourceNumber: number,
    offset: number,
    endsInput: boolean,
    endsSource: boolean
  ): Promise<void> {
    if (this.#writer.acquire() === undefined && (await this.#room()) === undefined) return
    const readAtMilliseconds = regionMilliseconds(this.#region)
    this.#writer.publish({ length, sourceNumber, offset, readAtMilliseconds, endsInput, endsSource })
  }
}

/** What the lane reads: main's inputs, out of the slots. */
export class SlotSource implements Source {
  readonly totalBytes: number | undefined = undefined
  readonly #reader: ChunkReader
  readonly #names: InputNames
  readonly #handed: { serial: number; sourceNumber: number; end: number }[] = []
  #chunk: ReturnType<ChunkReader['next']>
  #used = 0
  #isClosed = false
  /** What a predecessor had settled is passed over. */
  #place: LanePlace | undefined

  constructor(region: Region, names: InputNames, place: LanePlace | undefined) {
    this.#reader = new ChunkReader(region)
    this.#names = names
    this.#place = place
  }

  async next(): Promise<ByteInput | undefined> {
    for (;;) {
      const chunk = await this.#current()
      if (chunk === undefined || chunk.endsSource) return undefined
      const place = this.#place
      if (place === undefined || chunk.sourceNumber > place.sourceNumber)
        return this.#input(chunk.sourceNumber, undefined)
      const isBefore = chunk.sourceNumber < place.sourceNumber || chunk.offset + chunk.length < place.offset
      if (!isBefore) return this.#goOn(chunk, place)
      this.#drop()
    }
  }

  #goOn(chunk: Chunk, place: LanePlace): ByteInput {
    // Slots that held the beginning of an over-long line were given back while it was being skipped.
    if (chunk.offset > place.offset) {
      const name = this.#names[place.sourceNumber]?.name ?? 'the input'
      const message = `bytes ${place.offset} to ${chunk.offset} of ${name} were lost with the lane that was reading them`
      throw new Error(`${message}: they are the beginning of a line that is longer than max_line_bytes`)
    }
    this.#used = place.offset - chunk.offset
    this.#place = undefined
    return this.#input(place.sourceNumber, place)
  }

  close(): void {
    this.#isClosed = true
  }

  /** Everything before this position is settled and in a published snapshot. */
  release(sourceNumber: number, offset: number): void {
    let last: number | undefined
    for (;;) {
      const first = this.#handed[0]
      if (first === undefined) break
      const isCovered =
        first.sourceNumber < sourceNumber || (first.sourceNumber === sourceNumber && first.end <= offset)
      if (!isCovered) break
      last = first.serial
      this.#handed.shift()
    }
    if (last !== undefined) this.#reader.release(last)
  }

  #input(sourceNumber: number, start: TextPlace | undefined): ByteInput {
    let readBytes = 0
    const { name, file } = this.#names[sourceNumber] ?? { name: `input ${sourceNumber}`, file: undefined }
    const take = (target: Uint8Array, offset: number, length: number): number => {
      const chunk = this.#chunk!
      const count = Math.min(length, chunk.length - this.#used)
      target.set(chunk.bytes.subarray(this.#used, this.#used + count), offset)
      this.#used += count
      readBytes += count
      if (this.#used === chunk.length) this.#drop()
      return count
    }
    return {
      name,
      file,
      sourceNumber,
      sizeBytes: undefined,
      ...(start === undefined ? {} : { start }),
      get readBytes() {
        return readBytes
      },
      read: (target, offset, length) => {
        this.#chunk ??= this.#reader.next()
        const chunk = this.#chunk
        if (chunk !== undefined && !this.#isClosed && chunk.length > 0) return take(target, offset, length)
        return this.#readLater(take, target, offset, length)
      },
      close: () => this.close()
    }
  }

  async #readLater(
    take: (target: Uint8Array, offset: number, length: number) => number,
    target: Uint8Array,
    offset: number,
    length: number
  ): Promise<number> {
    const chunk = await this.#current()
    if (chunk === undefined || chunk.endsSource) return 0
    if (chunk.length > 0) return take(target, offset, length)
    this.#drop()
    return 0
  }

  /** The chunk that is being handed out, or the next one; undefined once closed. */
  async #current(): Promise<NonNullable<ReturnType<ChunkReader['next']>> | undefined> {
    for (;;) {
      if (this.#isClosed) return undefined
      this.#chunk ??= this.#reader.next()
      if (this.#chunk !== undefined) return this.#chunk
      await this.#reader.waitAsync(WAIT_MILLISECONDS)
    }
  }

  #drop(): void {
    const { serial, sourceNumber, offset, length } = this.#chunk!
    this.#handed.push({ serial, sourceNumber, end: offset + length })
    this.#chunk = undefined
    this.#used = 0
  }
}
