// A region for tests: two processors and one sink, the smallest rings, unless a test asks for more.

import { createRegion, type Region, type RegionLimits, type RegionShape } from './region.ts'

const SHAPE: RegionShape = {
  processorCount: 2,
  sinkCount: 1,
  edgeCount: 3,
  trace: true,
  chunkSlots: 0,
  chunkSlotBytes: 0
}

const LIMITS: Partial<RegionLimits> = {
  paths: 1_024,
  journeyPages: 4,
  journeyTextBytes: 32_768,
  journeyRecords: 1_024,
  indexBlocks: 4,
  errorPages: 2
}

export function testRegion(shape: Partial<RegionShape> = {}, limits: Partial<RegionLimits> = {}): Region {
  return createRegion({ ...SHAPE, ...shape }, { ...LIMITS, ...limits })
}

/** Fills every word from the structures' first on with what no writer writes. */
export function scribble(region: Region, next: () => number): void {
  const words = new Int32Array(region.buffer)
  for (let index = 32; index < words.length; index++) words[index] = next()
}
