// What a stop does with lines that were read ahead: those that come after every line with a call under way are given
// back, as if they had never been read. Asynchronous pipelines read far ahead, and need not work all that off.

import type { Batch, ItemQueue } from './batch.ts'
import type { Calls } from './calls.ts'

/**
 * Takes the lines out of all queues. Returns the last batch that still is to be settled, up to its `stopAt`; undefined
 * when nothing is under way, or when what would be given back cannot be read again: then all is worked off.
 */
export function giveBack(open: readonly Batch[], calls: Calls): Batch | undefined {
  const last = open.findLastIndex(batch => calls.lastLineOf(batch) >= 0)
  if (last === -1 || open.slice(last).some(batch => !batch.input.canReadAgain)) return undefined
  const batch = open[last]
  batch.stopAt = Math.min(batch.stopAt, Math.max(calls.lastLineOf(batch), lastEndedLine(batch)) + 1)
  for (const queue of batch.queues) keepLines(queue, batch)
  calls.dropWaiting(batch, batch.stopAt)
  for (const later of open.slice(last + 1)) {
    for (const queue of later.queues) queue.clear()
    calls.dropWaiting(later, 0)
  }
  return batch
}

/** Lines that came to their end are done: they need not be done again. */
function lastEndedLine(batch: Batch): number {
  let last = -1
  for (let item = 0; item < batch.itemCount; item++) {
    if (batch.outcome[item] !== 0) last = Math.max(last, batch.rootOf(item))
  }
  return last
}

function keepLines(queue: ItemQueue, batch: Batch): void {
  let kept = queue.head
  for (let at = queue.head; at < queue.count; at++) {
    if (batch.rootOf(queue.items[at]) < batch.stopAt) queue.items[kept++] = queue.items[at]
  }
  queue.count = kept
}
