// Hands kept journeys over to the observer. Never waits: when it is too slow the newest are dropped and counted.

import { PageWriter } from '../pages/writer.ts'
import { openRegion, type Region } from '../region.ts'
import { type KeptLimits, RecordEncoder } from './encode.ts'
import type { KeptEntry } from './entry.ts'
import { pageWord } from './layout.ts'

const PAGE_MILLISECONDS = 100

export class KeptWriter {
  readonly #pages: PageWriter
  readonly #pageBytes: number
  readonly #bodies: Uint8Array[] = []
  readonly #encoder: RecordEncoder
  #usedBytes = 0
  #records = 0
  #firstRecordAt = 0

  constructor(region: Region, epoch: number, kept: KeptLimits) {
    if (!region.shape.trace) throw new Error('This region keeps no journeys: it was made without trace.')
    const { cells, layout } = openRegion(region)
    const { limits } = region
    this.#pages = new PageWriter(cells, { base: layout.kept, pageCount: limits.keptPages, epoch, overwrites: false })
    this.#encoder = new RecordEncoder(kept)
    this.#pageBytes = limits.keptPageBytes
    for (let page = 0; page < limits.keptPages; page++) {
      this.#bodies.push(new Uint8Array(region.buffer, (layout.kept + pageWord(page, limits)) * 4, this.#pageBytes))
    }
  }

  /** Journeys handed over or dropped so far: the sequence number of the next one. */
  get written(): number {
    return this.#pages.written + this.#records
  }

  /** Those that no page was free for. */
  get dropped(): number {
    return this.#pages.dropped
  }

  /** Bytes that it takes; 0 when it was dropped. */
  write(entry: KeptEntry): number {
    if (this.#pages.page === -1 && !this.#acquire()) {
      this.#pages.drop(1)
      return 0
    }
    const record = this.#encoder.encode(entry)
    if (this.#usedBytes + record.length > this.#pageBytes) {
      this.#seal(true)
      if (!this.#acquire()) {
        this.#pages.drop(1)
        return 0
      }
    }
    if (this.#records === 0) this.#firstRecordAt = entry.settledAtMilliseconds
    this.#bodies[this.#pages.page].set(record, this.#usedBytes)
    this.#usedBytes += record.length
    this.#records++
    return record.length
  }

  /** Hands the page over when its first record is 100 ms old; `Infinity` hands it over now, as before going idle. */
  flush(nowMilliseconds: number): void {
    if (this.#records > 0 && nowMilliseconds - this.#firstRecordAt >= PAGE_MILLISECONDS) this.#seal(false)
    this.#pages.publishDrops()
  }

  #acquire(): boolean {
    if (!this.#pages.acquire()) return false
    this.#usedBytes = 0
    this.#records = 0
    return true
  }

  #seal(isFull: boolean): void {
    this.#pages.seal({ count: this.#records, isFull, usedBytes: this.#usedBytes, usedWords: 0 })
    this.#records = 0
  }
}
