import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  counterCount,
  edgeCounter,
  LANE,
  LANE_COUNTERS,
  laneCounter,
  NODE,
  NODE_COUNTERS,
  NODE_OFFSET,
  NODE_STRIDE,
  nodeCount,
  nodeCounter,
  settledOffset
} from './counters.ts'
import { settledShift } from './node-books.ts'
import { testRegion } from './test-region.ts'

const { shape } = testRegion()

test('every counter of a shape has an index of its own, and together they fill the snapshot, twice from the nodes on', () => {
  const indexes = [
    ...LANE_COUNTERS.map(laneCounter),
    ...Array.from({ length: nodeCount(shape) }).flatMap((_, node) =>
      NODE_COUNTERS.map(name => nodeCounter(node, name, shape))
    ),
    ...Array.from({ length: shape.edgeCount }).map((_, edge) => edgeCounter(edge, shape))
  ]
  assert.deepEqual(
    indexes,
    Array.from({ length: settledOffset(shape) }, (_, index) => index)
  )
  assert.equal(counterCount(shape), settledOffset(shape) + indexes.length - LANE_COUNTERS.length)
  assert.equal(settledShift(shape), indexes.length - LANE_COUNTERS.length)
})

test('the constants for hot loops agree with the functions', () => {
  assert.equal(LANE.settled_lines, laneCounter('settled_lines'))
  assert.equal(NODE_OFFSET + 2 * NODE_STRIDE + NODE.time_nanos, nodeCounter(2, 'time_nanos', shape))
})

test('a node or edge that does not exist has no index', () => {
  assert.throws(() => nodeCounter(3, 'received', shape), /no node 3/)
  assert.throws(() => nodeCounter(-1, 'received', shape), /no node -1/)
  assert.throws(() => edgeCounter(3, shape), /no edge 3/)
})
