// How batches move through the steps of the plan, and how many a lane may have at once.

import type { Batch } from './batch.ts'
import type { NodeRuntime } from './node.ts'
import type { Runner } from './runner.ts'
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

export interface StepParts {
  readonly steps: readonly Step[]
  readonly nodes: readonly NodeRuntime[]
  readonly runner: Runner
}

/** Moves a batch as far as it can go. */
export function advanceBatch(batch: Batch, previous: Batch | undefined, parts: StepParts): void {
  const { steps } = parts
  while (batch.step < steps.length) {
    const step = steps[batch.step]
    if (batch.pending > 0) return
    // Also where it has no lines: past the batch before it, it would let the next one overtake that.
    if (!batch.hasEntered && previous !== undefined && !mayFollow(previous, batch.step, step)) return
    if (hasLines(batch, step)) {
      batch.hasEntered = true
      runStep(step, batch, parts)
      if (batch.pending > 0) return
      continue
    }
    batch.step++
    batch.hasEntered = false
  }
}

function runStep(step: Step, batch: Batch, { nodes, runner }: StepParts): void {
  do {
    for (const node of step.nodes) runner.run(nodes[node], batch)
  } while (step.isCycle && hasLines(batch, step))
}

function hasLines(batch: Batch, step: Step): boolean {
  for (const node of step.nodes) {
    const queue = batch.queues[node]
    if (queue.head < queue.count) return true
  }
  return false
}

/** A batch may enter a step once the one before has started all its lines there; a cycle takes one batch at a time. */
function mayFollow(previous: Batch, step: number, { isCycle }: Step): boolean {
  return previous.step > step || (previous.step === step && previous.hasEntered && !isCycle)
}
