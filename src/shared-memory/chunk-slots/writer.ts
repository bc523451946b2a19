// Main's side: fills slots with what it reads and hands them to the lane, in order.

import type { SharedCells } from '../cells.ts'
import { storeNumber } from '../numbers.ts'
import { openRegion, type Region } from '../region.ts'
import {
  ENDS_INPUT,
  ENDS_SOURCE,
  PUBLISHED,
  RELEASED,
  SLOT_FLAGS,
  SLOT_LENGTH,
  SLOT_OFFSET,
  SLOT_READ_AT,
  SLOT_SOURCE_NUMBER,
  slotBytesWord,
  slotWord
} from './layout.ts'

export interface ChunkDescription {
  /** Bytes that were put into the slot. */
  readonly length: number
  readonly sourceNumber: number
  /** Offset of the chunk's first byte in its source. */
  readonly offset: number
  /** In milliseconds since the region's origin. */
  readonly readAtMilliseconds: number
  /** No more bytes come from this input; a line without an end ends here. */
  readonly endsInput: boolean
  /** No more chunks come at all. */
  readonly endsSource: boolean
}

export class ChunkWriter {
  readonly #cells: SharedCells
  readonly #base: number
  readonly #slots: number
  readonly #slotBytes: number
  #published: number

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    if (region.shape.chunkSlots === 0)
      throw new Error('This region has no chunk slots: the lane reads its source itself.')
    this.#cells = cells
    this.#base = layout.chunkSlots
    this.#slots = region.shape.chunkSlots
    this.#slotBytes = region.shape.chunkSlotBytes
    this.#published = cells.load(this.#base + PUBLISHED)
  }

  /** The bytes of the next free slot, to be filled and published; undefined while the lane holds all of them. */
  acquire(): Uint8Array | undefined {
    if (!this.#hasRoom()) return undefined
    const word = this.#base + slotBytesWord(this.#slot(), this.#slotBytes)
    return new Uint8Array(this.#cells.words.buffer, word * 4, this.#slotBytes)
  }

  /** Hands the slot that was acquired last to the lane and wakes it. */
  publish(chunk: ChunkDescription): void {
    if (!this.#hasRoom()) throw new Error('No chunk slot was acquired.')
    if (chunk.length > this.#slotBytes)
      throw new RangeError(`A chunk of ${chunk.length} bytes does not fit in its slot.`)
    const slot = this.#base + slotWord(this.#slot(), this.#slotBytes)
    this.#cells.store(slot + SLOT_LENGTH, chunk.length)
    this.#cells.store(slot + SLOT_SOURCE_NUMBER, chunk.sourceNumber)
    this.#cells.store(slot + SLOT_FLAGS, (chunk.endsInput ? ENDS_INPUT : 0) | (chunk.endsSource ? ENDS_SOURCE : 0))
    storeNumber(this.#cells, slot + SLOT_OFFSET, chunk.offset)
    storeNumber(this.#cells, slot + SLOT_READ_AT, chunk.readAtMilliseconds)
    this.#published = (this.#published + 1) | 0
    this.#cells.store(this.#base + PUBLISHED, this.#published)
    this.#cells.notify(this.#base + PUBLISHED)
  }

  /** Chunks that the lane has not given back. */
  get held(): number {
    return (this.#published - this.#cells.load(this.#base + RELEASED)) | 0
  }

  /** Resolves when a slot is free, or after the timeout. */
  async waitForRoom(timeoutMilliseconds: number): Promise<void> {
    const released = this.#cells.load(this.#base + RELEASED)
    if (((this.#published - released) | 0) < this.#slots) return
    await this.#cells.waitAsync(this.#base + RELEASED, released, timeoutMilliseconds)
  }

  #hasRoom(): boolean {
    return this.held < this.#slots
  }

  #slot(): number {
    return this.#published & (this.#slots - 1)
  }
}
