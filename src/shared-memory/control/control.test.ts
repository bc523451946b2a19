import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { openRegion, regionMilliseconds } from '../region.ts'
import { testRegion } from '../test-region.ts'
import { LaneControl } from './lane.ts'
import { IN_ENGINE, LANE_STATES, STATE } from './layout.ts'
import { MainControl } from './main.ts'
import { ControlReader } from './reader.ts'

test('the lane sees what main asks for, and a stop is never made weaker', () => {
  const region = testRegion()
  const main = new MainControl(region)
  const lane = new LaneControl(region)
  assert.equal(lane.stopRequested(), false)
  assert.equal(lane.pauseRequested(), false)
  main.requestPause()
  assert.equal(lane.pauseRequested(), true)
  main.requestResume()
  assert.equal(lane.pauseRequested(), false)
  main.requestStop()
  assert.equal(lane.stopRequest(), 'drain')
  main.requestStop('now')
  main.requestStop('drain')
  assert.equal(lane.stopRequest(), 'now')
  assert.equal(new ControlReader(region).read().stopRequested, true)
})

test('each incarnation of the lane has a number of its own', () => {
  const region = testRegion()
  const main = new MainControl(region)
  assert.equal(main.nextEpoch(), 1)
  assert.equal(main.nextEpoch(), 2)
  assert.equal(new LaneControl(region).epoch, 2)
})

test('every state that the lane sets is seen', () => {
  const region = testRegion()
  const lane = new LaneControl(region)
  const reader = new ControlReader(region)
  assert.equal(reader.read().state, 'starting')
  for (const state of LANE_STATES) {
    lane.setState(state)
    assert.equal(reader.read().state, state)
  }
})

test('progress names the processor, the call and since when', () => {
  const region = testRegion()
  const lane = new LaneControl(region)
  const reader = new ControlReader(region)
  const now = regionMilliseconds(region)
  lane.enter(2, now)
  const first = reader.progress()
  assert.equal(first.node, 2)
  assert.equal(first.sinceMilliseconds, Math.floor(now))
  assert.equal(reader.progress().call, first.call)
  lane.leave()
  assert.equal(reader.progress().node, IN_ENGINE)
  lane.enter(2, now)
  assert.notEqual(reader.progress().call, first.call)
})

test('progress names the lines that the call was made with, wherever in a large file they are', () => {
  const region = testRegion()
  const lane = new LaneControl(region)
  const reader = new ControlReader(region)
  lane.enter(1, 5, 3, 2 ** 40 + 7, 2 ** 33, 120, 2)
  const { sourceNumber, offset, lineNumber, byteLength, item } = reader.progress()
  assert.deepEqual(
    { sourceNumber, offset, lineNumber, byteLength, item },
    { sourceNumber: 3, offset: 2 ** 40 + 7, lineNumber: 2 ** 33, byteLength: 120, item: 2 }
  )
})

test('a time beyond 32 bits of milliseconds is told right', () => {
  const region = testRegion()
  // As if the region were 60 days old: its milliseconds no longer fit in a word.
  const old = { ...region, monotonicOriginMilliseconds: region.monotonicOriginMilliseconds - 60 * 86_400_000 }
  const now = regionMilliseconds(old)
  new LaneControl(old).enter(1, now - 5_000)
  assert.equal(new ControlReader(old).progress().sinceMilliseconds, Math.floor(now - 5_000))
})

test('times count on in the same way when the clock is set, back or ahead [G1]', () => {
  const region = testRegion()
  for (const jump of [-3_600_000, 365 * 86_400_000, -10 * 365 * 86_400_000]) {
    // The clock jumps by as much as the instant at which it showed the region's beginning seems to be another one.
    const after = { ...region, originMilliseconds: region.originMilliseconds - jump }
    assert.ok(Math.abs(regionMilliseconds(after) - regionMilliseconds(region)) < 1_000)
  }
})

test('threads agree about the time, whenever they began [G1]', async () => {
  const region = testRegion()
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     import(workerData.module).then(({ regionMilliseconds }) => parentPort.postMessage(regionMilliseconds(workerData.region)))`,
    { eval: true, workerData: { region, module: new URL('../region.ts', import.meta.url).href } }
  )
  const before = regionMilliseconds(region)
  const [there] = (await once(worker, 'message')) as [number]
  assert.ok(before <= there && there <= regionMilliseconds(region))
})

test('heartbeats wrap around and go on', () => {
  const region = testRegion()
  const { cells, layout } = openRegion(region)
  cells.store(layout.control + STATE + 1, 2 ** 31 - 1)
  const lane = new LaneControl(region)
  lane.heartbeat()
  assert.equal(new ControlReader(region).read().heartbeat, -(2 ** 31))
})

test('a successor of a lane that died in a processor starts in the engine', () => {
  const region = testRegion()
  new LaneControl(region).enter(1, 5)
  new LaneControl(region)
  assert.equal(new ControlReader(region).progress().node, IN_ENGINE)
})

test('a state that no lane sets reads as failed and is reported', () => {
  const region = testRegion()
  const { cells, layout } = openRegion(region)
  cells.store(layout.control + STATE, 99)
  const reader = new ControlReader(region)
  assert.equal(reader.read().state, 'failed')
  assert.equal(reader.telemetryCorrupt, 1)
})

test('a waiting lane wakes when main asks for something', async () => {
  const region = testRegion()
  const lane = new LaneControl(region)
  const waiting = lane.waitForRequestAsync(60_000)
  new MainControl(region).requestPause()
  await waiting
  assert.equal(lane.pauseRequested(), true)
})

test('waiting ends by itself, and at once when a stop was asked for', async () => {
  const region = testRegion()
  const lane = new LaneControl(region)
  lane.waitForRequest(1)
  await lane.waitForRequestAsync(1)
  new MainControl(region).requestStop()
  lane.waitForRequest(60_000)
  await lane.waitForRequestAsync(60_000)
})
