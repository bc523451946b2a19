import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import {
  createRegion,
  DEFAULT_LIMITS,
  openRegion,
  type RegionShape,
  regionLayout,
  regionMilliseconds
} from './region.ts'
import { testRegion } from './test-region.ts'

const shape: RegionShape = {
  processorCount: 3,
  sinkCount: 1,
  edgeCount: 4,
  trace: true,
  chunkSlots: 4,
  chunkSlotBytes: 1_000
}

test('structures lie one after the other, each on a pair of cache lines of its own', () => {
  const { totalWords, ...starts } = regionLayout(shape, DEFAULT_LIMITS)
  const ordered = Object.values(starts)
  assert.deepEqual(
    ordered,
    ordered.toSorted((a, b) => a - b)
  )
  assert.equal(new Set([...ordered, totalWords]).size, ordered.length + 1)
  assert.ok(ordered.every(start => start % 32 === 0))
})

test('without trace a region has no journey pages', () => {
  const traced = createRegion(shape).buffer.byteLength
  const untraced = createRegion({ ...shape, trace: false }).buffer.byteLength
  assert.ok(traced - untraced >= 64 * (65_536 + 4_096 * 24))
})

test('a region of another layout version is refused', () => {
  const region = testRegion()
  new Int32Array(region.buffer)[1]++
  assert.throws(() => openRegion(region), /this version of Linescope/)
})

test('a region whose shape does not fit its buffer is refused', () => {
  const region = testRegion()
  assert.throws(() => openRegion({ ...region, shape: { ...region.shape, edgeCount: 1_000 } }), /telemetry region/)
})

test('sizes that cannot work are refused with their name', () => {
  assert.throws(() => createRegion({ ...shape, processorCount: -1 }), /processorCount/)
  assert.throws(() => createRegion({ ...shape, chunkSlots: 3 }), /chunkSlots/)
  assert.throws(() => createRegion(shape, { journeyPages: 1 }), /2 pages/)
  assert.throws(() => createRegion(shape, { journeyTextBytes: 1_000 }), /journeyTextBytes/)
  assert.throws(() => createRegion(shape, { journeyRecords: 100 }), /journeyRecords/)
  assert.throws(() => createRegion(shape, { errorPageBytes: 100 }), /errorPageBytes/)
  assert.throws(() => createRegion(shape, { paths: 10 }), /paths/)
})

test('a region sent to another thread is the same memory and the same clock', async t => {
  const region = testRegion()
  const module = new URL('./region.ts', import.meta.url).href
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     import(${JSON.stringify(module)}).then(({ openRegion, regionMilliseconds }) => {
       const { cells, layout } = openRegion(workerData)
       cells.store(layout.control, 42)
       parentPort.postMessage(regionMilliseconds(workerData))
     })`,
    { eval: true, workerData: region }
  )
  t.after(() => worker.terminate())
  const before = regionMilliseconds(region)
  const there = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject))
  const { cells, layout } = openRegion(region)
  assert.equal(cells.load(layout.control), 42)
  // The two clocks are read from the same origin; a millisecond covers how they are rounded.
  assert.ok(there >= before - 1 && there <= regionMilliseconds(region) + 1)
})
