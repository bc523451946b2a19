import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testRegion } from '../test-region.ts'
import { Histogram } from './histogram.ts'
import { BUCKET_COUNT, bucketOf, HISTOGRAM_NUMBERS, lowerBoundOf, middleOf } from './layout.ts'
import { HistogramReader } from './reader.ts'
import { HistogramWriter } from './writer.ts'

const END_TO_END = 3

test('a bucket’s middle is at most 3.2 % off any duration from 1 ns to 64 s', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 36, noNaN: true }), exponent => {
      const nanoseconds = Math.floor(Math.min(2 ** exponent, 64e9))
      const error = Math.abs(middleOf(bucketOf(nanoseconds)) - nanoseconds) / nanoseconds
      assert.ok(error <= 1 / 31, `${nanoseconds} ns is ${error} off`)
    }),
    { numRuns: 2_000 }
  )
})

test('buckets are contiguous: each lower bound is in its bucket, the value before it in the one below', () => {
  for (let bucket = 1; bucket < BUCKET_COUNT; bucket++) {
    assert.equal(bucketOf(lowerBoundOf(bucket)), bucket)
    assert.equal(bucketOf(lowerBoundOf(bucket) - 1), bucket - 1)
  }
})

test('what is no duration counts as 0, and what is longer than all buckets in the last', () => {
  assert.equal(bucketOf(-5), 0)
  assert.equal(bucketOf(Number.NaN), 0)
  assert.equal(bucketOf(0.5), 0)
  assert.equal(bucketOf(1e15), BUCKET_COUNT - 1)
  assert.equal(bucketOf(Number.POSITIVE_INFINITY), BUCKET_COUNT - 1)
})

test('quantiles come out within the error of a bucket', () => {
  const histogram = new Histogram()
  for (let value = 1; value <= 1_000; value++) histogram.record(value * 1_000)
  for (const q of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = q * 1_000_000
    assert.ok(Math.abs(histogram.quantile(q) - exact) / exact < 0.035, `quantile ${q}`)
  }
  assert.equal(histogram.count, 1_000)
  assert.equal(histogram.mean, 500_500)
  assert.equal(histogram.max, 1_000_000)
})

test('no quantile is beyond the longest duration, and an empty histogram answers 0', () => {
  const histogram = new Histogram()
  assert.equal(histogram.quantile(0.99), 0)
  assert.equal(histogram.mean, 0)
  // Just above the lower bound of its bucket, whose middle is longer.
  histogram.record(983_041)
  assert.equal(histogram.quantile(0.5), 983_041)
  histogram.record(9e12)
  assert.equal(histogram.quantile(1), 9e12)
})

test('merging is adding, and a difference takes the earlier away', () => {
  const [a, b] = [new Histogram(), new Histogram()]
  a.record(100, 5)
  b.record(1_000_000, 2)
  const merged = new Histogram()
  merged.merge(a)
  merged.merge(b)
  assert.equal(merged.count, 7)
  assert.equal(merged.sum, 5 * 100 + 2 * 1_000_000)
  const since = merged.since(a)
  assert.equal(since.count, 2)
  assert.equal(since.sum, 2_000_000)
  assert.ok(Math.abs(since.quantile(0.5) - 1_000_000) / 1_000_000 < 0.032)
})

test('nodes and end to end are counted apart and read as copies', () => {
  const region = testRegion()
  const writer = new HistogramWriter(region)
  writer.record(0, 50, 3)
  writer.record(END_TO_END, 7e10, 1)
  writer.publishTouched(100_000)
  const reader = new HistogramReader(region)
  assert.equal(reader.read(0).count, 3)
  assert.equal(reader.read(1).count, 0)
  assert.equal(reader.read(END_TO_END).max, 7e10)
  const copy = reader.read(0)
  writer.record(0, 50, 1)
  writer.publishTouched(100_000)
  assert.equal(reader.read(0).count, 4)
  assert.equal(copy.count, 3)
  assert.throws(() => reader.read(99), /no histogram 99/)
})

test('a bounded publish takes turns, so every touched histogram is seen after a few calls', () => {
  const region = testRegion()
  const writer = new HistogramWriter(region)
  const reader = new HistogramReader(region)
  for (let histogram = 0; histogram <= END_TO_END; histogram++) writer.record(histogram, 10, 1)
  const seen = (): number => [0, 1, 2, 3].filter(histogram => reader.read(histogram).count > 0).length
  writer.publishTouched(1)
  assert.equal(seen(), 1)
  writer.record(0, 10, 1)
  writer.publishTouched(2 * 2 * HISTOGRAM_NUMBERS)
  assert.equal(seen(), 3)
  writer.publishTouched(1)
  assert.equal(seen(), 4)
})

test('a duration that is not a number spoils no sum', () => {
  const region = testRegion()
  const writer = new HistogramWriter(region)
  writer.record(0, Number.NaN, 1)
  writer.record(0, -4, 1)
  writer.record(0, 100, 1)
  writer.publishTouched(1)
  const reader = new HistogramReader(region)
  assert.equal(reader.read(0).sum, 100)
  assert.equal(reader.read(0).count, 3)
  assert.equal(reader.telemetryCorrupt, 0)
})

test('p99 is within 5 % of the exact one, whatever durations are like', () => {
  const shapes: Record<string, (random: number) => number> = {
    even: random => 1_000 + random * 9e6,
    exponential: random => -Math.log(1 - random) * 2e5,
    'heavy tail': random => 5_000 / (1 - random) ** 1.2,
    'two humps': random => (random < 0.985 ? 900 + random * 200 : 4e7 * (1 + random)),
    'a few nanoseconds': random => 40 + Math.floor(random * 60)
  }
  let seed = 42
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31
  }
  for (const [shape, duration] of Object.entries(shapes)) {
    const durations = Array.from({ length: 20_000 }, () => Math.round(duration(random())))
    const histogram = new Histogram()
    for (const each of durations) histogram.record(each)
    const sorted = durations.toSorted((a, b) => a - b)
    for (const q of [0.5, 0.95, 0.99]) {
      const exact = sorted[Math.ceil(q * sorted.length) - 1]
      const off = Math.abs(histogram.quantile(q) / exact - 1)
      assert.ok(off <= 0.05, `${shape}, ${q}: ${histogram.quantile(q)} for ${exact}`)
    }
  }
})
