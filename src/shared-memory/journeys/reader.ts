// Reads journeys: copies pages out of shared memory first and decodes the copies, checking every number in them.

import { type Death, type PageHeader, type PageLedger, PageReader } from '../pages/reader.ts'
import { openRegion, type Region } from '../region.ts'
import { decodePage, type Journey, type JourneyPage } from './decode.ts'
import { tableWord, tableWords, textWord } from './layout.ts'

export type { Journey } from './decode.ts'

export class JourneyReader {
  /** Pages that held something no writer writes; what could be read of them was delivered. */
  telemetryCorrupt = 0
  /** Journeys of a lane that died before they were in a snapshot: not delivered, their lines ran again. */
  voided = 0
  readonly #region: Region
  readonly #base: number
  readonly #pages: PageReader | undefined

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#region = region
    this.#base = layout.journeys
    this.#pages = region.shape.trace
      ? new PageReader(cells, { base: layout.journeys, pageCount: region.limits.journeyPages, keepsFullPages: true })
      : undefined
  }

  /** Full pages passed over by a limited poll; their lines stay where they are until they are overwritten. */
  get skippedPages(): number {
    return this.#pages?.skippedPages ?? 0
  }

  /**
   * Every journey sealed since the last poll, once, ordered by (epoch, sequence) over all polls. Pages that were handed
   * over half-filled are freed; full ones stay. With `maxFullPages` only the newest so many full pages are read, and with
   * `maxJourneys` only pages that hold some of the newest so many are decoded.
   */
  poll(maxFullPages = Number.POSITIVE_INFINITY, maxJourneys = Number.POSITIVE_INFINITY): Journey[] {
    if (this.#pages === undefined) return []
    const copies: JourneyPage[] = []
    this.#pages.poll(header => this.#copy(header, copies), maxFullPages)
    const deaths = this.#pages.deaths()
    const decoded: Journey[][] = []
    let count = 0
    for (let at = copies.length - 1; at >= 0 && count < maxJourneys; at--) {
      const journeys = this.#decode(copies[at], deaths)
      decoded.push(journeys)
      count += journeys.length
    }
    return decoded.reverse().flat()
  }

  /** Where all journeys ever written are; all 0 without trace. */
  ledger(): PageLedger {
    return this.#pages?.ledger() ?? { written: 0, freed: 0, held: 0, overwritten: 0, dropped: 0 }
  }

  /** Lanes that died, and from which journey on theirs are void. Also for those that a poll delivered before. */
  deaths(): Death[] {
    return this.#pages?.deaths() ?? []
  }

  #copy(header: PageHeader, copies: JourneyPage[]): void {
    const { limits, buffer } = this.#region
    const { page, usedBytes, usedWords } = header
    const isSane = usedBytes >= 0 && usedBytes <= limits.journeyTextBytes && usedWords >= 0
    if (!isSane || usedWords > tableWords(limits)) {
      this.telemetryCorrupt++
      return
    }
    const text = new Uint8Array(usedBytes)
    text.set(new Uint8Array(buffer, (this.#base + textWord(page, limits)) * 4, usedBytes))
    const table = new Int32Array(usedWords)
    table.set(new Int32Array(buffer, (this.#base + tableWord(page, limits)) * 4, usedWords))
    copies.push({ header, text, table })
  }

  #decode(copy: JourneyPage, deaths: readonly Death[]): Journey[] {
    const { journeys, isCorrupt } = decodePage(copy)
    if (isCorrupt) this.telemetryCorrupt++
    const death = deaths.find(each => each.epoch === copy.header.epoch)
    if (death === undefined) return journeys
    const valid = journeys.filter(journey => journey.sequence < death.voidFrom)
    this.voided += journeys.length - valid.length
    return valid
  }
}
