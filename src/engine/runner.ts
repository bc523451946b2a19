// Runs the lines that wait at one processor: in groups through its hot loop, or one by one when it is slow,
// asynchronous or must look at what it gets. Counts and times them.

import type { Batch, ItemQueue } from './batch.ts'
import type { Calls } from './calls.ts'
import type { Doom } from './caution.ts'
import { EngineError } from './errors.ts'
import type { Failures } from './failures.ts'
import type { NodeRuntime } from './node.ts'
import type { LimitsPlan } from './plan.ts'
import { DEAD, type Telemetry } from './telemetry.ts'

// Lines of a fast processor are timed together, as many as take about so long: a clock read takes 55 ns.
const GROUP_NANOS = 64_000
const MIN_GROUP = 16
const MAX_GROUP = 512
// Its quantiles come from single lines, timed alone: at most 1,000 a second, so that they cost next to nothing.
const SAMPLE_MILLISECONDS = 1

export interface RunnerSettings {
  readonly telemetry: Telemetry
  readonly calls: Calls
  readonly failures: Failures
  readonly limits: LimitsPlan
  /** Some line can visit more processors than the limit: a cycle, or a very long chain. */
  readonly countsHops: boolean
  /** Called between two lines of a slow processor: publishes when it is due. */
  readonly betweenLines: (nowMilliseconds: number) => void
}

export class Runner {
  readonly #telemetry: Telemetry
  readonly #calls: Calls
  readonly #failures: Failures
  readonly #limits: LimitsPlan
  readonly #countsHops: boolean
  readonly #betweenLines: (nowMilliseconds: number) => void

  constructor(settings: RunnerSettings) {
    this.#telemetry = settings.telemetry
    this.#calls = settings.calls
    this.#failures = settings.failures
    this.#limits = settings.limits
    this.#countsHops = settings.countsHops
    this.#betweenLines = settings.betweenLines
  }

  /** Takes every line that waits at the processor now. Lines that it sends to itself wait for the next call. */
  run(node: NodeRuntime, batch: Batch): void {
    const queue = batch.queues[node.id]
    if (queue.head === queue.count) return
    if (batch.hasVoid) skipEnded(queue, batch, queue.count)
    if (node.hasSeveralSenders || batch.isDisordered) inInputOrder(queue, batch)
    if (this.#countsHops) this.#refuseHops(node, batch, queue)
    if (batch.errors.size > 0) forgetOldErrors(queue, batch)

    let to = queue.count
    const from = queue.head
    this.#telemetry.arrive(node.id, batch, queue, to)
    batch.counters[node.indexes.received] += to - queue.head
    node.receivedLines += to - queue.head
    const now = performance.now()
    this.#telemetry.progress.enter(node.id, now, batch)
    if (batch.doomed !== undefined) to = this.#refuseDoomed(node, batch, queue, batch.doomed)
    const visit = batch.notes?.visit(node.id, now)
    const nanosBefore = node.counters[node.indexes.timeNanos]
    if (node.isAsync || !acceptsAll(node, batch, queue, to)) this.#runOneByOne(node, batch, queue, to)
    else this.#runTimed(node, batch, queue, to, now)
    if (visit !== undefined) {
      const milliseconds = (node.counters[node.indexes.timeNanos] - nanosBefore) / 1e6
      visit.milliseconds = milliseconds / Math.max(1, queue.head - from)
    }
    if (queue.head === queue.count) queue.clear()
  }

  #runOneByOne(node: NodeRuntime, batch: Batch, queue: ItemQueue, to: number): void {
    while (queue.head < to) {
      const item = queue.items[queue.head++]
      if (batch.outcome[item] === 0) this.#calls.startOrWait(node, batch, item, 1)
    }
  }

  #runTimed(node: NodeRuntime, batch: Batch, queue: ItemQueue, end: number, startedAt: number): void {
    const telemetry = this.#telemetry
    if (!telemetry.timesCalls) {
      this.#runAll(node, batch, queue, end)
      return
    }
    let to = end
    let start = startedAt
    const first = queue.head
    // A line that runs alone is one that a lane may have died with: each of its instances is seen from outside.
    const isAlone = batch.lineCount === 1
    let showsOne = false
    while (queue.head < to) {
      const isSlow = node.isSlow
      const from = queue.head
      // Not the first of several: what it finds in the processor's caches is not what most lines find.
      const isSampleDue = !isSlow && start - node.sampledAt >= SAMPLE_MILLISECONDS
      const isSample = isSampleDue && (from > first || to - from === 1)
      const isOne = isSlow || isSample || isAlone
      const until = isOne ? from + 1 : Math.min(from + groupOf(node.meanNanos), isSampleDue ? to - 1 : to)
      // Of a group no line is told: an innocent one would be taken for the one that hangs.
      const mustShowOne = isOne && (node.isWatched || isAlone)
      if (mustShowOne) telemetry.progress.enterLine(node.id, start, batch, queue.items[from])
      else if (showsOne) telemetry.progress.enter(node.id, start, batch)
      showsOne = mustShowOne
      telemetry.clock.enter(node.id)
      this.#runGuarded(node, batch, queue, until)
      const now = performance.now()
      const nanos = (now - start) * 1e6
      const count = queue.head - from
      node.counters[node.indexes.timeNanos] += nanos
      telemetry.clock.addBusy(node.id, nanos)
      if (isSlow || isSample) telemetry.recordService(node.id, nanos, 1)
      if (isSample) node.sampledAt = now
      if (isOne && batch.notes !== undefined && !node.isAsync) noteCall(batch, queue.items[from], start, nanos / 1e6)
      node.noteNanos(nanos / count)
      start = now
      if (node.isAsync) {
        this.#runOneByOne(node, batch, queue, to)
        return
      }
      if (batch.hasVoid) to -= skipEnded(queue, batch, to)
      if (isSlow) {
        this.#betweenLines(now)
        start = performance.now()
      }
    }
  }

  /** Without telemetry, for the benchmark that measures what telemetry costs. */
  #runAll(node: NodeRuntime, batch: Batch, queue: ItemQueue, end: number): void {
    let to = end
    while (queue.head < to) {
      this.#runGuarded(node, batch, queue, to)
      if (node.isAsync) {
        this.#runOneByOne(node, batch, queue, to)
        return
      }
      if (batch.hasVoid) to -= skipEnded(queue, batch, to)
    }
  }

  /** Runs the hot loop up to `to`, or to behind the first call that must be looked at. */
  #runGuarded(node: NodeRuntime, batch: Batch, queue: ItemQueue, to: number): void {
    const { slot } = node
    slot.isActive = true
    slot.dropReason = undefined
    try {
      queue.head = node.run(node, batch, queue.head, to)
      if (slot === node.slot) slot.isActive = false
    } catch (thrown) {
      slot.isActive = false
      queue.head = slot.at + 1
      this.#failures.fail(node, slot, thrown)
    }
  }

  /** Takes the items out that are known not to come back from this processor. Returns the end of those that are left. */
  #refuseDoomed(node: NodeRuntime, batch: Batch, queue: ItemQueue, doomed: readonly Doom[]): number {
    let kept = queue.head
    for (let at = queue.head; at < queue.count; at++) {
      const item = queue.items[at]
      const doom = doomed.find(each => each.node === node.id && each.item === item)
      if (doom === undefined) queue.items[kept++] = item
      else this.#failures.refuse(node, batch, item, new EngineError(doom.code, doom.message))
    }
    queue.count = kept
    return kept
  }

  #refuseHops(node: NodeRuntime, batch: Batch, queue: ItemQueue): void {
    const { hops } = batch
    const { maxHops } = this.#limits
    let kept = queue.head
    for (let at = queue.head; at < queue.count; at++) {
      const item = queue.items[at]
      if (++hops[item] <= maxHops) {
        queue.items[kept++] = item
        continue
      }
      const error = new EngineError('hop_limit', `visited ${maxHops} processors and was sent on to "${node.name}"`)
      batch.counters[node.indexes.dead]++
      batch.counters[node.indexes.errors]++
      batch.outcome[item] = DEAD
      batch.failed.add(item)
      batch.dead.set(item, {
        kind: 'dead',
        node: node.id,
        tag: node.name,
        valueBefore: batch.values[item],
        error: { name: error.name, message: error.message, stack: undefined, code: error.code },
        attempts: []
      })
      this.#telemetry.reportError(node.id, batch, item, 1, true, error)
    }
    queue.count = kept
  }
}

/** It was timed alone. */
function noteCall(batch: Batch, item: number, startedAt: number, milliseconds: number): void {
  batch.notes!.call({
    item,
    path: batch.path[item] >> 1,
    attempt: 1,
    startedAt,
    milliseconds,
    error: undefined,
    isFinal: false,
    isQueued: false
  })
}

/** An item has the error that sent it for one visit: where it comes to next, it comes like any other. */
function forgetOldErrors(queue: ItemQueue, batch: Batch): void {
  const { errors } = batch
  for (let at = queue.head; at < queue.count; at++) {
    const sent = errors.get(queue.items[at])
    if (sent === undefined) continue
    if (sent.hasArrived) errors.delete(queue.items[at])
    else sent.hasArrived = true
  }
}

function groupOf(nanosPerLine: number): number {
  return Math.max(MIN_GROUP, Math.min(MAX_GROUP, Math.floor(GROUP_NANOS / nanosPerLine)))
}

/** Takes items that were undone out of the queue; returns how many of them stood before `to`. */
function skipEnded(queue: ItemQueue, batch: Batch, to: number): number {
  let kept = queue.head
  let skippedBefore = 0
  for (let at = queue.head; at < queue.count; at++) {
    const item = queue.items[at]
    if (batch.outcome[item] === 0) queue.items[kept++] = item
    else if (at < to) skippedBefore++
  }
  queue.count = kept
  return skippedBefore
}

function acceptsAll(node: NodeRuntime, batch: Batch, queue: ItemQueue, to: number): boolean {
  if (node.accepts === 'any' || (node.accepts === 'text' && !batch.hasRecords)) return true
  const isText = node.accepts === 'text'
  for (let at = queue.head; at < to; at++) {
    if ((typeof batch.values[queue.items[at]] === 'string') !== isText) return false
  }
  return true
}

/** A processor that several others send to gets their lines one sender after the other: merged here. */
function inInputOrder(queue: ItemQueue, batch: Batch): void {
  const { items, head, count } = queue
  if (!batch.hasForks) {
    for (let at = head + 1; at < count; at++) {
      if (items[at] < items[at - 1]) {
        items.subarray(head, count).sort()
        return
      }
    }
    return
  }
  const rank = batch.ranks()
  const sorted = Array.from(items.subarray(head, count)).sort((a, b) => rank[a] - rank[b])
  items.set(sorted, head)
}
