// The writer's side of the ring of blocks: takes the block that it fills, or the next one. Never waits.

import type { AtomicCells } from '../cells.ts'
import { blockOf, ENTRIES, EPOCH, headerWord, IDLE, LINES, NEWEST, SERIAL, STATE, WRITING } from './layout.ts'

export interface BlockRing {
  readonly base: number
  /** A power of two. */
  readonly blocks: number
}

export class BlockWriter {
  /** The block that is filled, or −1; it is this thread's between `resume` or `begin` and `end`. */
  block = -1
  readonly #cells: AtomicCells
  readonly #ring: BlockRing
  readonly #epoch: number
  #serial: number

  /** A successor begins a block of its own after those of its predecessor. */
  constructor(cells: AtomicCells, ring: BlockRing, epoch: number) {
    this.#cells = cells
    this.#ring = ring
    this.#epoch = epoch
    this.#serial = cells.load(ring.base + NEWEST)
  }

  /** False when there is no block to go on with, or a reader has it: then a new one must be begun. */
  resume(): boolean {
    return this.block !== -1 && this.#take(this.block)
  }

  /** Takes the oldest block that no reader has, and forgets what was in it. False when readers have them all. */
  begin(): boolean {
    const { base, blocks } = this.#ring
    for (let step = 1; step <= blocks; step++) {
      const serial = (this.#serial + step) | 0
      const block = blockOf(serial, blocks)
      if (!this.#take(block)) continue
      const header = base + headerWord(block)
      this.#cells.store(header + ENTRIES, 0)
      this.#cells.store(header + LINES, 0)
      this.#cells.store(header + EPOCH, this.#epoch)
      this.#cells.store(header + SERIAL, serial)
      this.#cells.store(base + NEWEST, serial)
      this.#serial = serial
      this.block = block
      return true
    }
    this.block = -1
    return false
  }

  /** Lets readers have the block, with all that is in it by now. */
  end(lines: number, entries: number): void {
    const header = this.#ring.base + headerWord(this.block)
    this.#cells.store(header + LINES, lines)
    this.#cells.store(header + ENTRIES, entries)
    this.#cells.store(header + STATE, IDLE)
  }

  #take(block: number): boolean {
    return this.#cells.compareExchange(this.#ring.base + headerWord(block) + STATE, IDLE, WRITING) === IDLE
  }
}
