// The lane's books at one instant: what settled batches counted, plus what is known of the open ones.
//
// What is in flight is counted from where lines are held (queues, calls, timers, sinks' turn), never as a difference:
// a line that the engine has lost is in none of them, and shows as unaccounted.

import { LANE, NODE, NODE_OFFSET, NODE_STRIDE, nodeCount, settledShift } from '../shared-memory/index.ts'
import { type Batch, VOID } from './batch.ts'
import { awaitedSink, writeWork } from './batch-work.ts'
import type { Calls } from './calls.ts'
import type { NodeRuntime } from './node.ts'
import type { SettledTotals } from './settler.ts'
import { DEAD, DELIVERED, DROPPED, type Telemetry, UNMATCHED } from './telemetry.ts'

const OUTCOME_BITS = 0b1111

/** Instances by the node that they are at: to be settled, or of lines that will not be. */
export interface Standing {
  readonly held: Float64Array
  readonly undone: Float64Array
}

export function writeLedger(
  telemetry: Telemetry,
  totals: SettledTotals,
  open: readonly Batch[],
  nodes: readonly NodeRuntime[],
  calls: Calls
): void {
  const { counters } = telemetry
  const nodesInAll = nodeCount(telemetry.region.shape)
  const standing: Standing = { held: new Float64Array(nodesInAll), undone: new Float64Array(nodesInAll) }
  let { entered, replayed, forked, dropped, dead, unmatched } = totals
  calls.countHeld(open, standing)
  let openLines = 0
  let openBytes = 0
  const counts = new Float64Array(16)
  for (const batch of open) {
    const lines = Math.min(batch.lineCount, batch.stopAt)
    if (batch.replay === undefined) entered += lines
    else replayed += lines
    openLines += lines
    openBytes += batch.byteLength
    forked -= lines
    for (let item = 0; item < batch.itemCount; item++) {
      const sink = awaitedSink(batch, item)
      const isSettled = batch.rootOf(item) < lines
      if (sink !== undefined) (isSettled ? standing.held : standing.undone)[sink]++
      if (batch.outcome[item] === VOID || !isSettled) continue
      forked++
      // At a sink it is one of those that are held there.
      if (sink === undefined) counts[batch.outcome[item] & OUTCOME_BITS]++
    }
    for (const [node, queue] of batch.queues.entries()) countQueued(queue, batch, node, standing)
  }
  dropped += counts[DROPPED]
  dead += counts[DEAD]
  unmatched += counts[UNMATCHED]

  counters[LANE.entered] = entered
  counters[LANE.replayed] = replayed
  counters[LANE.forked] = forked
  counters[LANE.delivered] = totals.delivered
  counters[LANE.dropped] = dropped
  counters[LANE.dead] = dead
  counters[LANE.unmatched] = unmatched
  // At an end, waiting for the batch's turn to be settled, and wherever else instances are held.
  counters[LANE.in_flight] = counts[DELIVERED] + standing.held.reduce((sum, held) => sum + held, 0)
  counters[LANE.settled_forked] = totals.forked
  counters[LANE.settled_dropped] = totals.dropped
  counters[LANE.settled_dead] = totals.dead
  counters[LANE.settled_unmatched] = totals.unmatched
  counters[LANE.open_batches] = open.length
  counters[LANE.open_lines] = openLines
  counters[LANE.open_bytes] = openBytes
  writeWork(telemetry, open)
  writeNodes(telemetry, nodes, standing)
}

function writeNodes(
  { counters, region: { shape } }: Telemetry,
  nodes: readonly NodeRuntime[],
  { held, undone }: Standing
): void {
  for (const [node, count] of held.entries()) {
    const base = NODE_OFFSET + node * NODE_STRIDE
    counters[base + NODE.held] = count
    counters[base + NODE.undone] += undone[node]
  }
  const shift = settledShift(shape)
  for (const node of nodes) {
    const base = NODE_OFFSET + node.id * NODE_STRIDE
    let emitted = 0
    for (let edge = node.edgeBase; edge < node.edgeBase + node.edgeCount; edge++) emitted += counters[edge]
    counters[base + NODE.emitted] = emitted
    // What a mapper without a way out returns is delivered there.
    if (!node.isMapper || node.targets[0] !== -1) continue
    counters[base + NODE.delivered] = counters[node.edgeBase]
    counters[base + NODE.delivered + shift] = counters[node.edgeBase + shift]
  }
}

/** Lines that wait at the processor: not the undone ones, and apart those that will not be settled. */
function countQueued(queue: Batch['queues'][number], batch: Batch, node: number, { held, undone }: Standing): void {
  if (!batch.hasVoid && batch.stopAt >= batch.lineCount) {
    held[node] += queue.count - queue.head
    return
  }
  for (let at = queue.head; at < queue.count; at++) {
    const item = queue.items[at]
    if (batch.outcome[item] === 0) (batch.rootOf(item) < batch.stopAt ? held : undone)[node]++
  }
}
