// One latch for each histogram: [maximum, sum, buckets]. Index = node id; after the nodes comes end to end.
// The lane writes, anyone reads.
//
// Buckets, in nanoseconds: one for each value below 16, then 16 for every octave up to 2^36 (68 s), then one for all
// beyond. A bucket is at most 1/16 as wide as its lower bound, so its middle is at most 1/32 (3.2 %) off.

import { latchWords } from '../latch/layout.ts'

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

export function histogramsWords(histogramCount: number): number {
  return HISTOGRAM_WORDS * histogramCount
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
