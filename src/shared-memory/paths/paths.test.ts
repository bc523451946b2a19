import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OUTCOME } from '../outcome.ts'
import { openRegion } from '../region.ts'
import { testRegion } from '../test-region.ts'
import { BLOCK_NUMBERS, OVERFLOW_PATH, parentWord, RESERVED_PATHS, ROOT_PATH } from './layout.ts'
import { PathReader } from './reader.ts'
import { PathWriter } from './writer.ts'

test('the same way gets the same number, another way another, and the reader gives the way back', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(40), { maxLength: 8 }), { maxLength: 60 }), ways => {
      const region = testRegion({}, { paths: 1_024 })
      const writer = new PathWriter(region)
      const reader = new PathReader(region)
      const numbers = new Map<string, number>()
      for (const way of ways) {
        const path = way.reduce((parent, node) => writer.next(parent, node), ROOT_PATH)
        const known = numbers.get(way.join())
        if (known === undefined) assert.ok(![...numbers.values()].includes(path))
        else assert.equal(path, known)
        numbers.set(way.join(), path)
        assert.deepEqual(reader.nodesOf(path), way)
        assert.equal(writer.depth(path), way.length)
      }
    }),
    { numRuns: 100 }
  )
})

test('a path that no longer fits is the overflow path, and so is all that comes after it; each is counted', () => {
  const region = testRegion({}, { paths: 256 })
  const writer = new PathWriter(region)
  const reader = new PathReader(region)
  for (let node = 0; node < 256 - RESERVED_PATHS; node++) assert.notEqual(writer.next(ROOT_PATH, node), OVERFLOW_PATH)
  assert.equal(reader.length, 256)
  assert.equal(writer.overflowed, 0)
  assert.equal(writer.next(ROOT_PATH, 999), OVERFLOW_PATH)
  assert.equal(writer.next(OVERFLOW_PATH, 0), OVERFLOW_PATH)
  assert.equal(writer.overflowed, 2)
  assert.equal(reader.length, 256)
  assert.deepEqual(reader.nodesOf(OVERFLOW_PATH), [])
  // Known ones still work.
  assert.deepEqual(reader.nodesOf(writer.next(ROOT_PATH, 7)), [7])
})

test('counts say how the lines on each path ended', () => {
  const region = testRegion()
  const writer = new PathWriter(region)
  const start = writer.next(ROOT_PATH, 0)
  const end = writer.next(start, 2)
  for (let times = 0; times < 3; times++) writer.count(end, OUTCOME.delivered)
  writer.count(start, OUTCOME.dropped)
  writer.count(start, OUTCOME.dead)
  writer.count(start, OUTCOME.unmatched)
  writer.count(end, OUTCOME.joined)
  writer.count(OVERFLOW_PATH, OUTCOME.dead)
  const reader = new PathReader(region)
  assert.deepEqual([...reader.counts()], [])
  writer.publishTouched(20_000)
  assert.deepEqual(
    [...reader.counts()],
    [
      { path: OVERFLOW_PATH, delivered: 0, dropped: 0, dead: 1, unmatched: 0, joined: 0 },
      { path: start, delivered: 0, dropped: 1, dead: 1, unmatched: 1, joined: 0 },
      { path: end, delivered: 3, dropped: 0, dead: 0, unmatched: 0, joined: 1 }
    ]
  )
})

test('a bounded publish takes turns, so every touched block is seen after a few calls', () => {
  const region = testRegion({}, { paths: 1_024 })
  const writer = new PathWriter(region)
  for (let node = 0; node < 1_000; node++) writer.count(writer.next(ROOT_PATH, node), OUTCOME.delivered)
  const reader = new PathReader(region)
  const seen = (): number => [...reader.counts()].length
  writer.publishTouched(2 * BLOCK_NUMBERS)
  assert.equal(seen(), 254)
  writer.publishTouched(2 * 2 * BLOCK_NUMBERS)
  assert.equal(seen(), 766)
  writer.publishTouched(2 * BLOCK_NUMBERS)
  assert.equal(seen(), 1_000)
})

test('a lane that takes over a region keeps the numbers and counts of its predecessor', () => {
  const region = testRegion()
  const first = new PathWriter(region)
  const path = first.next(first.next(ROOT_PATH, 0), 2)
  first.count(path, OUTCOME.delivered)
  first.publishTouched(20_000)
  const second = new PathWriter(region)
  assert.equal(second.next(second.next(ROOT_PATH, 0), 2), path)
  assert.equal(second.depth(path), 2)
  second.count(path, OUTCOME.delivered)
  second.publishTouched(20_000)
  assert.equal([...new PathReader(region).counts()].at(-1)?.delivered, 2)
})

test('a table that leads nowhere is reported and ends', () => {
  const region = testRegion()
  const writer = new PathWriter(region)
  const path = writer.next(writer.next(ROOT_PATH, 0), 1)
  const { cells, layout } = openRegion(region)
  cells.store(layout.paths + parentWord(path), path)
  const reader = new PathReader(region)
  assert.deepEqual(reader.nodesOf(path), [])
  assert.equal(reader.telemetryCorrupt, 1)
  for (const unknown of [-1, 0.5, 10_000, Number.NaN]) assert.deepEqual(reader.nodesOf(unknown), [])
})
