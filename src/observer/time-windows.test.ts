import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LANE, NODE, NODE_OFFSET, NODE_STRIDE } from '../shared-memory/index.ts'
import { Lanes } from './lanes.ts'
import { describePipeline, regionFor } from './observe-recording-fixtures.ts'
import { RecordingLane } from './recording-lane-fixtures.ts'
import { timeShares } from './time-shares.ts'
import { TimeWindows, WINDOW_NAMES } from './time-windows.ts'

const BUSY = NODE_OFFSET + NODE.busy_nanos
const RECEIVED = NODE_OFFSET + NODE.received

interface Watched {
  readonly lane: RecordingLane
  readonly windows: TimeWindows
  readonly region: ReturnType<typeof regionFor>
  /** `seconds` pass, of which the processor is busy for `busy`, in which it gets so many lines. */
  readonly pass: (seconds: number, busy: number, lines: number) => void
}

/** A lane whose numbers a test sets; it stands still between two snapshots, so that time is the test's. */
function watched(): Watched {
  const region = regionFor(describePipeline(['a'], ['end']), false)
  const lane = new RecordingLane(region)
  lane.publish('starting')
  const lanes = new Lanes([region])
  let at = 1_000_000
  const windows = new TimeWindows(lanes, at)
  return {
    lane,
    windows,
    region,
    pass: (seconds, busy, lines) => {
      at += seconds * 1_000
      lane.values[LANE.lane_nanos] += seconds * 1e9
      lane.values[LANE.engine_nanos] += (seconds - busy) * 1e9
      lane.values[BUSY] += busy * 1e9
      lane.values[RECEIVED] += lines
      lane.publish('starting')
      lanes.poll()
      windows.poll(at)
    }
  }
}

test('a window is the difference of two snapshots, as far back as it says', () => {
  const { windows, pass } = watched()
  for (let second = 0; second < 4_000; second++) pass(1, second < 3_990 ? 0 : 0.5, second < 3_990 ? 10 : 100)

  const seen = WINDOW_NAMES.map(name => windows.growth(name))

  const lengths = [10, 60, 300, 900, 3_600]
  for (const [index, seconds] of lengths.entries()) {
    const over = (seen[index]?.seconds ?? 0) - seconds
    // It begins at a snapshot, up to a step before.
    assert.ok(over >= 0 && over <= seconds / 60, `${seconds} s: ${over} s longer`)
  }
  assert.equal(seen[0]?.of(RECEIVED), 1_000)
  assert.equal(seen[1]?.of(RECEIVED), 1_000 + 50 * 10)
  assert.equal(seen[4]?.of(RECEIVED), 1_000 + (seen[4].seconds - 10) * 10)
  assert.equal(seen[5]?.of(RECEIVED), 1_000 + 3_990 * 10)
})

test('a young run has short windows', () => {
  const { windows, pass, region } = watched()
  for (let step = 0; step < 6; step++) pass(0.5, 0.25, 10)

  for (const name of WINDOW_NAMES.slice(0, 5)) assert.equal(windows.growth(name).seconds, 3)
  const [node] = timeShares(windows.growth('1h'), region.shape).nodes
  assert.deepEqual([node?.busy, node?.idle, node?.lane], [0.5, 0.5, 0.5])
})

test('a lane that goes back to a snapshot makes no window negative, and what it does again counts', () => {
  const { windows, pass, lane } = watched()
  for (let second = 0; second < 5; second++) pass(1, 0.5, 10)
  // It dies; its successor counts on from two seconds before.
  lane.values[LANE.lane_nanos] -= 2e9
  lane.values[LANE.engine_nanos] -= 1e9
  lane.values[BUSY] -= 1e9
  lane.values[RECEIVED] -= 20
  pass(0, 0, 0)
  for (let second = 0; second < 2; second++) pass(1, 0.5, 10)

  for (const name of WINDOW_NAMES) {
    const growth = windows.growth(name)
    assert.equal(growth.of(RECEIVED), 70, name)
    assert.equal(growth.of(BUSY) / growth.of(LANE.lane_nanos), 0.5, name)
  }
  for (let index = 0; index < NODE_OFFSET + NODE_STRIDE; index++) assert.ok(windows.growth('10s').of(index) >= 0)
})
