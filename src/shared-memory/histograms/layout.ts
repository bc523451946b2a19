// One latch for each histogram: [maximum, sum, buckets]. Index = node id; after the nodes comes end to end: of all lines
// of the source, then by outcome, then by sink. The lane writes, anyone reads.
//
// Buckets, in nanoseconds: one for each value below 16, then 16 for every octave up to 2^36 (68 s), then one for all
// beyond. A bucket is at most 1/16 as wide as its lower bound, so its middle is at most 1/32 (3.2 %) off.

import { nodeCount } from '../counters.ts'
import { latchWords } from '../latch/layout.ts'
import type { RegionShape } from '../region.ts'

const SUB_BUCKET_BITS = 4
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS
const LIMIT_BITS = 36

export const BUCKET_COUNT = SUB_BUCKETS + (LIMIT_BITS - SUB_BUCKET_BITS) * SUB_BUCKETS + 1
const LAST_BUCKET = BUCKET_COUNT - 1
const LIMIT = 2 ** LIMIT_BITS
const SMALL_LIMIT = 2 ** 31

export const MAXIMUM = 0
export const SUM = 1
export const BUCKETS = 2
export const HISTOGRAM_NUMBERS = BUCKETS + BUCKET_COUNT

export const HISTOGRAM_WORDS = latchWords(HISTOGRAM_NUMBERS)

/** Of lines by what became of them; `joined` ones live on in another line. */
const OUTCOME_HISTOGRAMS = 4

export function histogramCount(shape: RegionShape): number {
  return sinkHistogram(shape, shape.sinkCount)
}

/** End to end, of all lines that entered. */
export function endToEndHistogram(shape: RegionShape): number {
  return nodeCount(shape)
}

/** End to end, of line instances with this outcome: 1 delivered, 2 dropped, 3 dead, 4 unmatched. */
export function outcomeHistogram(shape: RegionShape, outcome: number): number {
  return nodeCount(shape) + outcome
}

/** From the read of a line to the return of this sink's write. */
export function sinkHistogram(shape: RegionShape, sink: number): number {
  return nodeCount(shape) + 1 + OUTCOME_HISTOGRAMS + sink
}

export function histogramsWords(shape: RegionShape): number {
  return HISTOGRAM_WORDS * histogramCount(shape)
}

/** Bucket of a duration; anything that is no duration (negative, NaN) counts as 0. */
export function bucketOf(nanoseconds: number): number {
  if (nanoseconds < SMALL_LIMIT) return smallBucketOf(nanoseconds > 0 ? nanoseconds | 0 : 0)
  if (nanoseconds < LIMIT) return smallBucketOf(Math.floor(nanoseconds / 256)) + 8 * SUB_BUCKETS
  return nanoseconds >= LIMIT ? LAST_BUCKET : 0
}

/** Lowest duration that the bucket counts. */
export function lowerBoundOf(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket
  const octave = bucket >> SUB_BUCKET_BITS
  return (SUB_BUCKETS + (bucket & (SUB_BUCKETS - 1))) * 2 ** (octave - 1)
}

/** What a duration in the bucket is reported as. */
export function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS || bucket >= LAST_BUCKET) return lowerBoundOf(bucket)
  return (lowerBoundOf(bucket) + lowerBoundOf(bucket + 1)) / 2
}

function smallBucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value
  const octave = 31 - Math.clz32(value)
  return ((octave - SUB_BUCKET_BITS) << SUB_BUCKET_BITS) + (value >> (octave - SUB_BUCKET_BITS))
}
