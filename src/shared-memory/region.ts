// The memory that one lane shares with its observers: one buffer, laid out from its shape. Names never live in it.
//
//   | header | control | snapshot | histograms | paths | path times | strings | in-flight | chunk slots | errors |
//   | journeys | line index | kept |
//
// Each structure draws its own words in its `layout.ts`. All cells are Int32, and no plain access to one ever races:
// a word is either touched through atomics only, or belongs to one thread at a time.

import { alignWords, SharedCells } from './cells.ts'
import { chunkSlotsWords } from './chunk-slots/layout.ts'
import { CONTROL_WORDS } from './control/layout.ts'
import { counterCount } from './counters.ts'
import { errorsWords } from './errors/layout.ts'
import { histogramsWords } from './histograms/layout.ts'
import { IN_FLIGHT_WORDS } from './in-flight/layout.ts'
import { journeysWords } from './journeys/layout.ts'
import { keptWords, MAX_RECORD_BYTES } from './kept/layout.ts'
import { lineIndexWords } from './line-index/layout.ts'
import { PATH_TIMES_WORDS } from './path-times/layout.ts'
import { pathsWords } from './paths/layout.ts'
import { snapshotWords } from './snapshot/layout.ts'
import { STRINGS_WORDS } from './strings/layout.ts'

export interface RegionShape {
  readonly processorCount: number
  /** Nodes are processors first, then sinks; a node's id is its index. */
  readonly sinkCount: number
  /** The engine numbers the (processor, tag) pairs 0 … edgeCount − 1. */
  readonly edgeCount: number
  /** Without it there are no journey pages and no line index. */
  readonly trace: boolean
  /** 0 when the lane reads its source itself. */
  readonly chunkSlots: number
  readonly chunkSlotBytes: number
}

/** How much is kept of what can grow; what does not fit is counted. */
export interface RegionLimits {
  readonly paths: number
  readonly journeyPages: number
  readonly journeyTextBytes: number
  /** Room for records in a page, each of 6 words; a plain line takes a third of one. */
  readonly journeyRecords: number
  /** Blocks of 4,096 lines for which it is kept where they went: a power of two. */
  readonly indexBlocks: number
  readonly errorPages: number
  readonly errorPageBytes: number
  /** For journeys that are kept with times and values. */
  readonly keptPages: number
  readonly keptPageBytes: number
}

export const DEFAULT_LIMITS: RegionLimits = {
  paths: 65_536,
  journeyPages: 64,
  journeyTextBytes: 65_536,
  journeyRecords: 4_096,
  indexBlocks: 1_024,
  errorPages: 8,
  errorPageBytes: 65_536,
  keptPages: 8,
  keptPageBytes: 131_072
}

/** Plain data and one shared buffer: sent to threads by structured clone. */
export interface Region {
  readonly shape: RegionShape
  readonly limits: RegionLimits
  /** Unix time in milliseconds that all times in the region count from, as the clock said then. For showing only. */
  readonly originMilliseconds: number
  /** The same instant by the clock that nobody can set, which all threads have in common. */
  readonly monotonicOriginMilliseconds: number
  readonly buffer: SharedArrayBuffer
}

/** First word of each structure. */
export interface RegionLayout {
  readonly control: number
  readonly snapshot: number
  readonly histograms: number
  readonly paths: number
  readonly pathTimes: number
  readonly strings: number
  readonly inFlight: number
  readonly chunkSlots: number
  readonly errors: number
  readonly journeys: number
  readonly lineIndex: number
  readonly kept: number
  readonly totalWords: number
}

const CLOCK_TRIES = 20
/** So far apart are two readings when nothing comes between them, at most. */
const CLOCK_NANOS = 20_000
// `performance.now()` counts from the start of its thread, and `performance.timeOrigin` is as wrong as the clock was then.
const MONOTONIC_SHIFT = monotonicShift()

const MAGIC = 0x4c_53_43_50
/** Grows with every change of any layout: a reader refuses a region that it would misread. */
export const LAYOUT_VERSION = 4
const HEADER_WORDS = alignWords(2)

export function createRegion(shape: RegionShape, limits: Partial<RegionLimits> = {}): Region {
  const wholeLimits = { ...DEFAULT_LIMITS, ...limits }
  checkLimits(shape, wholeLimits)
  const buffer = new SharedArrayBuffer(regionLayout(shape, wholeLimits).totalWords * 4)
  const cells = new SharedCells(buffer)
  cells.store(0, MAGIC)
  cells.store(1, LAYOUT_VERSION)
  return {
    shape,
    limits: wholeLimits,
    originMilliseconds: Date.now(),
    monotonicOriginMilliseconds: performance.now() + MONOTONIC_SHIFT,
    buffer
  }
}

/** Of several tries the one that nothing came between: a thread may lose its core for milliseconds at any moment. */
function monotonicShift(): number {
  let shift = 0
  let narrowest = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < CLOCK_TRIES && narrowest > CLOCK_NANOS; attempt++) {
    const before = process.hrtime.bigint()
    const now = performance.now()
    const width = Number(process.hrtime.bigint() - before)
    if (width >= narrowest) continue
    narrowest = width
    shift = Number(before) / 1e6 - now
  }
  return shift
}

/** The cells of a region and where its structures begin. Throws for a region of another version. */
export function openRegion(region: Region): { readonly cells: SharedCells; readonly layout: RegionLayout } {
  const cells = new SharedCells(region.buffer)
  const layout = regionLayout(region.shape, region.limits)
  if (cells.load(0) !== MAGIC || cells.load(1) !== LAYOUT_VERSION || cells.words.length !== layout.totalWords) {
    throw new Error('This is not a telemetry region of this version of Linescope.')
  }
  return { cells, layout }
}

/** Milliseconds since the region's origin, the same in every thread, also when the machine's clock is set meanwhile. */
export function regionMilliseconds(region: Region): number {
  return performance.now() + regionShift(region)
}

/** What `regionMilliseconds` is ahead of this thread's `performance.now()`. */
export function regionShift(region: Region): number {
  return MONOTONIC_SHIFT - region.monotonicOriginMilliseconds
}

export function regionLayout(shape: RegionShape, limits: RegionLimits): RegionLayout {
  let words = HEADER_WORDS
  const take = (structureWords: number): number => {
    const start = words
    words += alignWords(structureWords)
    return start
  }
  return {
    control: take(CONTROL_WORDS),
    snapshot: take(snapshotWords(counterCount(shape))),
    histograms: take(histogramsWords(shape)),
    paths: take(pathsWords(limits.paths)),
    pathTimes: take(PATH_TIMES_WORDS),
    strings: take(STRINGS_WORDS),
    inFlight: take(IN_FLIGHT_WORDS),
    chunkSlots: take(chunkSlotsWords(shape.chunkSlots, shape.chunkSlotBytes)),
    errors: take(errorsWords(limits)),
    journeys: take(shape.trace ? journeysWords(limits) : 0),
    lineIndex: take(shape.trace ? lineIndexWords(limits) : 0),
    kept: take(shape.trace ? keptWords(limits) : 0),
    totalWords: words
  }
}

function checkLimits(shape: RegionShape, limits: RegionLimits): void {
  for (const [name, value] of Object.entries({ ...shape, ...limits })) {
    if (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new RangeError(`${name} must be a whole number from 0 up, not ${value}.`)
    }
  }
  if ((shape.chunkSlots & (shape.chunkSlots - 1)) !== 0)
    throw new RangeError('chunkSlots must be a power of two, or 0.')
  if (limits.paths < 256) throw new RangeError('paths must be at least 256.')
  if (limits.journeyPages < 2 || limits.errorPages < 2 || limits.keptPages < 2)
    throw new RangeError('A ring needs at least 2 pages.')
  if (limits.journeyTextBytes < 32_768 || limits.journeyTextBytes > 1_048_576 || limits.journeyTextBytes % 4 !== 0) {
    throw new RangeError('journeyTextBytes must be a multiple of 4 from 32,768 to 1,048,576.')
  }
  if (limits.indexBlocks < 2 || (limits.indexBlocks & (limits.indexBlocks - 1)) !== 0) {
    throw new RangeError('indexBlocks must be a power of two, at least 2.')
  }
  if (limits.journeyRecords < 1024) throw new RangeError('journeyRecords must be at least 1,024.')
  if (limits.errorPageBytes < 32_768 || limits.errorPageBytes % 4 !== 0) {
    throw new RangeError('errorPageBytes must be a multiple of 4, at least 32,768.')
  }
  if (limits.keptPageBytes < MAX_RECORD_BYTES || limits.keptPageBytes % 4 !== 0) {
    throw new RangeError('keptPageBytes must be a multiple of 4, at least 65,536.')
  }
}
