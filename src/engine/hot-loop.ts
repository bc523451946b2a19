// The innermost loops. Each processor gets an instance of this module of its own (see instantiate.ts): V8 then sees
// one callee at each call site and can inline the user's function. Measured: equal to `new Function`, 1.6 times a
// shared loop.
//
// A loop takes the items queue[from..to) and returns the index it stopped at: `to`, or earlier when the call there
// returned a promise. A throw leaves through it; `slot.at` says which call it was.

import type { Emit, Mapper, Process } from '../sdk/processor.ts'
import type { Batch, ItemQueue } from './batch.ts'
import type { CallSlot } from './call.ts'
import type { NodeRuntime } from './node.ts'

// Never equal to a tag, so that an unused slot of the comparison below cannot match.
const NO_TAG = Symbol('no tag') as unknown as string

export function createEmit(slot: CallSlot, tags: readonly string[]): Emit {
  const [first = NO_TAG, second = NO_TAG, third = NO_TAG, fourth = NO_TAG] = tags
  return (tag, value) => {
    if (!slot.isActive) slot.refuseLate()
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
  const { slot, emit, edgeBase, sinkCodes } = node
  const process = node.behaviour as Process
  const { context } = slot
  const { values, counters } = batch
  const queues = batch.tagQueues[node.id]
  let { items } = batch.queues[node.id]
  let { path, outcome } = batch
  slot.batch = batch
  for (let at = from; at < to; at++) {
    const item = items[at]
    const value = values[item]
    slot.item = item
    slot.at = at
    const result = process(value, emit, context)
    const emitted = slot.value
    if (slot.count === 1 && result === undefined && typeof emitted === 'string' && slot.tag >= 0) {
      const tag = slot.tag
      slot.count = 0
      if (emitted !== value) {
        values[item] = emitted
        path[item] |= 1
      }
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
  }
  return to
}

export function runMapping(node: NodeRuntime, batch: Batch, from: number, to: number): number {
  const { slot, edgeBase, sinkCodes } = node
  const map = node.behaviour as Mapper
  const { context } = slot
  const { values, counters } = batch
  const queue: ItemQueue | undefined = batch.tagQueues[node.id][0]
  let { items } = batch.queues[node.id]
  let { path, outcome } = batch
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
        path[item] |= 1
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
  }
  return to
}

export type HotLoop = typeof runEmitting
