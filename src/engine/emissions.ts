// Applies what a call emitted, once it has settled: one line on, several (a fork), or none (a drop or an end).

import type { LineRecord, LineValue } from '../sdk/line.ts'
import { type Batch, VOID } from './batch.ts'
import type { CallSlot } from './call.ts'
import { EngineError } from './errors.ts'
import type { NodeRuntime } from './node.ts'
import type { LimitsPlan } from './plan.ts'
import type { Telemetry } from './telemetry.ts'
import { DEAD, DROPPED, UNMATCHED } from './telemetry.ts'

export interface EmissionsHost {
  /** Takes over a call that returned a promise. */
  adopt(node: NodeRuntime, slot: CallSlot, promise: PromiseLike<unknown>): void
  /** Forgets the calls, retries and waiting items of an entering line that is undone. */
  forget(batch: Batch, line: number): void
}

export class Emissions {
  readonly #telemetry: Telemetry
  readonly #limits: LimitsPlan
  readonly #host: EmissionsHost

  constructor(telemetry: Telemetry, limits: LimitsPlan, host: EmissionsHost) {
    this.#telemetry = telemetry
    this.#limits = limits
    this.#host = host
  }

  /**
   * What a call returned: true when the loop that made it must stop behind it, because it is asynchronous or because a
   * line was undone. Throws when what it emitted is no line.
   */
  readonly settleCall = (node: NodeRuntime, slot: CallSlot, result: unknown): boolean => {
    if (isPromise(result)) {
      this.#host.adopt(node, slot, result)
      return true
    }
    const { batch } = slot
    this.finish(node, slot, result)
    // Items of a line that was undone may stand further on in the queue: the loop must look again.
    return batch.hasVoid
  }

  /** Applies a call that has settled with `result`. Throws, with nothing applied, when a value is no line. */
  finish(node: NodeRuntime, slot: CallSlot, result: unknown): void {
    if (node.isMapper && result !== undefined) {
      slot.count = 1
      slot.tag = 0
      slot.value = result as LineValue
    }
    const { count } = slot
    if (slot.isOverLimit) {
      const error = new EngineError('fanout_limit', `emitted more than ${this.#limits.maxDescendants} lines for one`)
      this.undoLine(node, slot.batch, slot.item, error)
    } else if (count === 0) {
      this.#endOrDrop(node, slot)
    } else {
      if (isNoLine(slot.value)) refuseValue(slot.value)
      const more = slot.more
      if (more !== undefined) for (const value of more.values) if (isNoLine(value)) refuseValue(value)
      this.#emit(node, slot)
    }
    slot.reset()
  }

  drop(node: NodeRuntime, batch: Batch, item: number, reason: string): void {
    node.counters[node.indexes.dropped]!++
    batch.outcome[item] = DROPPED | (this.#telemetry.reasonId(reason) << 8)
  }

  /** Sends an item on with its value: to a processor's queue or a sink. */
  deliver(batch: Batch, item: number, target: number): void {
    const queue = batch.queues[target]
    if (queue !== undefined) queue.push(item)
    else batch.outcome[item] = 1 | (target << 8)
  }

  /** The whole entering line of `item` becomes one dead letter; all that was made of it is void. */
  undoLine(node: NodeRuntime, batch: Batch, item: number, error: EngineError): void {
    const line = batch.rootOf(item)
    this.#host.forget(batch, line)
    batch.hasVoid = true
    for (let other = batch.nextOf(line); other !== -1 && batch.rootOf(other) === line; other = batch.nextOf(other)) {
      if (batch.outcome[other] === VOID) continue
      batch.outcome[other] = VOID
      batch.dead.delete(other)
      batch.voidCount++
    }
    batch.outcome[line] = DEAD
    node.counters[node.indexes.dead]!++
    batch.dead.set(line, {
      kind: 'dead',
      node: node.id,
      tag: node.name,
      valueBefore: batch.values[item]!,
      error: { name: error.name, message: error.message, stack: undefined, code: error.code },
      attempts: []
    })
    this.#telemetry.reportError(node.id, batch, item, 1, true, error)
  }

  #endOrDrop(node: NodeRuntime, slot: CallSlot): void {
    const { batch, item, dropReason } = slot
    if (dropReason === undefined && node.plan.isEnd && !node.isMapper) {
      node.counters[node.indexes.delivered]!++
      batch.outcome[item] = node.endCode
    } else {
      this.drop(node, batch, item, dropReason ?? 'filtered')
    }
  }

  #emit(node: NodeRuntime, slot: CallSlot): void {
    const { batch, item, more } = slot
    const before = batch.values[item]!
    const path = batch.path[item]!
    if (more !== undefined && !this.#reserve(node, batch, item, more)) return

    this.#send(node, slot, item, before, slot.tag, slot.value, 0)
    if (more === undefined) return
    const depth = this.#telemetry.depthOf(path >> 1)
    let tail = item
    for (let index = 0; index < more.values.length; index++) {
      const fork = batch.fork(item, tail, before, depth)
      batch.path[fork] = path
      this.#send(node, slot, fork, before, more.tags[index]!, more.values[index]!, index + 1)
      tail = fork
    }
  }

  /** Books the extra lines of a fork; false when the entering line was undone because there are too many. */
  #reserve(node: NodeRuntime, batch: Batch, item: number, more: { values: LineValue[]; length: number }): boolean {
    const line = batch.rootOf(item)
    const held = batch.descendants?.get(line) ?? { count: 1, bytes: 0 }
    held.count += more.values.length
    held.bytes += more.length
    const { maxDescendants, maxDescendantBytes } = this.#limits
    if (held.count > maxDescendants || held.bytes > maxDescendantBytes) {
      const limit =
        held.count > maxDescendants ? `${maxDescendants} lines` : `${Math.round(maxDescendantBytes / 1048576)} MiB`
      this.undoLine(node, batch, item, new EngineError('fanout_limit', `one entering line became more than ${limit}`))
      return false
    }
    // The map comes to life with the first fork of a batch, which may be this one.
    batch.ensureForks().set(line, held)
    return true
  }

  #send(
    node: NodeRuntime,
    slot: CallSlot,
    item: number,
    before: LineValue,
    tag: number,
    value: LineValue,
    position: number
  ): void {
    const { batch } = slot
    if (value !== before) {
      batch.values[item] = value
      batch.path[item]! |= 1
      if (typeof value !== 'string') {
        freeze(value)
        batch.hasRecords = true
      }
    }
    if (tag === -1) {
      this.#unmatched(node, batch, item, slot.unknownTags?.get(position) ?? '')
      return
    }
    node.counters[node.edgeBase + tag]!++
    const target = node.targets[tag]!
    if (target === -1) {
      node.counters[node.indexes.delivered]!++
      batch.outcome[item] = node.endCode
    } else this.deliver(batch, item, target)
  }

  #unmatched(node: NodeRuntime, batch: Batch, item: number, tag: string): void {
    node.counters[node.indexes.unmatched]!++
    batch.outcome[item] = UNMATCHED
    batch.dead.set(item, {
      kind: 'unmatched',
      node: node.id,
      tag,
      valueBefore: batch.values[item]!,
      error: undefined,
      attempts: batch.attempts.get(item) ?? []
    })
  }
}

function isPromise(result: unknown): result is PromiseLike<unknown> {
  return (
    result !== null &&
    typeof result === 'object' &&
    'then' in result &&
    typeof (result as PromiseLike<unknown>).then === 'function'
  )
}

function isNoLine(value: unknown): boolean {
  return typeof value !== 'string' && (typeof value !== 'object' || value === null)
}

function refuseValue(value: unknown): never {
  const what = value === null ? 'null' : typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`
  throw new EngineError('wrong_value', `emitted ${what}; a line is text or a record (an object or array)`)
}

// Stops at what is frozen already: a record that passes through unchanged costs one check.
function freeze(value: LineRecord): void {
  if (Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) freeze(inner as LineRecord)
  }
}
