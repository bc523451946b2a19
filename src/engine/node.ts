// A processor as a lane runs it: behaviour, where its tags lead, its counters' indexes, and its calls under way.

import type { Accepts, Emit, Mapper, Process } from '../sdk/processor.ts'
import type { Batch } from './batch.ts'
import { type CallHost, CallSlot } from './call.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { HotLoop } from './hot-loop.ts'
import type { Behaviour } from './instantiate.ts'
import type { ProcessorPlan } from './plan.ts'

/** Indexes of a node's counters in the lane's counter array. */
export interface NodeCounterIndexes {
  readonly entered: number
  readonly received: number
  readonly forked: number
  readonly errors: number
  readonly retries: number
  readonly dropped: number
  readonly dead: number
  readonly unmatched: number
  readonly delivered: number
  readonly undone: number
  readonly timeNanos: number
}

/** An item that waits for one of the processor's `concurrency` calls to end. */
export interface WaitingItem {
  readonly batch: Batch
  readonly item: number
  readonly attempt: number
}

export interface NodeSettings {
  readonly id: number
  readonly plan: ProcessorPlan
  readonly behaviour: Behaviour
  readonly host: CallHost
  readonly counters: Float64Array
  readonly indexes: NodeCounterIndexes
  /** Index of the counter of its first edge. */
  readonly edgeBase: number
  /** Node ids by tag index; a mapper has one, -1 at an end. */
  readonly targets: readonly number[]
  /** Leaf codes by tag index, for targets that are sinks. */
  readonly sinkCodes: Int32Array
  readonly hasSeveralSenders: boolean
  /** Applies what a call emitted; true when it is asynchronous. */
  readonly settleCall: (node: NodeRuntime, slot: CallSlot, result: unknown) => boolean
}

// Processors slower than this are timed line by line: 2 clock reads of about 55 ns are 5 % of it.
const SLOW_NANOS = 2_000
// From here on progress is noted line by line, for the watchdog and `busy_since`.
const WATCHED_NANOS = 20_000

export class NodeRuntime {
  readonly id: number
  readonly name: string
  readonly plan: ProcessorPlan
  readonly behaviour: Process | Mapper
  readonly isMapper: boolean
  readonly accepts: Accepts
  readonly close: () => void | Promise<void>
  readonly snapshot: (() => unknown) | undefined
  readonly counters: Float64Array
  readonly indexes: NodeCounterIndexes
  readonly edgeBase: number
  readonly targets: readonly number[]
  readonly sinkCodes: Int32Array
  /** By tag: 1 when another tag leads to the same node, so that where a line went does not tell its tag. */
  readonly sharesTarget: Uint8Array
  readonly tagIndex: ReadonlyMap<string, number>
  /** Leaf code of a line that is delivered at this processor. */
  readonly endCode: number
  /** Edges from `edgeBase` on: one by tag, and one for `on_error: { to }`. */
  readonly edgeCount: number
  /** Several processors send to it, so that its queue must be merged. */
  readonly hasSeveralSenders: boolean
  readonly run: HotLoop
  readonly host: CallHost

  slot: CallSlot
  emit: Emit
  /** Lines that have come to it in this lane. */
  receivedLines = 0
  /** Once a call has returned a promise, calls are started one by one up to `concurrency`. */
  isAsync = false
  inFlight = 0
  breaker: CircuitBreaker | undefined
  /** The line that is tried while the breaker is open. */
  probe: WaitingItem | undefined
  /** Items that wait for the time of their next try. */
  parked = 0
  readonly waiting: WaitingItem[] = []
  waitingHead = 0
  /** Running mean of what one line takes; unknown, so timed alone, until the first has been seen. */
  meanNanos = Number.POSITIVE_INFINITY
  /** When a line was timed alone last, for the quantiles, by this thread's clock. */
  sampledAt = Number.NEGATIVE_INFINITY

  readonly #behaviour: Behaviour
  readonly #settle: NodeSettings['settleCall']

  constructor(settings: NodeSettings) {
    const { plan, behaviour } = settings
    this.id = settings.id
    this.name = plan.name
    this.plan = plan
    this.#behaviour = behaviour
    this.behaviour = behaviour.process
    this.isMapper = behaviour.isMapper
    this.accepts = behaviour.accepts
    this.close = behaviour.close
    this.snapshot = behaviour.snapshot
    this.run = behaviour.loop.run
    this.counters = settings.counters
    this.indexes = settings.indexes
    this.edgeBase = settings.edgeBase
    this.targets = settings.targets
    this.sinkCodes = settings.sinkCodes
    const { targets } = settings
    this.sharesTarget = Uint8Array.from(targets, target =>
      targets.indexOf(target) === targets.lastIndexOf(target) ? 0 : 1
    )
    this.endCode = 1 | (settings.id << 8)
    this.edgeCount = settings.targets.length + (plan.onError.kind === 'to' ? 1 : 0)
    this.hasSeveralSenders = settings.hasSeveralSenders
    this.tagIndex = new Map(plan.tags.map(({ tag }, index) => [tag, index]))
    this.host = settings.host
    this.#settle = settings.settleCall
    this.slot = new CallSlot(this, settings.host)
    this.emit = this.createEmit(this.slot)
  }

  /** Calls of it hold lines: under way, parked, or not begun yet. */
  get holds(): boolean {
    return this.inFlight > 0 || this.parked > 0 || this.waitingHead < this.waiting.length
  }

  get isSlow(): boolean {
    return this.meanNanos >= SLOW_NANOS
  }

  get isWatched(): boolean {
    return this.meanNanos >= WATCHED_NANOS
  }

  settleCall(slot: CallSlot, result: unknown): boolean {
    return this.#settle(this, slot, result)
  }

  createEmit(slot: CallSlot): Emit {
    return this.#behaviour.loop.createEmit(
      slot,
      this.plan.tags.map(({ tag }) => tag)
    )
  }

  /** The slot of a call that goes on stays with it; the next call gets a new one. */
  replaceSlot(): void {
    this.slot = new CallSlot(this, this.host)
    this.emit = this.createEmit(this.slot)
  }

  noteNanos(nanosPerLine: number): void {
    this.meanNanos =
      this.meanNanos === Number.POSITIVE_INFINITY ? nanosPerLine : this.meanNanos * 0.9 + nanosPerLine * 0.1
  }
}
