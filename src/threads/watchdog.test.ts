import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import {
  blockThread,
  createRegion,
  IN_EVENT_LOOP,
  LaneControl,
  type Progress,
  type Region
} from '../shared-memory/index.ts'
import { until } from './thread-fixtures.ts'
import { Watchdog } from './watchdog.ts'

const LIMITED = 0
const UNLIMITED = 1

function testRegion(): Region {
  return createRegion({ processorCount: 2, sinkCount: 1, edgeCount: 2, trace: false, chunkSlots: 0, chunkSlotBytes: 0 })
}

function watch(t: TestContext, region: Region, timeouts: readonly number[]): Progress[] {
  const hangs: Progress[] = []
  const component = { kind: 'module', file: 'steps.ts', exportName: 'step' } as const
  const processors = timeouts.map(timeoutMilliseconds => ({ timeoutMilliseconds, component }))
  const watchdog = new Watchdog(region, processors, progress => hangs.push(progress))
  watchdog.start()
  t.after(() => watchdog.stop())
  return hangs
}

describe('the watchdog', () => {
  test('tells once of a call that does not end, and of which line', async t => {
    const region = testRegion()
    const lane = new LaneControl(region)
    const hangs = watch(t, region, [50, 0])

    lane.enter(LIMITED, 0, 3, 1_000, 17, 20, 0)
    const [hang] = await until('a hang', () => (hangs.length > 0 ? hangs : undefined))
    await sleep(150)

    assert.equal(hangs.length, 1)
    assert.deepEqual([hang?.node, hang?.sourceNumber, hang?.offset, hang?.lineNumber], [LIMITED, 3, 1_000, 17])
  })

  test('leaves alone what has no limit, what is in the engine, and calls that end', async t => {
    const region = testRegion()
    const lane = new LaneControl(region)
    const hangs = watch(t, region, [60, 0])

    lane.enter(UNLIMITED, 0)
    await sleep(200)
    lane.leave()
    await sleep(200)
    for (let call = 0; call < 30; call++) {
      lane.enter(LIMITED, 0)
      await sleep(10)
    }

    assert.deepEqual(hangs, [])
  })

  test('sees a lane whose event loop stands still, and not one that waits there', async t => {
    const region = testRegion()
    const lane = new LaneControl(region)
    const hangs = watch(t, region, [80, 40])

    lane.enter(IN_EVENT_LOOP, 0)
    for (let beat = 0; beat < 30; beat++) {
      lane.heartbeat()
      await sleep(10)
    }
    assert.equal(hangs.length, 0)

    const [hang] = await until('a hang', () => (hangs.length > 0 ? hangs : undefined))
    assert.equal(hang?.node, IN_EVENT_LOOP)
  })

  test('counts no time in which it did not run itself [E7] [G4]', async t => {
    const region = testRegion()
    const lane = new LaneControl(region)
    const hangs = watch(t, region, [1_000, 0])

    lane.enter(LIMITED, 0)
    await sleep(50)
    // As if the whole process had been stopped.
    blockThread(2_000)
    await sleep(50)

    assert.deepEqual(hangs, [])
  })
})
