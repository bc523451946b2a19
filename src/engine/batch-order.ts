// Which batch may do what at a step, and how many a lane may have at once.

import type { Batch } from './batch.ts'
import type { Step } from './steps.ts'

export const MAX_OPEN_BATCHES = 64
const MAX_OPEN_BYTES = 4 * 1024 * 1024

/** More may not be read before some of these have settled. */
export function isFull(open: readonly Batch[]): boolean {
  if (open.length === 0) return false
  if (open.length >= MAX_OPEN_BATCHES) return true
  let bytes = 0
  for (const batch of open) bytes += batch.byteLength
  return bytes >= MAX_OPEN_BYTES
}

export function hasLines(batch: Batch, step: Step): boolean {
  for (const node of step.nodes) {
    const queue = batch.queues[node]
    if (queue.head < queue.count) return true
  }
  return false
}

/** A batch may enter a step once the one before has started all its lines there; a cycle takes one batch at a time. */
export function mayFollow(previous: Batch, step: number, { isCycle }: Step): boolean {
  return previous.step > step || (previous.step === step && previous.hasEntered && !isCycle)
}
