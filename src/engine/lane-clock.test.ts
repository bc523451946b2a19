import assert from 'node:assert/strict'
import { test } from 'node:test'

import { counterCount, LANE, NODE, NODE_OFFSET } from '../shared-memory/index.ts'
import { LaneClock } from './lane-clock.ts'

const SHAPE = { processorCount: 1, sinkCount: 1, edgeCount: 1, trace: false, chunkSlots: 0, chunkSlotBytes: 0 }

test('a line that is held from the middle of a call on has not waited while the call lasted', t => {
  let now = 1_000
  t.mock.method(performance, 'now', () => now)
  const counters = new Float64Array(counterCount(SHAPE))
  const clock = new LaneClock(counters, SHAPE)
  clock.start()
  clock.enter(0)
  now += 2
  clock.note(0, 0, true, now)
  // The thread is taken away for a while, or a stack is written.
  now += 20
  clock.addBusy(0, 22e6)
  now += 5
  clock.note(0, 0, false, now)
  clock.count()

  assert.equal(counters[NODE_OFFSET + NODE.busy_nanos], 22e6)
  assert.equal(counters[NODE_OFFSET + NODE.waiting_nanos], 5e6)
  assert.equal(counters[LANE.lane_nanos], 27e6)
})
