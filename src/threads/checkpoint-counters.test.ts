import assert from 'node:assert/strict'
import { test } from 'node:test'

import { edgeBases, nodeNames, nodeWays, type Plan } from '../engine/index.ts'
import {
  BATCH_COUNTERS,
  counterCount,
  edgeOffset,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  nodeBook,
  settledShift
} from '../shared-memory/index.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import { counterGroups, counterValues } from './checkpoint-counters.ts'

const PLAN = simplePlan({
  start: { use: (line: string) => line, to: 'next' },
  next: { use: (line: string) => line, to: 'end' }
})
const CHANGED = simplePlan({
  start: { use: (line: string) => line, to: 'other' },
  other: { use: (line: string) => line, to: 'end' }
})

function shapeOf(plan: Plan) {
  const sinkCount = plan.sinks.length
  const edgeCount = edgeBases(plan).at(-1)!
  return { processorCount: 2, sinkCount, edgeCount, trace: false, chunkSlots: 0, chunkSlotBytes: 0 }
}

const SHAPE = shapeOf(PLAN)
const SHIFT = settledShift(SHAPE)

/** Ten lines are settled, and three more are at the second processor. */
function snapshot(): Float64Array {
  const values = new Float64Array(counterCount(SHAPE))
  const add = (node: number, counter: keyof typeof NODE, all: number, settled: number): void => {
    values[NODE_OFFSET + node * NODE_STRIDE + NODE[counter]] += all
    if ((BATCH_COUNTERS as readonly string[]).includes(counter)) {
      values[NODE_OFFSET + node * NODE_STRIDE + NODE[counter] + SHIFT] += settled
    }
  }
  add(0, 'entered', 13, 10)
  add(0, 'received', 13, 10)
  add(1, 'received', 13, 10)
  add(1, 'held', 3, 0)
  add(1, 'time_nanos', 5_000, 0)
  add(2, 'received', 10, 10)
  add(2, 'delivered', 10, 10)
  for (const [edge, [all, settled]] of [
    [13, 10],
    [10, 10]
  ].entries()) {
    values[edgeOffset(SHAPE) + edge] = all
    values[edgeOffset(SHAPE) + edge + SHIFT] = settled
  }
  return values
}

function booksOf(plan: Plan, values: Float64Array) {
  const shape = shapeOf(plan)
  const ways = nodeWays(plan)
  return nodeNames(plan).map((_, node) =>
    (['all', 'settled'] as const).map(of => nodeBook(values, shape, node, ways[node], of).unaccounted)
  )
}

test('a run that goes on from a checkpoint counts the work of open lines once, when it is done again', () => {
  const values = counterValues(PLAN, SHAPE, counterGroups(PLAN, SHAPE, snapshot()))

  const count = (node: number, counter: keyof typeof NODE): number =>
    values[NODE_OFFSET + node * NODE_STRIDE + NODE[counter]]
  assert.deepEqual([count(0, 'received'), count(1, 'received'), count(1, 'time_nanos')], [10, 10, 5_000])
  assert.deepEqual([...values.slice(edgeOffset(SHAPE), edgeOffset(SHAPE) + 2)], [10, 10])
  assert.equal(values[NODE_OFFSET + NODE.received + SHIFT], 10)
})

test('the books of a pipeline that has changed meanwhile balance from the start', () => {
  const groups = counterGroups(PLAN, SHAPE, snapshot())
  const values = counterValues(CHANGED, shapeOf(CHANGED), groups)

  // Its first processor and its sink are the old ones, the edges between them are not.
  assert.equal(values[NODE_OFFSET + NODE.entered], 10)
  for (const books of booksOf(CHANGED, values)) assert.deepEqual(books, [0, 0])
})
