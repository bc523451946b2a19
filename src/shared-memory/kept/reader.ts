// Reads kept journeys: copies pages out of shared memory first and decodes the copies, checking every number in them.

import { type Death, type PageHeader, type PageLedger, PageReader } from '../pages/reader.ts'
import { openRegion, type Region } from '../region.ts'
import { decodeRecord } from './decode.ts'
import type { KeptRecord } from './entry.ts'
import { pageWord } from './layout.ts'

export class KeptReader {
  /** Pages that held something no writer writes; what could be read of them was delivered. */
  telemetryCorrupt = 0
  /** Of lanes that died before these were in a snapshot: not delivered, their lines ran again. */
  voided = 0
  readonly #region: Region
  readonly #base: number
  readonly #pages: PageReader | undefined

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#region = region
    this.#base = layout.kept
    this.#pages = region.shape.trace
      ? new PageReader(cells, { base: layout.kept, pageCount: region.limits.keptPages, keepsFullPages: false })
      : undefined
  }

  /** Every journey handed over since the last poll, once, ordered by (epoch, sequence) over all polls. */
  poll(): KeptRecord[] {
    if (this.#pages === undefined) return []
    const copies: { readonly header: PageHeader; readonly body: Uint8Array }[] = []
    this.#pages.poll(header => {
      const { keptPageBytes } = this.#region.limits
      if (header.usedBytes < 0 || header.usedBytes > keptPageBytes) {
        this.telemetryCorrupt++
        return
      }
      const body = new Uint8Array(header.usedBytes)
      const word = this.#base + pageWord(header.page, this.#region.limits)
      body.set(new Uint8Array(this.#region.buffer, word * 4, header.usedBytes))
      copies.push({ header, body })
    })
    const deaths = this.deaths()
    return copies.flatMap(({ header, body }) => this.#decode(header, body, deaths))
  }

  /** Where all that were ever written are; all 0 without trace. */
  ledger(): PageLedger {
    return this.#pages?.ledger() ?? { written: 0, freed: 0, held: 0, overwritten: 0, dropped: 0 }
  }

  /** Lanes that died, and from which record on theirs are void. Also for those that a poll delivered before. */
  deaths(): Death[] {
    return this.#pages?.deaths() ?? []
  }

  #decode(header: PageHeader, body: Uint8Array, deaths: readonly Death[]): KeptRecord[] {
    const records: KeptRecord[] = []
    let at = 0
    while (at < body.length) {
      const decoded = decodeRecord(header, header.firstSequence + records.length, body, at)
      if (decoded === undefined) break
      records.push(decoded.record)
      at += decoded.bytes
    }
    if (at !== body.length || records.length !== header.count) this.telemetryCorrupt++
    const death = deaths.find(each => each.epoch === header.epoch)
    if (death === undefined) return records
    const valid = records.filter(record => record.sequence < death.voidFrom)
    this.voided += records.length - valid.length
    return valid
  }
}
