// Publishes the oldest lines that wait.

import { LatchWriter } from '../latch/writer.ts'
import { openRegion, type Region } from '../region.ts'
import {
  AT_MILLISECONDS,
  ENTRIES,
  ENTRY,
  ENTRY_NUMBERS,
  IN_FLIGHT_CAPACITY,
  IN_FLIGHT_NUMBERS,
  type InFlightEntry,
  SHOWN,
  TOTAL
} from './layout.ts'

export class InFlightWriter {
  readonly #latch: LatchWriter

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#latch = new LatchWriter(cells, layout.inFlight, new Float64Array(IN_FLIGHT_NUMBERS))
  }

  /**
   * `entries` oldest first; the first 64 are shown. `total` says how many lines wait when more do than are given.
   * Times count from the region's origin.
   */
  publish(entries: readonly InFlightEntry[], atMilliseconds = 0, total = entries.length): void {
    const numbers = this.#latch.numbers
    numbers[AT_MILLISECONDS] = atMilliseconds
    numbers[TOTAL] = total
    const shown = Math.min(entries.length, IN_FLIGHT_CAPACITY)
    numbers[SHOWN] = shown
    for (let index = 0; index < shown; index++) {
      const entry = entries[index]
      const base = ENTRIES + index * ENTRY_NUMBERS
      numbers[base + ENTRY.sourceNumber] = entry.sourceNumber
      numbers[base + ENTRY.offset] = entry.offset
      numbers[base + ENTRY.lineNumber] = entry.lineNumber
      numbers[base + ENTRY.node] = entry.node
      numbers[base + ENTRY.attempt] = entry.attempt
      numbers[base + ENTRY.sinceMilliseconds] = entry.sinceMilliseconds
      numbers[base + ENTRY.isParked] = entry.isParked ? 1 : 0
    }
    this.#latch.publish()
  }
}
