// Reads the oldest lines that wait, as they were at one instant.

import { LatchReader } from '../latch/reader.ts'
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

export interface InFlight {
  /** The oldest first, at most 64. */
  readonly entries: InFlightEntry[]
  /** Lines that wait in all. */
  readonly total: number
  readonly atMilliseconds: number
  readonly isFresh: boolean
}

export class InFlightReader {
  readonly #latch: LatchReader

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#latch = new LatchReader(cells, layout.inFlight, IN_FLIGHT_NUMBERS)
  }

  get telemetryCorrupt(): number {
    return this.#latch.telemetryCorrupt
  }

  read(): InFlight {
    const isFresh = this.#latch.read()
    const numbers = this.#latch.numbers
    const shown = Math.min(numbers[SHOWN], IN_FLIGHT_CAPACITY)
    const entries: InFlightEntry[] = []
    for (let index = 0; index < shown; index++) {
      const base = ENTRIES + index * ENTRY_NUMBERS
      entries.push({
        sourceNumber: numbers[base + ENTRY.sourceNumber],
        offset: numbers[base + ENTRY.offset],
        lineNumber: numbers[base + ENTRY.lineNumber],
        node: numbers[base + ENTRY.node],
        attempt: numbers[base + ENTRY.attempt],
        sinceMilliseconds: numbers[base + ENTRY.sinceMilliseconds],
        isParked: numbers[base + ENTRY.isParked] === 1
      })
    }
    return { entries, total: Math.max(0, numbers[TOTAL]), atMilliseconds: numbers[AT_MILLISECONDS], isFresh }
  }
}
