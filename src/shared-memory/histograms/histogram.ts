// Durations counted in buckets. A private copy: merges and answers without touching shared memory.

import { BUCKET_COUNT, bucketOf, lowerBoundOf, middleOf } from './layout.ts'

export class Histogram {
  readonly buckets = new Float64Array(BUCKET_COUNT)
  /** Longest duration, exact, in nanoseconds. */
  max = 0
  /** Sum of all durations in nanoseconds. */
  sum = 0

  get count(): number {
    let count = 0
    for (const inBucket of this.buckets) count += inBucket
    return count
  }

  get mean(): number {
    const count = this.count
    return count === 0 ? 0 : this.sum / count
  }

  record(nanoseconds: number, count = 1): void {
    this.buckets[bucketOf(nanoseconds)] += count
    if (nanoseconds > 0) {
      this.sum += nanoseconds * count
      this.max = Math.max(this.max, nanoseconds)
    }
  }

  /** Nanoseconds that the share `q` (0 … 1) of all durations did not exceed, within 3.2 %; 0 when empty. */
  quantile(q: number): number {
    const count = this.count
    if (count === 0) return 0
    const rank = Math.min(Math.max(q, 0), 1) * count
    let seen = 0
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      seen += this.buckets[bucket]
      if (seen >= rank && this.buckets[bucket] > 0) return this.#value(bucket)
    }
    return this.max
  }

  /** Adds the other's durations to this one. */
  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) this.buckets[bucket] += other.buckets[bucket]
    this.sum += other.sum
    this.max = Math.max(this.max, other.max)
  }

  /** What was added since `earlier`, a copy of the same histogram. Its maximum is only known as a bucket. */
  since(earlier: Histogram): Histogram {
    const difference = new Histogram()
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      difference.buckets[bucket] = Math.max(0, this.buckets[bucket] - earlier.buckets[bucket])
      if (difference.buckets[bucket] > 0) difference.max = Math.min(this.max, upperBoundOf(bucket))
    }
    difference.sum = Math.max(0, this.sum - earlier.sum)
    return difference
  }

  #value(bucket: number): number {
    return bucket === BUCKET_COUNT - 1 ? this.max : Math.min(middleOf(bucket), this.max)
  }
}

function upperBoundOf(bucket: number): number {
  return bucket === BUCKET_COUNT - 1 ? Number.POSITIVE_INFINITY : lowerBoundOf(bucket + 1)
}
