// Calls that do not end at once: asynchronous ones, retries that wait for their time, items that wait for a free call.
//
// Each counts in `batch.pending` of its batch, which stays at its step until the count is 0. Calls of one processor
// start in input order; how many are under way at once is the processor's `concurrency`.

import type { Mapper, Process } from '../sdk/processor.ts'
import type { Batch } from './batch.ts'
import { noteUndone } from './batch-work.ts'
import { CallSlot } from './call.ts'
import type { Emissions } from './emissions.ts'
import { EngineError } from './errors.ts'
import type { Failures } from './failures.ts'
import type { Standing } from './ledger.ts'
import type { NodeRuntime, WaitingItem } from './node.ts'
import type { Telemetry } from './telemetry.ts'

/** A call under way, or a retry that waits for its time. */
export interface Held {
  readonly node: NodeRuntime
  readonly batch: Batch
  readonly item: number
  readonly attempt: number
  readonly sinceMilliseconds: number
  readonly isParked: boolean
}

interface Parked extends Held {
  readonly timer: NodeJS.Timeout
}

export interface CallsHost {
  /** Something that held a batch back has ended. */
  progressed(): void
}

export class Calls {
  readonly #telemetry: Telemetry
  readonly #host: CallsHost
  #emissions!: Emissions
  #failures!: Failures
  readonly #running = new Map<CallSlot, Held>()
  readonly #parked = new Set<Parked>()
  readonly #waitingNodes = new Set<NodeRuntime>()
  #timeoutTimer: NodeJS.Timeout | undefined
  /** When the timer ends the first call whose time is up. */
  #timeoutAt = Number.POSITIVE_INFINITY
  #abandoned: readonly Held[] = []
  #isClosed = false

  constructor(telemetry: Telemetry, host: CallsHost) {
    this.#telemetry = telemetry
    this.#host = host
  }

  /** Closes the circle of the three that need each other. */
  connect(emissions: Emissions, failures: Failures): void {
    this.#emissions = emissions
    this.#failures = failures
  }

  /** Calls under way and parked retries, oldest first. */
  held(): Held[] {
    return [...this.#running.values(), ...this.#parked].sort((a, b) => a.sinceMilliseconds - b.sinceMilliseconds)
  }

  /** Adds the lines of these batches that calls hold, by node, parked and waiting ones included. */
  countHeld(batches: readonly Batch[], { held, undone }: Standing): void {
    const note = (node: NodeRuntime, { batch, item }: { readonly batch: Batch; readonly item: number }): void => {
      if (batches.includes(batch)) (batch.rootOf(item) < batch.stopAt ? held : undone)[node.id]++
    }
    for (const each of [...this.#running.values(), ...this.#parked, ...this.#abandoned]) note(each.node, each)
    for (const node of this.#waitingNodes) {
      for (let at = node.waitingHead; at < node.waiting.length; at++) note(node, node.waiting[at])
    }
  }

  /** Items that wait for a free call and are given back will not get one: it is as if they had not come. */
  giveBackWaiting(isGivenBack: (waiting: WaitingItem) => boolean): void {
    this.#forgetWaiting(isGivenBack, (node, { batch }) => {
      node.receivedLines--
      batch.counters[node.indexes.received]--
      noteUndone(batch, node.id)
    })
  }

  /** Starts the call, or lets the item wait until one of the calls under way has ended. */
  startOrWait(node: NodeRuntime, batch: Batch, item: number, attempt: number): void {
    batch.pending++
    if (node.inFlight >= node.plan.concurrency || node.breaker?.isOpen === true) {
      node.waiting.push({ batch, item, attempt })
      this.#waitingNodes.add(node)
      if (node.inFlight === 0) this.#note(node)
    } else this.#start(node, batch, item, attempt)
  }

  /** One call with a slot of its own, for what the hot loops do not do. Counts nothing in `pending`. */
  callNow(node: NodeRuntime, batch: Batch, item: number, attempt: number): void {
    batch.pending++
    this.#start(node, batch, item, attempt)
  }

  /** A call returned a promise. One of a hot loop keeps the loop's slot, which gets a new one. */
  adopt(node: NodeRuntime, slot: CallSlot, promise: PromiseLike<unknown>): void {
    // Before anything is noted down: a promise of another make may throw here. It calls back later, whatever it is.
    void Promise.prototype.then.call(
      Promise.resolve(promise),
      result => this.#settled(node, slot, result, undefined, false),
      (thrown: unknown) => this.#settled(node, slot, undefined, thrown, true)
    )
    node.isAsync = true
    slot.batch.isDisordered = true
    if (slot === node.slot) {
      node.replaceSlot()
      slot.batch.pending++
      slot.startedAt = performance.now()
      this.#telemetry.progress.noteBegun(slot.batch, slot.item)
    }
    this.#track(node, slot)
  }

  /** The breaker of the processor is open: one of the lines that wait is tried. */
  probe(node: NodeRuntime): void {
    const waiting = node.waiting[node.waitingHead]
    if (waiting === undefined || node.probe !== undefined || this.#isClosed) return
    node.waitingHead++
    waiting.batch.pending--
    node.probe = waiting
    this.callNow(node, waiting.batch, waiting.item, waiting.attempt)
    this.#host.progressed()
  }

  /** Its breaker has closed. */
  goOnWith(node: NodeRuntime): void {
    this.#goOn(new Set([node]))
  }

  #succeeded(node: NodeRuntime, { batch, item }: CallSlot): void {
    const { probe } = node
    if (probe === undefined || probe.batch !== batch || probe.item !== item) return
    node.probe = undefined
    node.breaker?.succeeded()
  }

  park(node: NodeRuntime, batch: Batch, item: number, attempt: number, waitMilliseconds: number): void {
    batch.pending++
    batch.noteBegun(item)
    node.parked++
    this.#note(node)
    const timer = setTimeout(() => {
      this.#unpark(parked)
      this.startOrWait(node, batch, item, attempt)
      this.#host.progressed()
    }, waitMilliseconds)
    const sinceMilliseconds = performance.now()
    const parked: Parked = { node, batch, item, attempt, sinceMilliseconds, isParked: true, timer }
    this.#parked.add(parked)
  }

  #unpark(parked: Parked): void {
    this.#parked.delete(parked)
    parked.batch.pending--
    parked.node.parked--
    this.#note(parked.node)
  }

  /** Forgets what belongs to an entering line that was undone. */
  forget(batch: Batch, line: number): void {
    const isOfLine = (held: { batch: Batch; item: number }): boolean =>
      held.batch === batch && batch.rootOf(held.item) === line
    for (const parked of this.#parked) {
      if (!isOfLine(parked)) continue
      clearTimeout(parked.timer)
      this.#unpark(parked)
      noteUndone(batch, parked.node.id)
    }
    const freed = new Set<NodeRuntime>()
    for (const [slot, held] of this.#running) {
      if (!isOfLine(held)) continue
      this.#release(slot)
      freed.add(held.node)
      noteUndone(batch, held.node.id)
      slot.controller?.abort(new EngineError('fanout_limit', 'the entering line was undone'))
    }
    this.#forgetWaiting(isOfLine, node => noteUndone(batch, node.id))
    // Not at once: the line is being undone in the middle of another call.
    if (freed.size > 0) queueMicrotask(() => this.#goOn(freed))
  }

  #forgetWaiting(
    isForgotten: (waiting: WaitingItem) => boolean,
    onForgotten: (node: NodeRuntime, waiting: WaitingItem) => void
  ): void {
    for (const node of this.#waitingNodes) {
      const { waiting } = node
      let kept = 0
      for (let at = node.waitingHead; at < waiting.length; at++) {
        const each = waiting[at]
        if (!isForgotten(each)) waiting[kept++] = each
        else {
          each.batch.pending--
          onForgotten(node, each)
        }
      }
      waiting.length = kept
      node.waitingHead = 0
      this.#note(node)
    }
  }

  /** Ends everything that is under way, unsettled: its lines stay in flight. */
  abandon(): void {
    this.close()
    this.#abandoned = [...this.#abandoned, ...this.held()]
    for (const parked of this.#parked) clearTimeout(parked.timer)
    this.#parked.clear()
    const slots = [...this.#running.keys()]
    this.#running.clear()
    for (const slot of slots) {
      slot.isActive = false
      slot.controller?.abort(new EngineError('timeout', 'the run is ending'))
    }
  }

  /** Nothing starts any more, and no timer keeps the process alive. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timeoutTimer)
  }

  #goOn(nodes: ReadonlySet<NodeRuntime>): void {
    for (const node of nodes) this.#startWaiting(node)
    this.#host.progressed()
  }

  #start(node: NodeRuntime, batch: Batch, item: number, attempt: number): void {
    // What it emits may come after what later lines emitted.
    batch.isDisordered = true
    const slot = new CallSlot(node, node.host)
    slot.batch = batch
    slot.item = item
    slot.attempt = attempt
    slot.isActive = true
    slot.startedAt = performance.now()
    this.#telemetry.progress.noteBegun(batch, item)
    this.#telemetry.progress.enterLine(node.id, slot.startedAt, batch, item)
    let result: unknown
    try {
      refuseWrongInput(node, batch, item)
      const value = batch.values[item] as never
      const emit = node.createEmit(slot)
      result = node.isMapper
        ? (node.behaviour as Mapper)(value, slot.context)
        : (node.behaviour as Process)(value, emit, slot.context)
      node.settleCall(slot, result)
      if (this.#running.has(slot)) {
        this.#telemetry.progress.leave()
        this.#telemetry.clock.addBusy(node.id, (performance.now() - slot.startedAt) * 1e6)
        return
      }
    } catch (thrown) {
      slot.isActive = false
      this.#telemetry.progress.leave()
      this.#telemetry.clock.addBusy(node.id, this.#recordTime(node, slot))
      batch.pending--
      this.#failures.fail(node, slot, thrown)
      return
    }
    this.#telemetry.progress.leave()
    slot.isActive = false
    batch.pending--
    this.#telemetry.clock.addBusy(node.id, this.#recordTime(node, slot))
    this.#succeeded(node, slot)
  }

  /** Follows a promise to its end. The slot stays active: the call may emit until then. */
  #track(node: NodeRuntime, slot: CallSlot): void {
    const { batch, item, attempt } = slot
    slot.isActive = true
    batch.noteBegun(item)
    node.inFlight++
    this.#note(node, slot.startedAt)
    this.#running.set(slot, {
      node,
      batch,
      item,
      attempt,
      sinceMilliseconds: slot.startedAt,
      isParked: false
    })
    const { timeoutMilliseconds } = node.plan
    if (timeoutMilliseconds > 0) this.#armTimeout(slot.startedAt + timeoutMilliseconds)
  }

  #settled(node: NodeRuntime, slot: CallSlot, result: unknown, thrown: unknown, hasFailed: boolean): void {
    if (!this.#running.has(slot)) return
    this.#recordTime(node, slot)
    this.#release(slot)
    if (hasFailed) this.#failures.fail(node, slot, thrown)
    else {
      try {
        this.#emissions.finish(node, slot, result)
        this.#succeeded(node, slot)
      } catch (error) {
        this.#failures.fail(node, slot, error)
      }
    }
    this.#startWaiting(node)
    this.#host.progressed()
  }

  #release(slot: CallSlot): void {
    this.#running.delete(slot)
    slot.isActive = false
    slot.node.inFlight--
    this.#note(slot.node)
    slot.batch.pending--
  }

  #startWaiting(node: NodeRuntime): void {
    if (this.#isClosed) return
    while (
      node.inFlight < node.plan.concurrency &&
      node.waitingHead < node.waiting.length &&
      node.breaker?.isOpen !== true
    ) {
      const { batch, item, attempt } = node.waiting[node.waitingHead++]
      batch.pending--
      this.callNow(node, batch, item, attempt)
    }
    if (node.waitingHead > 1024 || node.waitingHead === node.waiting.length) {
      node.waiting.splice(0, node.waitingHead)
      node.waitingHead = 0
    }
    if (node.waiting.length === 0) this.#waitingNodes.delete(node)
  }

  /** Lines have come into the processor's calls or left them. */
  #note(node: NodeRuntime, now = performance.now()): void {
    this.#telemetry.clock.note(node.id, node.inFlight, node.holds, now)
  }

  /** Returns how long the call took, in nanoseconds. */
  #recordTime(node: NodeRuntime, slot: CallSlot): number {
    const nanos = (performance.now() - slot.startedAt) * 1e6
    node.counters[node.indexes.timeNanos] += nanos
    this.#telemetry.recordService(node.id, nanos, 1)
    const { batch, item, attempt, startedAt } = slot
    batch.notes?.call({
      item,
      path: batch.path[item] >> 1,
      attempt,
      startedAt,
      milliseconds: nanos / 1e6,
      error: undefined,
      isFinal: false,
      isQueued: true
    })
    return nanos
  }

  // One timer for all, set anew only when a call's time ends before that of all others: most processors have the same.
  #armTimeout(at: number): void {
    if (at >= this.#timeoutAt || this.#isClosed) return
    clearTimeout(this.#timeoutTimer)
    this.#timeoutAt = at
    this.#timeoutTimer = setTimeout(() => this.#endOverdue(), Math.max(1, at - performance.now()))
  }

  #endOverdue(): void {
    this.#timeoutAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const [slot, { node, sinceMilliseconds }] of this.#running) {
      const { timeoutMilliseconds } = node.plan
      if (timeoutMilliseconds === 0) continue
      const at = sinceMilliseconds + timeoutMilliseconds
      if (at > now) {
        next = Math.min(next, at)
        continue
      }
      const error = new EngineError('timeout', `took longer than ${timeoutMilliseconds} ms`)
      this.#settled(node, slot, undefined, error, true)
      slot.controller?.abort(error)
    }
    this.#armTimeout(next)
  }
}

/** A text step that gets a record, or the other way round. */
function refuseWrongInput(node: NodeRuntime, batch: Batch, item: number): void {
  if (node.accepts === 'any') return
  const isText = typeof batch.values[item] === 'string'
  if (isText === (node.accepts === 'text')) return
  throw new EngineError(
    'wrong_input',
    isText
      ? `"${node.name}" takes a record, got text: add parse_json before it`
      : `"${node.name}" takes text, got a record: add to_json before it`
  )
}
