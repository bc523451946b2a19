// What a death left behind, as the words say it: to know that deaths hit the places that matter.

import { PUBLISHED, RELEASED } from '../../../src/shared-memory/chunk-slots/layout.ts'
import { nodeCount } from '../../../src/shared-memory/counters.ts'
import { HISTOGRAM_WORDS } from '../../../src/shared-memory/histograms/layout.ts'
import { isBeingWritten, VERSION } from '../../../src/shared-memory/latch/layout.ts'
import { headerWord, READING, STATE, WRITER_LATCH, WRITING } from '../../../src/shared-memory/pages/layout.ts'
import { blockCount, blockWord } from '../../../src/shared-memory/paths/layout.ts'
import { openRegion, type Region } from '../../../src/shared-memory/region.ts'

export interface Aftermath {
  /** Pages that a thread owned. */
  readonly owned: number
  /** Of these, by a reader. */
  readonly reading: number
  /** Latches with a copy half-written. */
  readonly halfPublished: number
  readonly unreleasedChunks: number
}

export function aftermathOf(region: Region): Aftermath {
  const { cells, layout } = openRegion(region)
  const rings = [
    { base: layout.journeys, pages: region.limits.journeyPages },
    { base: layout.errors, pages: region.limits.errorPages },
    { base: layout.kept, pages: region.limits.keptPages }
  ]
  let owned = 0
  let reading = 0
  for (const { base, pages } of rings) {
    for (let page = 0; page < pages; page++) {
      const state = cells.load(base + headerWord(page) + STATE)
      if (state === WRITING || state === READING) owned++
      if (state === READING) reading++
    }
  }
  const latches = [layout.snapshot, layout.inFlight, ...rings.map(({ base }) => base + WRITER_LATCH)]
  for (let histogram = 0; histogram <= nodeCount(region.shape); histogram++) {
    latches.push(layout.histograms + histogram * HISTOGRAM_WORDS)
  }
  for (let block = 0; block < blockCount(region.limits.paths); block++) {
    latches.push(layout.paths + blockWord(block, region.limits.paths))
  }
  const isHalf = (latch: number): boolean =>
    isBeingWritten(cells.load(latch + VERSION)) || isBeingWritten(cells.load(latch + VERSION + 1))
  return {
    owned,
    reading,
    halfPublished: latches.filter(isHalf).length,
    unreleasedChunks: cells.load(layout.chunkSlots + PUBLISHED) - cells.load(layout.chunkSlots + RELEASED)
  }
}
