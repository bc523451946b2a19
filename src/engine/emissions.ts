// Applies what a call emitted, once it has settled: one line on, several (a fork), or none (a drop or an end).

import type { LineValue } from '../sdk/line.ts'
import { type Batch, VOID } from './batch.ts'
import { awaitedSink, noteUndone } from './batch-work.ts'
import type { CallSlot } from './call.ts'
import { EngineError, fanoutMessage } from './errors.ts'
import { freeze, refuseValue } from './freeze.ts'
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
  /** Does nothing unless the run traces. */
  readonly #noteSent: NoteSent

  constructor(telemetry: Telemetry, limits: LimitsPlan, host: EmissionsHost) {
    this.#noteSent = telemetry.journeys === undefined ? () => undefined : noteSent
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
    if (slot.overLimit !== undefined) this.undoLine(node, slot, slot.overLimit)
    else if (slot.count === 0) this.#endOrDrop(node, slot)
    else {
      checkValue(slot.value)
      if (slot.more !== undefined) for (const value of slot.more.values) checkValue(value)
      this.#emit(node, slot)
    }
    slot.reset()
  }

  drop(node: NodeRuntime, batch: Batch, item: number, reason: string): void {
    batch.counters[node.indexes.dropped]++
    batch.outcome[item] = DROPPED | (this.#telemetry.reasonId(reason) << 8)
  }

  /** Sends an item on with its value: to a processor's queue or a sink. */
  deliver(batch: Batch, item: number, target: number): void {
    const queue = batch.queues[target]
    if (queue !== undefined) queue.push(item)
    else batch.outcome[item] = 1 | (target << 8)
  }

  /** The whole entering line of `item` becomes one dead letter; all that was made of it is void. */
  undoLine(node: NodeRuntime, slot: CallSlot, message: string): void {
    const { batch, item } = slot
    const error = new EngineError('fanout_limit', message)
    const line = batch.rootOf(item)
    this.#host.forget(batch, line)
    // Of a hot loop that goes on, the queue does not know yet how far it has come.
    if (slot === node.slot) batch.queues[node.id].head = slot.at + 1
    undoStanding(batch, line)
    batch.hasVoid = true
    for (let other = batch.nextOf(line); other !== -1 && batch.rootOf(other) === line; other = batch.nextOf(other)) {
      if (batch.outcome[other] === VOID) continue
      batch.outcome[other] = VOID
      batch.dead.delete(other)
    }
    batch.outcome[line] = DEAD
    // The letter tells the way of the instance that was one too many, and the value that it had.
    batch.path[line] = batch.path[item]
    batch.failed.add(line)
    batch.counters[node.indexes.dead]++
    batch.counters[node.indexes.errors]++
    batch.dead.set(line, {
      kind: 'dead',
      node: node.id,
      tag: node.name,
      valueBefore: batch.values[item],
      error: { name: error.name, message: error.message, stack: undefined, code: error.code },
      attempts: []
    })
    this.#telemetry.reportError(node.id, batch, item, 1, true, error)
  }

  #endOrDrop(node: NodeRuntime, slot: CallSlot): void {
    const { batch, item } = slot
    const dropReason = slot.dropAt === slot.at ? slot.dropReason : undefined
    if (dropReason === undefined && node.plan.isEnd && !node.isMapper) {
      batch.counters[node.indexes.delivered]++
      batch.outcome[item] = node.endCode
    } else {
      this.drop(node, batch, item, dropReason ?? 'filtered')
    }
  }

  #emit(node: NodeRuntime, slot: CallSlot): void {
    const { batch, item, more } = slot
    const before = batch.values[item]
    const path = batch.path[item]
    if (more !== undefined && !this.#reserve(node, slot, more)) return

    this.#send(node, slot, item, before, slot.tag, slot.value, 0)
    if (more === undefined) return
    batch.counters[node.indexes.forked] += more.values.length
    const depth = this.#telemetry.depthOf(path >> 1)
    let tail = item
    for (let index = 0; index < more.values.length; index++) {
      const fork = batch.fork(item, tail, before, depth)
      batch.path[fork] = path
      this.#send(node, slot, fork, before, more.tags[index], more.values[index], index + 1)
      tail = fork
    }
  }

  /** Books the extra lines of a fork; false when the entering line was undone because there are too many. */
  #reserve(node: NodeRuntime, slot: CallSlot, more: { values: LineValue[]; length: number }): boolean {
    const { batch, item } = slot
    const line = batch.rootOf(item)
    const held = batch.descendants?.get(line) ?? { count: 1, bytes: 0 }
    held.count += more.values.length
    held.bytes += more.length
    const { maxDescendants, maxDescendantBytes } = this.#limits
    if (held.count > maxDescendants || held.bytes > maxDescendantBytes) {
      this.undoLine(node, slot, fanoutMessage(this.#limits, held.count - 1))
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
    this.#noteSent(node, slot, item, before, tag, value, position)
    if (value !== before) {
      batch.values[item] = value
      batch.path[item] |= 1
      if (typeof value !== 'string') batch.hasRecords = true
    }
    if (tag === -1) {
      this.#unmatched(slot, item, slot.unknownTags?.get(position) ?? '')
      return
    }
    batch.counters[node.edgeBase + tag]++
    const target = node.targets[tag]
    if (target === -1) batch.outcome[item] = node.endCode
    else this.deliver(batch, item, target)
  }

  #unmatched({ node, batch, item: caller, attempt }: CallSlot, item: number, tag: string): void {
    batch.counters[node.indexes.unmatched]++
    batch.outcome[item] = UNMATCHED
    batch.dead.set(item, {
      kind: 'unmatched',
      node: node.id,
      tag,
      valueBefore: batch.values[item],
      error: undefined,
      attempts: attempt > 1 ? batch.attemptsOfLastCall(caller) : []
    })
  }
}

type NoteSent = (
  node: NodeRuntime,
  slot: CallSlot,
  item: number,
  before: LineValue,
  tag: number,
  value: LineValue,
  position: number
) => void

/** What a kept journey needs to know of it. */
const noteSent: NoteSent = (node, { batch, because }, item, before, tag, value, position) => {
  if (value !== before) batch.noteChange(item, before)
  const reason = because?.get(position)
  if (reason === undefined && (tag < 0 || node.sharesTarget[tag] === 0)) return
  batch.notes!.way({ item, path: batch.path[item] >> 1, tag, because: reason })
}

/** Instances of an entering line that wait at a processor or for a sink's turn wait no more. */
function undoStanding(batch: Batch, line: number): void {
  for (const [node, queue] of batch.queues.entries()) {
    for (let at = queue.head; at < queue.count; at++) {
      const item = queue.items[at]
      if (batch.rootOf(item) === line && batch.outcome[item] === 0) noteUndone(batch, node)
    }
  }
  for (let item = line; item !== -1 && batch.rootOf(item) === line; item = batch.nextOf(item)) {
    const sink = awaitedSink(batch, item)
    if (sink !== undefined) noteUndone(batch, sink)
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

/** Throws for what is no line, and freezes a record: while it can still be refused, for getters and proxies may throw. */
function checkValue(value: unknown): void {
  if (typeof value === 'string') return
  if (typeof value === 'object' && value !== null) freeze(value)
  else refuseValue(value === null || value === undefined ? String(value) : `a ${typeof value}`)
}
