// The writer's side of a ring of pages: gets a page, fills it plainly, seals it. Two or three atomics a page for the
// ownership, none for a record; never waits.

import type { AtomicCells } from '../cells.ts'
import { LatchWriter } from '../latch/writer.ts'
import { storeNumber } from '../numbers.ts'
import {
  COUNT,
  FIRST_SEQUENCE,
  FREE,
  FULL,
  headerWord,
  IS_FULL,
  PAGE_EPOCH,
  SEALED,
  SERIAL,
  STATE,
  USED_BYTES,
  USED_WORDS,
  WRITER,
  WRITER_LATCH,
  WRITER_NUMBERS,
  WRITING
} from './layout.ts'

export interface PageWriterOptions {
  readonly base: number
  readonly pageCount: number
  /** Number of this incarnation of the writing thread. */
  readonly epoch: number
  /** Whether the oldest full page may be overwritten when no page is free. */
  readonly overwrites: boolean
}

export interface PageUse {
  readonly count: number
  readonly isFull: boolean
  readonly usedBytes: number
  readonly usedWords: number
}

export class PageWriter {
  /** The page that this thread owns and fills, or −1. */
  page = -1
  readonly #cells: AtomicCells
  readonly #base: number
  readonly #pageCount: number
  readonly #epoch: number
  readonly #overwrites: boolean
  readonly #counts: LatchWriter
  #serial: number
  #cursor = 0
  #hasUnpublishedCounts = false

  /** A successor goes on with the counts and serials of a writer that died, once `recoverDeadWriter` ran. */
  constructor(cells: AtomicCells, options: PageWriterOptions) {
    this.#cells = cells
    this.#base = options.base
    this.#pageCount = options.pageCount
    this.#epoch = options.epoch
    this.#overwrites = options.overwrites
    this.#counts = new LatchWriter(cells, options.base + WRITER_LATCH, new Float64Array(WRITER_NUMBERS))
    this.#serial = cells.load(options.base + SEALED)
  }

  /** Records in sealed pages and dropped ones: the sequence number of the next page's first record. */
  get written(): number {
    return this.#counts.numbers[WRITER.written]
  }

  get overwritten(): number {
    return this.#counts.numbers[WRITER.overwritten]
  }

  get dropped(): number {
    return this.#counts.numbers[WRITER.dropped]
  }

  /** Gets a page to fill. False when none can be had: the caller drops its record. */
  acquire(): boolean {
    // Each lost race means that the reader took the page; it holds one at a time, so a few tries are enough.
    for (let attempt = 0; attempt < this.#pageCount; attempt++) {
      const page = this.#takeFree()
      if (page !== -1) return this.#begin(page)
      if (!this.#overwrites) return false
      const oldest = this.#oldestFull()
      if (oldest === -1) return false
      if (this.#exchange(oldest, FULL, WRITING)) return this.#beginOver(oldest)
    }
    return false
  }

  /** Hands the page over to the reader, with so many records in it. */
  seal(use: PageUse): void {
    const cells = this.#cells
    const header = this.#base + headerWord(this.page)
    const numbers = this.#counts.numbers
    cells.store(header + PAGE_EPOCH, this.#epoch)
    cells.store(header + IS_FULL, use.isFull ? 1 : 0)
    storeNumber(cells, header + FIRST_SEQUENCE, numbers[WRITER.written])
    cells.store(header + USED_BYTES, use.usedBytes)
    cells.store(header + USED_WORDS, use.usedWords)
    cells.store(header + COUNT, use.count)
    numbers[WRITER.written] += use.count
    numbers[WRITER.lastSealed] = this.#serial
    this.#publishCounts()
    cells.store(header + STATE, FULL)
    cells.store(this.#base + SEALED, this.#serial)
    this.page = -1
  }

  /** Counts records that no page could be had for. */
  drop(count: number): void {
    this.#counts.numbers[WRITER.written] += count
    this.#counts.numbers[WRITER.dropped] += count
    this.#hasUnpublishedCounts = true
  }

  /** Shows the counts of drops since the last page; called when the thread flushes. */
  publishDrops(): void {
    if (this.#hasUnpublishedCounts) this.#publishCounts()
  }

  /** Pages that can be had now. */
  get free(): number {
    let free = 0
    for (let page = 0; page < this.#pageCount; page++) {
      if (this.#cells.load(this.#base + headerWord(page) + STATE) === FREE) free++
    }
    return free
  }

  #takeFree(): number {
    for (let step = 0; step < this.#pageCount; step++) {
      const page = this.#cursor
      this.#cursor = page + 1 === this.#pageCount ? 0 : page + 1
      if (this.#cells.load(this.#base + headerWord(page) + STATE) !== FREE) continue
      if (this.#exchange(page, FREE, WRITING)) return page
    }
    return -1
  }

  #oldestFull(): number {
    let oldest = -1
    let oldestSerial = 0
    for (let page = 0; page < this.#pageCount; page++) {
      const header = this.#base + headerWord(page)
      if (this.#cells.load(header + STATE) !== FULL) continue
      const serial = this.#cells.load(header + SERIAL)
      if (oldest !== -1 && ((serial - oldestSerial) | 0) >= 0) continue
      oldest = page
      oldestSerial = serial
    }
    return oldest
  }

  #exchange(page: number, from: number, to: number): boolean {
    return this.#cells.compareExchange(this.#base + headerWord(page) + STATE, from, to) === from
  }

  #beginOver(page: number): boolean {
    const header = this.#base + headerWord(page)
    const numbers = this.#counts.numbers
    numbers[WRITER.overwritten] += this.#cells.load(header + COUNT)
    numbers[WRITER.lastOverwritten] = this.#cells.load(header + SERIAL)
    this.#publishCounts()
    return this.#begin(page)
  }

  #begin(page: number): boolean {
    this.#serial = (this.#serial + 1) | 0
    this.#cells.store(this.#base + headerWord(page) + SERIAL, this.#serial)
    this.page = page
    return true
  }

  #publishCounts(): void {
    this.#counts.publish()
    this.#hasUnpublishedCounts = false
  }
}
