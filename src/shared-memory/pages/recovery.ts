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

/** Ends what the dead writer had begun: to hand a page over, to overwrite one, or to fill one. */
export function recoverDeadWriter(cells: AtomicCells, ring: PageRing, death: Death): void {
  // Main goes on in the dead writer's place, its counts included.
  const counts = new LatchWriter(cells, ring.base + WRITER_LATCH, new Float64Array(WRITER_NUMBERS))
  const { numbers } = counts
  const sealed = cells.load(ring.base + SEALED)
  for (const header of headersIn(cells, ring, WRITING)) {
    const serial = cells.load(header + SERIAL)
    if (((serial - sealed) | 0) > 0) {
      // A filling that readers do not know of yet. When it was counted as written it is whole, else it is lost uncounted.
      if (serial === numbers[WRITER.lastSealed]) cells.store(header + STATE, FULL)
      else free(cells, header)
    } else {
      // An older filling that the writer had taken to overwrite. A page that was free has no records, and a serial that
      // may be in use again.
      const count = cells.load(header + COUNT)
      if (count > 0 && serial !== numbers[WRITER.lastOverwritten]) {
        numbers[WRITER.overwritten] += count
        numbers[WRITER.lastOverwritten] = serial
        counts.publish()
      }
      free(cells, header)
    }
  }
  cells.store(ring.base + SEALED, numbers[WRITER.lastSealed])
  addDeath(cells, ring, death)
}

/** Gives the page that the dead reader was copying back to the ring, or frees it if the reader had counted it freed. */
export function recoverDeadReader(cells: AtomicCells, ring: PageRing): void {
  const counts = new LatchReader(cells, ring.base + READER_LATCH, READER_NUMBERS)
  counts.read()
  for (const header of headersIn(cells, ring, READING)) {
    if (cells.load(header + SERIAL) === counts.numbers[READER.lastFreed]) free(cells, header)
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

function addDeath(cells: AtomicCells, ring: PageRing, death: Death): void {
  const latch = new LatchWriter(cells, ring.base + SUPERVISOR_LATCH, new Float64Array(SUPERVISOR_NUMBERS))
  const slot = FIRST_DEATH + 2 * (latch.numbers[DEATHS] % KEPT_DEATHS)
  latch.numbers[slot] = death.epoch
  latch.numbers[slot + 1] = death.voidFrom
  latch.numbers[DEATHS]++
  latch.publish()
}
