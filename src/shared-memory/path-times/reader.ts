// Reads how long lines took on the most frequent paths. Each block of 32 is one instant.

import { LatchReader } from '../latch/reader.ts'
import { openRegion, type Region } from '../region.ts'
import { BLOCK_NUMBERS, BLOCK_SLOTS, BLOCKS, blockWord, type PathTimes, SLOT, SLOT_NUMBERS } from './layout.ts'

export class PathTimesReader {
  readonly #blocks: LatchReader[] = []

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    for (let block = 0; block < BLOCKS; block++) {
      this.#blocks.push(new LatchReader(cells, layout.pathTimes + blockWord(block), BLOCK_NUMBERS))
    }
  }

  get telemetryCorrupt(): number {
    return this.#blocks.reduce((sum, block) => sum + block.telemetryCorrupt, 0)
  }

  read(): PathTimes[] {
    const times: PathTimes[] = []
    for (const block of this.#blocks) {
      block.read()
      for (let slot = 0; slot < BLOCK_SLOTS; slot++) {
        const numbers = block.numbers.subarray(slot * SLOT_NUMBERS, (slot + 1) * SLOT_NUMBERS)
        if (numbers[SLOT.lines] > 0) times.push(timesIn(numbers))
      }
    }
    return times
  }
}

function timesIn(numbers: Float64Array): PathTimes {
  return {
    path: numbers[SLOT.path],
    lines: numbers[SLOT.lines],
    sinceMilliseconds: numbers[SLOT.since],
    p50Nanoseconds: numbers[SLOT.p50],
    p95Nanoseconds: numbers[SLOT.p95],
    p99Nanoseconds: numbers[SLOT.p99],
    maxNanoseconds: numbers[SLOT.max],
    lastAtMilliseconds: numbers[SLOT.lastAt],
    example: {
      job: numbers[SLOT.exampleJob],
      sourceNumber: numbers[SLOT.exampleSource],
      offset: numbers[SLOT.exampleOffset]
    }
  }
}
