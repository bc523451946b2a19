// The lane's side: takes chunks in order and gives them back once a published snapshot covers them.

import type { SharedCells } from '../cells.ts'
import { loadNumber } from '../numbers.ts'
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
import type { ChunkDescription } from './writer.ts'

export interface Chunk extends ChunkDescription {
  /** Number to release it by. */
  readonly serial: number
  /** In shared memory, the lane's own until it releases the chunk. */
  readonly bytes: Uint8Array
}

export class ChunkReader {
  readonly #cells: SharedCells
  readonly #base: number
  readonly #slots: number
  readonly #slotBytes: number
  #taken: number

  /** Begins at the first chunk that nobody released: a restarted lane gets the same ones again. */
  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    if (region.shape.chunkSlots === 0)
      throw new Error('This region has no chunk slots: the lane reads its source itself.')
    this.#cells = cells
    this.#base = layout.chunkSlots
    this.#slots = region.shape.chunkSlots
    this.#slotBytes = region.shape.chunkSlotBytes
    this.#taken = cells.load(this.#base + RELEASED)
  }

  /** The next chunk, or undefined when main has none ready. */
  next(): Chunk | undefined {
    if (this.#cells.load(this.#base + PUBLISHED) === this.#taken) return undefined
    const serial = this.#taken
    this.#taken = (serial + 1) | 0
    const index = serial & (this.#slots - 1)
    const slot = this.#base + slotWord(index, this.#slotBytes)
    const length = this.#cells.load(slot + SLOT_LENGTH)
    const flags = this.#cells.load(slot + SLOT_FLAGS)
    return {
      serial,
      bytes: new Uint8Array(
        this.#cells.words.buffer,
        (this.#base + slotBytesWord(index, this.#slotBytes)) * 4,
        Math.min(Math.max(length, 0), this.#slotBytes)
      ),
      length,
      sourceNumber: this.#cells.load(slot + SLOT_SOURCE_NUMBER),
      offset: loadNumber(this.#cells, slot + SLOT_OFFSET),
      readAtMilliseconds: loadNumber(this.#cells, slot + SLOT_READ_AT),
      endsInput: (flags & ENDS_INPUT) !== 0,
      endsSource: (flags & ENDS_SOURCE) !== 0
    }
  }

  /** Gives back this chunk and all before it; their bytes must not be touched again. */
  release(serial: number): void {
    const released = (serial + 1) | 0
    if (((released - this.#cells.load(this.#base + RELEASED)) | 0) <= 0) return
    this.#cells.store(this.#base + RELEASED, released)
    this.#cells.notify(this.#base + RELEASED)
  }

  /** Blocks the lane until there is a chunk, at most so long. */
  wait(timeoutMilliseconds: number): void {
    this.#cells.wait(this.#base + PUBLISHED, this.#taken, timeoutMilliseconds)
  }

  /** Resolves when there is a chunk, or after the timeout; the lane's event loop goes on meanwhile. */
  async waitAsync(timeoutMilliseconds: number): Promise<void> {
    await this.#cells.waitAsync(this.#base + PUBLISHED, this.#taken, timeoutMilliseconds)
  }
}
