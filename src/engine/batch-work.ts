// What nodes and edges did, kept with the batch that they did it for. So a snapshot knows their counts of settled
// batches alone, which go on across the death of a lane, beside those of all work so far.
//
// At each node, in every snapshot: entered + what the edges to it counted + forked = what its edges counted + dropped +
// dead + unmatched + delivered + held + undone. (A mapper without a way out counts what it delivers once.)

import {
  BATCH_COUNTERS,
  edgeOffset,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  nodeCount,
  OUTCOME,
  settledOffset,
  settledShift
} from '../shared-memory/index.ts'
import type { Batch } from './batch.ts'
import type { Telemetry } from './telemetry.ts'

const OUTCOME_BITS = 0b1111
const COUNTED = BATCH_COUNTERS.map(name => NODE[name])

/** Lines come to this node from outside the pipeline. */
export function noteEntered(batch: Batch, node: number, lines: number): void {
  batch.counters[NODE_OFFSET + node * NODE_STRIDE + NODE.entered] += lines
}

/** An instance that was at this node is there no more, and has no outcome: its entering line does not count. */
export function noteUndone(batch: Batch, node: number): void {
  batch.counters[NODE_OFFSET + node * NODE_STRIDE + NODE.undone]++
}

/** The sink that an item waits for its turn to be written to; undefined when it does not. */
export function awaitedSink(batch: Batch, item: number): number | undefined {
  const code = batch.outcome[item]
  return (code & OUTCOME_BITS) === OUTCOME.delivered && code >> 8 >= batch.queues.length ? code >> 8 : undefined
}

/** The batch has been written: its work joins that of the settled ones. */
export function addSettledWork({ counters, region }: Telemetry, batch: Batch): void {
  if (batch.stopAt < batch.lineCount) noteUnwritten(batch)
  const end = settledOffset(region.shape)
  const shift = settledShift(region.shape)
  for (let index = NODE_OFFSET; index < end; index++) counters[index + shift] += batch.counters[index]
}

function noteUnwritten(batch: Batch): void {
  for (let item = 0; item < batch.itemCount; item++) {
    const sink = batch.rootOf(item) < batch.stopAt ? undefined : awaitedSink(batch, item)
    if (sink !== undefined) noteUndone(batch, sink)
  }
}

/** All work so far is that of settled batches and that of the open ones. */
export function writeWork({ counters, region: { shape } }: Telemetry, open: readonly Batch[]): void {
  const edges = edgeOffset(shape)
  const end = settledOffset(shape)
  const shift = settledShift(shape)
  for (let node = 0; node < nodeCount(shape); node++) {
    const base = NODE_OFFSET + node * NODE_STRIDE
    for (const counter of COUNTED) sumUp(counters, base + counter, shift, open)
  }
  for (let edge = edges; edge < end; edge++) sumUp(counters, edge, shift, open)
}

function sumUp(counters: Float64Array, index: number, shift: number, open: readonly Batch[]): void {
  let sum = counters[index + shift]
  for (const batch of open) sum += batch.counters[index]
  counters[index] = sum
}
