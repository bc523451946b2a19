// The innermost loops of a run that traces: those of hot-loop.ts, which say what a loop does, and besides what a kept
// journey needs: what a line was before a step changed it, which of several tags to one place it left by, and why.
// A module of its own for each processor, as there.

import type { Emit, Mapper, Process } from '../sdk/processor.ts'
import type { Batch, ItemQueue } from './batch.ts'
import type { CallSlot } from './call.ts'
import type { NodeRuntime } from './node.ts'

// Never equal to a tag, so that an unused slot of the comparison below cannot match.
const NO_TAG = Symbol('no tag') as unknown as string

export function createEmit(slot: CallSlot, tags: readonly string[]): Emit {
  const [first = NO_TAG, second = NO_TAG, third = NO_TAG, fourth = NO_TAG] = tags
  return (tag, value, more) => {
    if (!slot.isActive) slot.refuseLate()
    if (more?.because !== undefined) slot.noteBecause(more.because)
    const index = tag === first ? 0 : tag === second ? 1 : tag === third ? 2 : tag === fourth ? 3 : slot.indexOf(tag)
    if (slot.count === 0) {
      slot.count = 1
      slot.tag = index
      slot.value = value
    } else {
      slot.addMore(index, value)
    }
  }
}

export function runEmitting(node: NodeRuntime, batch: Batch, from: number, to: number): number {
  const { slot, emit, edgeBase, sinkCodes, sharesTarget } = node
  const process = node.behaviour as Process
  const { context } = slot
  const { values, counters } = batch
  const notes = batch.notes!
  const queues = batch.tagQueues[node.id]
  let { items } = batch.queues[node.id]
  let { path, outcome, firstChange } = batch
  slot.batch = batch
  for (let at = from; at < to; at++) {
    const item = items[at]
    const value = values[item]
    slot.item = item
    slot.at = at
    const result = process(value, emit, context)
    const emitted = slot.value
    if (
      slot.count === 1 &&
      result === undefined &&
      typeof emitted === 'string' &&
      slot.tag >= 0 &&
      slot.because === undefined
    ) {
      const tag = slot.tag
      slot.count = 0
      if (emitted !== value) {
        values[item] = emitted
        const word = path[item]
        if ((word & 1) === 0) {
          firstChange[item] = word >> 1
          path[item] = word | 1
        } else notes.change(item, word >> 1, value)
      }
      if (sharesTarget[tag] === 1) notes.way({ item, path: path[item] >> 1, tag, because: undefined })
      counters[edgeBase + tag]++
      const queue: ItemQueue | undefined = queues[tag]
      if (queue !== undefined) queue.push(item)
      else outcome[item] = sinkCodes[tag]!
      continue
    }
    if (node.settleCall(slot, result)) return at + 1
    items = batch.queues[node.id].items
    path = batch.path
    outcome = batch.outcome
    firstChange = batch.firstChange
  }
  return to
}

export function runMapping(node: NodeRuntime, batch: Batch, from: number, to: number): number {
  const { slot, edgeBase, sinkCodes } = node
  const map = node.behaviour as Mapper
  const { context } = slot
  const { values, counters } = batch
  const notes = batch.notes!
  const queue: ItemQueue | undefined = batch.tagQueues[node.id][0]
  let { items } = batch.queues[node.id]
  let { path, outcome, firstChange } = batch
  const code = sinkCodes[0]
  slot.batch = batch
  for (let at = from; at < to; at++) {
    const item = items[at]
    const value = values[item]
    slot.item = item
    slot.at = at
    const result = map(value, context)
    if (typeof result === 'string') {
      if (result !== value) {
        values[item] = result
        const word = path[item]
        if ((word & 1) === 0) {
          firstChange[item] = word >> 1
          path[item] = word | 1
        } else notes.change(item, word >> 1, value)
      }
      counters[edgeBase]++
      if (queue !== undefined) queue.push(item)
      else outcome[item] = code
      continue
    }
    if (node.settleCall(slot, result)) return at + 1
    items = batch.queues[node.id].items
    path = batch.path
    outcome = batch.outcome
    firstChange = batch.firstChange
  }
  return to
}
