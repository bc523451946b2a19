// What main does with the page of a thread that died, after the thread's `exit` and before a successor starts.
// Every page ends FREE or FULL, and the law holds to the record.

import type { AtomicCells } from '../cells.ts'
import { LatchReader } from '../latch/reader.ts'
import { LatchWriter } from '../latch/writer.ts'
import {
  COUNT,
  DEATHS,
  FIRST_DEATH,
  FREE,
  FULL,
  headerWord,
  KEPT_DEATHS,
  READER,
  READER_LATCH,
  READER_NUMBERS,
  READING,
  SEALED,
  SERIAL,
  STATE,
  SUPERVISOR_LATCH,
  SUPERVISOR_NUMBERS,
  WRITER,
  WRITER_LATCH,
  WRITER_NUMBERS,
  WRITING
} from './layout.ts'
import type { Death } from './reader.ts'

export interface PageRing {
  readonly base: number
  readonly pageCount: number
}

/** Frees the page that the dead writer was filling, or completes the hand-over that it had begun. */
export function recoverDeadWriter(cells: AtomicCells, ring: PageRing, death: Death): void {
  const counts = lastCounts(cells, ring.base + WRITER_LATCH, WRITER_NUMBERS)
  for (const header of headersIn(cells, ring, WRITING)) {
    const serial = cells.load(header + SERIAL)
    const isCounted = ((serial - counts[WRITER.lastSealed]) | 0) <= 0 && serial !== counts[WRITER.lastOverwritten]
    // Counted as written and not as overwritten: its records are whole. It died about to seal, or about to overwrite.
    if (isCounted && cells.load(header + COUNT) > 0) cells.store(header + STATE, FULL)
    else free(cells, header)
  }
  cells.store(ring.base + SEALED, counts[WRITER.lastSealed])
  addDeath(cells, ring, death)
}

/** Gives the page that the dead reader was copying back to the ring, or frees it if the reader had counted it freed. */
export function recoverDeadReader(cells: AtomicCells, ring: PageRing): void {
  const counts = lastCounts(cells, ring.base + READER_LATCH, READER_NUMBERS)
  for (const header of headersIn(cells, ring, READING)) {
    if (cells.load(header + SERIAL) === counts[READER.lastFreed]) free(cells, header)
    else cells.store(header + STATE, FULL)
  }
}

function* headersIn(cells: AtomicCells, ring: PageRing, state: number): Generator<number> {
  for (let page = 0; page < ring.pageCount; page++) {
    const header = ring.base + headerWord(page)
    if (cells.load(header + STATE) === state) yield header
  }
}

function free(cells: AtomicCells, header: number): void {
  cells.store(header + COUNT, 0)
  cells.store(header + STATE, FREE)
}

/** The owner of the latch is dead, so its active copy stands still. */
function lastCounts(cells: AtomicCells, base: number, numberCount: number): Float64Array {
  const latch = new LatchReader(cells, base, numberCount)
  latch.read()
  return latch.numbers
}

function addDeath(cells: AtomicCells, ring: PageRing, death: Death): void {
  const latch = new LatchWriter(cells, ring.base + SUPERVISOR_LATCH, new Float64Array(SUPERVISOR_NUMBERS))
  const slot = FIRST_DEATH + 2 * (latch.numbers[DEATHS] % KEPT_DEATHS)
  latch.numbers[slot] = death.epoch
  latch.numbers[slot + 1] = death.voidFrom
  latch.numbers[DEATHS]++
  latch.publish()
}
