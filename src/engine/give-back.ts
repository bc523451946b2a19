// What a stop does with lines that were read ahead: those behind the last one that a processor was waited for are given
// back, as if they had never been read. Asynchronous pipelines read far ahead, and need not work all that off.
//
// A line for which an asynchronous call has been started is never given back: what that call did outside, it would do
// again when the file is read again. Synchronous work is done again; it takes no time worth waiting for.

import type { Batch, ItemQueue } from './batch.ts'
import { noteUndone } from './batch-work.ts'
import type { Calls } from './calls.ts'
import type { NodeRuntime, WaitingItem } from './node.ts'

/**
 * Takes the lines out of all queues. Returns the last batch that still is to be settled, up to its `stopAt`; undefined
 * when no processor is asynchronous, or when what would be given back cannot be read again: then all is worked off.
 */
export function giveBack(open: readonly Batch[], nodes: readonly NodeRuntime[], calls: Calls): Batch | undefined {
  // A state knows of all lines that its processor has seen, and would count again those that come again.
  if (!nodes.some(node => node.isAsync) || nodes.some(node => node.snapshot !== undefined)) return undefined
  const kept = firstKeptBack(nodes)
  const last = kept === undefined ? open.findLastIndex(batch => batch.lastBegunLine >= 0) : open.indexOf(kept.batch)
  if (last === -1 || open.slice(last).some(batch => !batch.input.canReadAgain)) return undefined
  const batch = open[last]
  batch.stopAt = Math.min(batch.stopAt, kept === undefined ? batch.lastBegunLine + 1 : batch.rootOf(kept.item))
  for (const [node, queue] of batch.queues.entries()) keepLines(queue, batch, node)
  for (const later of open.slice(last + 1)) for (const queue of later.queues) queue.clear()
  calls.giveBackWaiting(
    waiting =>
      waiting.batch.sequence > batch.sequence || (waiting.batch === batch && batch.rootOf(waiting.item) >= batch.stopAt)
  )
  return batch
}

/** The first line, in input order, that a circuit breaker keeps back: tried now, it would only fail. */
function firstKeptBack(nodes: readonly NodeRuntime[]): WaitingItem | undefined {
  const isBefore = (a: WaitingItem, b: WaitingItem): boolean =>
    a.batch.sequence < b.batch.sequence || (a.batch === b.batch && a.batch.rootOf(a.item) < b.batch.rootOf(b.item))
  let first: WaitingItem | undefined
  for (const { breaker, waiting, waitingHead } of nodes) {
    if (breaker?.isOpen !== true) continue
    for (const each of waiting.slice(waitingHead)) if (first === undefined || isBefore(each, first)) first = each
  }
  return first
}

function keepLines(queue: ItemQueue, batch: Batch, node: number): void {
  let kept = queue.head
  for (let at = queue.head; at < queue.count; at++) {
    const item = queue.items[at]
    if (batch.rootOf(item) < batch.stopAt) queue.items[kept++] = item
    else if (batch.outcome[item] === 0) noteUndone(batch, node)
  }
  queue.count = kept
}
