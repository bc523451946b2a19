// The reader's side of a ring of pages: takes sealed pages in order, copies them, and frees or keeps them.

import type { AtomicCells } from '../cells.ts'
import { LatchReader } from '../latch/reader.ts'
import { LatchWriter } from '../latch/writer.ts'
import { loadNumber } from '../numbers.ts'
import {
  COUNT,
  DEATHS,
  FIRST_DEATH,
  FIRST_SEQUENCE,
  FREE,
  FULL,
  headerWord,
  IS_FULL,
  KEPT_DEATHS,
  PAGE_EPOCH,
  READER,
  READER_LATCH,
  READER_NUMBERS,
  READING,
  SEALED,
  SERIAL,
  STATE,
  SUPERVISOR_LATCH,
  SUPERVISOR_NUMBERS,
  USED_BYTES,
  USED_WORDS,
  WRITER,
  WRITER_LATCH,
  WRITER_NUMBERS
} from './layout.ts'

/** What the header of a page says; from shared memory, so its user checks every number against its own bounds. */
export interface PageHeader {
  readonly page: number
  readonly epoch: number
  readonly count: number
  readonly isFull: boolean
  readonly firstSequence: number
  readonly usedBytes: number
  readonly usedWords: number
}

/** Where all records ever written are: `written` is the sum of the others whenever no thread is in between. */
export interface PageLedger {
  readonly written: number
  /** Read and freed by the reader. */
  readonly freed: number
  /** In pages that are sealed. */
  readonly held: number
  readonly overwritten: number
  readonly dropped: number
}

/** A writer that died: what it wrote from this sequence on is void, its lines run again under a later epoch. */
export interface Death {
  readonly epoch: number
  readonly voidFrom: number
}

export interface PageReaderOptions {
  readonly base: number
  readonly pageCount: number
  /** Full pages go back to the writer unfreed, to be looked at again by a later reader or overwritten. */
  readonly keepsFullPages: boolean
}

export class PageReader {
  /** Pages that were passed over because a poll was limited to newer ones. */
  skippedPages = 0
  readonly #cells: AtomicCells
  readonly #base: number
  readonly #pageCount: number
  readonly #keepsFullPages: boolean
  readonly #counts: LatchWriter
  readonly #writerCounts: LatchReader
  readonly #readerCounts: LatchReader
  readonly #deaths: LatchReader
  #lastSerial: number | undefined

  constructor(cells: AtomicCells, options: PageReaderOptions) {
    this.#cells = cells
    this.#base = options.base
    this.#pageCount = options.pageCount
    this.#keepsFullPages = options.keepsFullPages
    this.#counts = new LatchWriter(cells, options.base + READER_LATCH, new Float64Array(READER_NUMBERS))
    this.#writerCounts = new LatchReader(cells, options.base + WRITER_LATCH, WRITER_NUMBERS)
    this.#readerCounts = new LatchReader(cells, options.base + READER_LATCH, READER_NUMBERS)
    this.#deaths = new LatchReader(cells, options.base + SUPERVISOR_LATCH, SUPERVISOR_NUMBERS)
  }

  get telemetryCorrupt(): number {
    return this.#writerCounts.telemetryCorrupt + this.#readerCounts.telemetryCorrupt + this.#deaths.telemetryCorrupt
  }

  /**
   * Calls `copy` for each page sealed since the last poll, oldest first; the page is this thread's only during the
   * call. With `maxPages`, only the newest so many pages that are kept full are looked at.
   */
  poll(copy: (header: PageHeader) => void, maxPages = Number.POSITIVE_INFINITY): void {
    const sealed = this.#cells.load(this.#base + SEALED)
    const found = this.#sealedPages(sealed)
    this.#lastSerial = sealed
    let keptFull = found.reduce((count, each) => count + (each.isKept ? 1 : 0), 0)
    for (const { page, serial, isKept } of found) {
      if (isKept && keptFull-- > maxPages) this.skippedPages++
      else this.#take(page, serial, copy)
    }
  }

  /** Of the ring, whoever reads it. */
  ledger(): PageLedger {
    this.#writerCounts.read()
    this.#readerCounts.read()
    const writer = this.#writerCounts.numbers
    return {
      written: writer[WRITER.written],
      freed: this.#readerCounts.numbers[READER.freed],
      held: this.#held(),
      overwritten: writer[WRITER.overwritten],
      dropped: writer[WRITER.dropped]
    }
  }

  /** The last writers that died, at most 16. */
  deaths(): Death[] {
    this.#deaths.read()
    const numbers = this.#deaths.numbers
    const known = Math.min(Math.max(0, numbers[DEATHS]), KEPT_DEATHS)
    const deaths: Death[] = []
    for (let index = 0; index < known; index++) {
      deaths.push({ epoch: numbers[FIRST_DEATH + 2 * index], voidFrom: numbers[FIRST_DEATH + 2 * index + 1] })
    }
    return deaths
  }

  /** Sealed pages not seen before, in order of serial. What they are is a guess until they are owned. */
  #sealedPages(sealed: number): { page: number; serial: number; isKept: boolean }[] {
    const found: { page: number; serial: number; isKept: boolean }[] = []
    for (let page = 0; page < this.#pageCount; page++) {
      const header = this.#base + headerWord(page)
      if (this.#cells.load(header + STATE) !== FULL) continue
      const serial = this.#cells.load(header + SERIAL)
      const isNew = this.#lastSerial === undefined || ((serial - this.#lastSerial) | 0) > 0
      if (!isNew || ((sealed - serial) | 0) < 0) continue
      found.push({ page, serial, isKept: this.#keepsFullPages && this.#cells.load(header + IS_FULL) === 1 })
    }
    return found.sort((a, b) => (a.serial - b.serial) | 0)
  }

  #take(page: number, serial: number, copy: (header: PageHeader) => void): void {
    const cells = this.#cells
    const header = this.#base + headerWord(page)
    if (cells.compareExchange(header + STATE, FULL, READING) !== FULL) return
    const isKept = this.#keepsFullPages && cells.load(header + IS_FULL) === 1
    // Between the look and the swap the writer may have filled the page anew: that filling has its turn later.
    if (cells.load(header + SERIAL) !== serial) {
      cells.store(header + STATE, FULL)
      return
    }
    const count = cells.load(header + COUNT)
    copy({
      page,
      epoch: cells.load(header + PAGE_EPOCH),
      count,
      isFull: cells.load(header + IS_FULL) === 1,
      firstSequence: loadNumber(cells, header + FIRST_SEQUENCE),
      usedBytes: cells.load(header + USED_BYTES),
      usedWords: cells.load(header + USED_WORDS)
    })
    if (isKept) cells.store(header + STATE, FULL)
    else this.#free(header, serial, count)
  }

  #free(header: number, serial: number, count: number): void {
    this.#counts.numbers[READER.freed] += count
    this.#counts.numbers[READER.lastFreed] = serial
    this.#counts.publish()
    this.#cells.store(header + COUNT, 0)
    this.#cells.store(header + STATE, FREE)
  }

  #held(): number {
    let held = 0
    for (let page = 0; page < this.#pageCount; page++) {
      const header = this.#base + headerWord(page)
      if (this.#cells.load(header + STATE) === FULL) held += this.#cells.load(header + COUNT)
    }
    return held
  }
}
