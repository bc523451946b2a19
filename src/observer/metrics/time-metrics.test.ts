import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LANE, NODE, NODE_OFFSET, NODE_STRIDE, type NodeCounter } from '../../shared-memory/index.ts'
import { delivered, laneOf, observe } from '../observe-recording-fixtures.ts'
import type { Observer } from '../observer.ts'
import { writeMetrics } from './write.ts'

const NAMES = { processors: ['start', 'a'], sinks: ['end', 'other'] }

function samples(observer: Observer, name: string): Map<string, number> {
  const lines = writeMetrics(observer.metrics(false), 'text').split('\n')
  const found = lines.filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return new Map(
    found.map(line => {
      const at = line.lastIndexOf(' ')
      return [line.slice(name.length, at), Number(line.slice(at + 1))]
    })
  )
}

test('how long lines take is told by source, outcome and sink', async t => {
  const { observer } = await observe(t, {
    ...NAMES,
    lines: [
      delivered('x', [0, 1, 2]),
      delivered('y', [0, 2]),
      delivered('z', [0, 3]),
      { text: 'dead', leaves: [{ nodes: [0, 1], outcome: 'dead' }], nanoseconds: 2e9 },
      {
        text: 'forked',
        leaves: [
          { nodes: [0, 2], outcome: 'delivered' },
          { nodes: [0, 1], outcome: 'dropped', forkDepth: 1 }
        ]
      }
    ]
  })

  assert.deepEqual([...samples(observer, 'linescope_end_to_end_seconds_count')], [['{source="input"}', 5]])
  assert.deepEqual(
    [...samples(observer, 'linescope_end_to_end_outcome_seconds_count')],
    [
      ['{outcome="delivered"}', 4],
      ['{outcome="dropped"}', 1],
      ['{outcome="dead"}', 1],
      ['{outcome="unmatched"}', 0]
    ]
  )
  assert.equal(samples(observer, 'linescope_end_to_end_outcome_seconds_sum').get('{outcome="dead"}'), 2)
  assert.deepEqual(
    [...samples(observer, 'linescope_end_to_end_sink_seconds_count')],
    [
      ['{end="end"}', 3],
      ['{end="other"}', 1]
    ]
  )
})

test("the parts of the lanes' time add up to it, and each node's states are told", t => {
  const { lane, observer } = laneOf(t, NAMES)
  const node = (id: number, counter: NodeCounter): number => NODE_OFFSET + id * NODE_STRIDE + NODE[counter]
  lane.values[LANE.lane_nanos] = 10e9
  lane.values[LANE.engine_nanos] = 1e9
  lane.values[LANE.input_wait_nanos] = 2e9
  lane.values[node(1, 'busy_nanos')] = 3e9
  lane.values[node(1, 'waiting_nanos')] = 5e9
  lane.values[node(1, 'awaited_nanos')] = 4e9
  lane.values[node(0, 'blocked_nanos')] = 0.5e9
  lane.publish('running')

  const parts = samples(observer, 'linescope_lane_seconds_total')
  assert.equal(
    [...parts.values()].reduce((sum, part) => sum + part, 0),
    10
  )
  assert.equal(parts.get('{part="engine",processor=""}'), 1)
  assert.equal(parts.get('{part="awaited",processor="a"}'), 4)
  const states = samples(observer, 'linescope_processor_state_seconds_total')
  assert.equal(states.get('{state="busy",processor="a"}'), 3)
  assert.equal(states.get('{state="waiting",processor="a"}'), 5)
  assert.equal(states.get('{state="blocked",processor="start"}'), 0.5)
  assert.equal(states.get('{state="busy",processor="end"}'), 0)
})

test('the oldest line that waits is told for each node, by what it waits for; 0 without one', t => {
  const { lane, observer } = laneOf(t, NAMES)
  const entry = { sourceNumber: 0, offset: 0, lineNumber: 1, attempt: 1 }
  const now = lane.now()
  lane.waitingLines([
    { ...entry, node: 1, sinceMilliseconds: now - 9_000, isParked: true },
    { ...entry, node: 1, sinceMilliseconds: now - 4_000, isParked: false },
    { ...entry, node: 1, sinceMilliseconds: now - 1_000, isParked: false }
  ])
  lane.publish('running')

  const oldest = samples(observer, 'linescope_oldest_line_seconds')
  const seconds = (labels: string): number => Math.floor(oldest.get(labels)!)
  assert.equal(oldest.size, 8)
  assert.equal(seconds('{processor="a",waits_for="attempt"}'), 9)
  assert.equal(seconds('{processor="a",waits_for="call"}'), 4)
  assert.equal(oldest.get('{processor="start",waits_for="call"}'), 0)

  lane.waitingLines([])
  lane.publish('running')
  assert.ok([...samples(observer, 'linescope_oldest_line_seconds').values()].every(value => value === 0))
})
