// A reader's side of the ring of blocks: takes a block for as long as copying from it lasts.

import type { AtomicCells } from '../cells.ts'
import type { BlockRing } from './block-writer.ts'
import { ENTRIES, EPOCH, headerWord, IDLE, LINES, NEWEST, READING, SERIAL, STATE } from './layout.ts'

/** The writer has a block for microseconds at a time, unless it lost its core. */
const TRIES = 64

export interface BlockHeader {
  readonly serial: number
  readonly lines: number
  readonly entries: number
  readonly epoch: number
}

export class BlockReader {
  readonly #cells: AtomicCells
  readonly #ring: BlockRing

  constructor(cells: AtomicCells, ring: BlockRing) {
    this.#cells = cells
    this.#ring = ring
  }

  /** Serial of the block that was begun last; 0: none yet. */
  get newest(): number {
    return this.#cells.load(this.#ring.base + NEWEST)
  }

  /** Calls back while the block is this thread's. False when the writer or another reader had it at every try. */
  use(block: number, copy: (header: BlockHeader) => void, tries: number = TRIES): boolean {
    const header = this.#ring.base + headerWord(block)
    if (!this.#take(header + STATE, tries)) return false
    copy({
      serial: this.#cells.load(header + SERIAL),
      lines: this.#cells.load(header + LINES),
      entries: this.#cells.load(header + ENTRIES),
      epoch: this.#cells.load(header + EPOCH)
    })
    this.#cells.store(header + STATE, IDLE)
    return true
  }

  #take(state: number, tries: number): boolean {
    for (let attempt = 0; attempt < tries; attempt++) {
      if (this.#cells.compareExchange(state, IDLE, READING) === IDLE) return true
    }
    return false
  }
}
