// A histogram of the lanes in the buckets of /metrics. They are the same for all durations, so that these can be stacked.

import { bucketMiddle, type Histogram } from '../../shared-memory/index.ts'
import type { Exemplar, HistogramSample, Labels } from './family.ts'

/** In seconds. */
export const BOUNDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
] as const

/** `exemplars` of one bucket at most each; the newest of a bucket is told. */
export function durations(histogram: Histogram, labels: Labels, exemplars: readonly Exemplar[] = []): HistogramSample {
  const counts = new Float64Array(BOUNDS.length + 1)
  for (const [bucket, count] of histogram.buckets.entries()) {
    if (count > 0) counts[placeOf(bucketMiddle(bucket) / 1e9)] += count
  }
  const examples: (Exemplar | undefined)[] = []
  for (const exemplar of exemplars) examples[placeOf(exemplar.value)] = exemplar
  let sum = 0
  const buckets = BOUNDS.map((bound, place) => {
    sum += counts[place]
    const exemplar = examples[place]
    return { bound, count: sum, ...(exemplar === undefined ? {} : { exemplar }) }
  })
  const last = BOUNDS.length
  return { labels, buckets, count: sum + counts[last], sum: histogram.sum / 1e9, exemplar: examples[last] }
}

/** The first bound that is not shorter; one behind the last when there is none. */
function placeOf(seconds: number): number {
  const place = BOUNDS.findIndex(bound => seconds <= bound)
  return place === -1 ? BOUNDS.length : place
}
