// For `try`, the test kit and taps: sees every hop with its value. A run mostly has none, and pays nothing for the
// possibility.

import type { Batch, ItemQueue } from './batch.ts'

export interface LaneObserver {
  /** Items from the queue's head up to `to` come to the processor, with the values that they have now. */
  arriving(node: number, batch: Batch, queue: ItemQueue, to: number): void
  /** All outcomes of the batch are known and its sinks are written; it is about to be counted. */
  settling(batch: Batch, lines: number): void
}
