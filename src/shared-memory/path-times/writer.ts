// Publishes how long lines took on a path. The lane computes what it says; here it only becomes visible as one.

import { LatchWriter } from '../latch/writer.ts'
import { openRegion, type Region } from '../region.ts'
import { BLOCK_NUMBERS, BLOCK_SLOTS, BLOCKS, blockWord, type PathTimes, SLOT, SLOT_NUMBERS } from './layout.ts'

export class PathTimesWriter {
  readonly #blocks: LatchWriter[] = []
  readonly #touched = new Uint8Array(BLOCKS)

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    for (let block = 0; block < BLOCKS; block++) {
      const latch = new LatchWriter(cells, layout.pathTimes + blockWord(block), new Float64Array(BLOCK_NUMBERS))
      // What a dead lane knew of its paths ends with it: the durations themselves are gone.
      if (latch.numbers.some(number => number !== 0)) {
        latch.numbers.fill(0)
        latch.publish()
      }
      this.#blocks.push(latch)
    }
  }

  set(slot: number, times: PathTimes): void {
    const block = Math.floor(slot / BLOCK_SLOTS)
    const { numbers } = this.#blocks[block]
    const base = (slot % BLOCK_SLOTS) * SLOT_NUMBERS
    numbers[base + SLOT.path] = times.path
    numbers[base + SLOT.lines] = times.lines
    numbers[base + SLOT.since] = times.sinceMilliseconds
    numbers[base + SLOT.p50] = times.p50Nanoseconds
    numbers[base + SLOT.p95] = times.p95Nanoseconds
    numbers[base + SLOT.p99] = times.p99Nanoseconds
    numbers[base + SLOT.max] = times.maxNanoseconds
    numbers[base + SLOT.lastAt] = times.lastAtMilliseconds
    numbers[base + SLOT.exampleJob] = times.example.job
    numbers[base + SLOT.exampleSource] = times.example.sourceNumber
    numbers[base + SLOT.exampleOffset] = times.example.offset
    this.#touched[block] = 1
  }

  publish(): void {
    for (let block = 0; block < BLOCKS; block++) {
      if (this.#touched[block] === 0) continue
      this.#touched[block] = 0
      this.#blocks[block].publish()
    }
  }
}
