// The lane's books at one instant: what settled batches counted, plus what is known of the open ones.
//
// What is in flight is counted from where lines are held (queues, calls, timers, sinks' turn), never as a difference:
// a line that the engine has lost is in none of them, and shows as unaccounted.

import { LANE, NODE, NODE_OFFSET, NODE_STRIDE } from '../shared-memory/index.ts'
import { type Batch, VOID } from './batch.ts'
import type { Calls } from './calls.ts'
import type { NodeRuntime } from './node.ts'
import type { SettledTotals } from './settler.ts'
import { DEAD, DELIVERED, DROPPED, UNMATCHED } from './telemetry.ts'

const OUTCOME_BITS = 0b1111

export function writeLedger(
  counters: Float64Array,
  totals: SettledTotals,
  open: readonly Batch[],
  nodes: readonly NodeRuntime[],
  calls: Calls
): void {
  let { entered, replayed, forked, dropped, dead, unmatched } = totals
  let inFlight = calls.countOf(open)
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
      if (batch.outcome[item] === VOID || batch.rootOf(item) >= lines) continue
      forked++
      counts[batch.outcome[item] & OUTCOME_BITS]++
    }
    for (const queue of batch.queues) inFlight += queuedIn(queue, batch)
  }
  dropped += counts[DROPPED]
  dead += counts[DEAD]
  unmatched += counts[UNMATCHED]
  // At a sink or an end, waiting for the batch's turn to be written.
  inFlight += counts[DELIVERED]

  counters[LANE.entered] = entered
  counters[LANE.replayed] = replayed
  counters[LANE.forked] = forked
  counters[LANE.delivered] = totals.delivered
  counters[LANE.dropped] = dropped
  counters[LANE.dead] = dead
  counters[LANE.unmatched] = unmatched
  counters[LANE.in_flight] = inFlight
  counters[LANE.settled_forked] = totals.forked
  counters[LANE.settled_dropped] = totals.dropped
  counters[LANE.settled_dead] = totals.dead
  counters[LANE.settled_unmatched] = totals.unmatched
  counters[LANE.open_batches] = open.length
  counters[LANE.open_lines] = openLines
  counters[LANE.open_bytes] = openBytes
  writeNodes(counters, open, nodes)
}

function writeNodes(counters: Float64Array, open: readonly Batch[], nodes: readonly NodeRuntime[]): void {
  for (const node of nodes) {
    const base = NODE_OFFSET + node.id * NODE_STRIDE
    let held = node.inFlight + node.parked + node.waiting.length - node.waitingHead
    for (const batch of open) held += queuedIn(batch.queues[node.id], batch)
    counters[base + NODE.held] = held
    let emitted = 0
    for (let edge = node.edgeBase; edge < node.edgeBase + node.edgeCount; edge++) emitted += counters[edge]
    counters[base + NODE.emitted] = emitted
    // What a mapper without a way out returns is delivered there.
    if (node.isMapper && node.targets[0] === -1) counters[base + NODE.delivered] = counters[node.edgeBase]
  }
}

/** Lines that wait at the processor: not the undone ones, nor those that will not be settled. */
function queuedIn(queue: Batch['queues'][number], batch: Batch): number {
  if (!batch.hasVoid && batch.stopAt >= batch.lineCount) return queue.count - queue.head
  let held = 0
  for (let at = queue.head; at < queue.count; at++) {
    const item = queue.items[at]
    if (batch.outcome[item] === 0 && batch.rootOf(item) < batch.stopAt) held++
  }
  return held
}
