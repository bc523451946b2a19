// One call of a processor: what it emitted so far, and the context that it was given.
//
// Nothing of a call takes effect before the call has settled, so a throw undoes all of it. Synchronous calls of a
// processor share one slot; a call that turns out to be asynchronous keeps its slot and the next one gets a new one.

import type { LineValue } from '../sdk/line.ts'
import type { ProcessorContext } from '../sdk/processor.ts'
import type { Batch } from './batch.ts'
import { EngineError, fanoutMessage } from './errors.ts'
import type { NodeRuntime } from './node.ts'
import type { LimitsPlan } from './plan.ts'

/** What a slot asks of the lane. */
export interface CallHost extends Pick<LimitsPlan, 'maxDescendants' | 'maxDescendantBytes'> {
  /** A call emitted after it had settled. */
  lateEmit(node: NodeRuntime): void
  log(node: NodeRuntime, message: string): void
}

export class CallSlot {
  readonly node: NodeRuntime
  readonly host: CallHost
  readonly context: CallContext
  batch!: Batch
  item = 0
  attempt = 1
  /** Index in the queue, so that a loop can go on behind a call that threw. */
  at = 0
  isActive = false

  count = 0
  /** Index among the processor's tags, or -1 for one that it did not declare. */
  tag = 0
  value: LineValue = ''
  /** Emissions after the first, and the length of their texts. */
  more: { tags: number[]; values: LineValue[]; length: number } | undefined
  /** Tags that the processor did not declare, by position of the emission. */
  unknownTags: Map<number, string> | undefined
  /** Reasons that came with emissions, by position; only when tracing. */
  because: Map<number, string> | undefined
  dropReason: string | undefined
  /** `at` of the call that set it: a call that emits and drops leaves its reason behind. */
  dropAt = 0
  /** What the call emitted too much of. */
  overLimit: string | undefined
  controller: AbortController | undefined
  startedAt = 0

  constructor(node: NodeRuntime, host: CallHost) {
    this.node = node
    this.host = host
    this.context = new CallContext(this)
  }

  addMore(tag: number, value: LineValue): void {
    this.more ??= { tags: [], values: [], length: 0 }
    const { more, host } = this
    if (this.count >= host.maxDescendants || more.length > host.maxDescendantBytes) {
      this.overLimit = fanoutMessage(host, this.count)
      throw new EngineError('fanout_limit', this.overLimit)
    }
    this.count++
    more.tags.push(tag)
    more.values.push(value)
    if (typeof value === 'string') more.length += value.length
  }

  /** Tags beyond the four that `emit` compares by itself; -1 and a note when it is not declared. */
  indexOf(tag: string): number {
    const index = this.node.tagIndex.get(tag)
    if (index !== undefined) return index
    this.unknownTags ??= new Map()
    this.unknownTags.set(this.count, String(tag))
    return -1
  }

  /** Of the emission that is about to be made. */
  noteBecause(because: string): void {
    this.because ??= new Map()
    this.because.set(this.count, String(because))
  }

  refuseLate(): never {
    this.host.lateEmit(this.node)
    throw new EngineError('late_emit', `"${this.node.name}" emitted after its call had settled`)
  }

  /** Forgets what the call emitted. */
  reset(): void {
    this.count = 0
    this.more = undefined
    this.unknownTags = undefined
    this.because = undefined
    this.dropReason = undefined
    this.overLimit = undefined
  }
}

export class CallContext implements ProcessorContext {
  readonly #slot: CallSlot

  constructor(slot: CallSlot) {
    this.#slot = slot
  }

  drop(reason: string): void {
    this.#slot.dropReason = String(reason)
    this.#slot.dropAt = this.#slot.at
  }

  keep(): void {
    const { isActive, batch, item } = this.#slot
    // Once the call has settled, the slot is another line's.
    if (isActive) batch.notes?.keep(batch.rootOf(item))
  }

  get signal(): AbortSignal {
    this.#slot.controller ??= new AbortController()
    return this.#slot.controller.signal
  }

  get attempt(): number {
    return this.#slot.attempt
  }

  get isReplay(): boolean {
    return this.#slot.batch.replay !== undefined
  }

  get error(): Error | undefined {
    const { batch, item, node } = this.#slot
    const sent = batch.errors.size === 0 ? undefined : batch.errors.get(item)
    return sent?.to === node.id ? sent.error : undefined
  }

  get source(): string {
    const { batch, item } = this.#slot
    return batch.replayLineOf(item)?.letter.source ?? batch.input.name
  }

  get file(): string | undefined {
    const { batch, item } = this.#slot
    return batch.replay === undefined ? batch.input.file : batch.replayLineOf(item)?.letter.file
  }

  get lineNumber(): number {
    const { batch, item } = this.#slot
    return batch.replayLineOf(item)?.letter.lineNumber ?? batch.firstLineNumber + batch.rootOf(item)
  }

  get offset(): number {
    const { batch, item } = this.#slot
    const letter = batch.replayLineOf(item)?.letter
    return letter?.offset ?? batch.offset + batch.starts[batch.rootOf(item)] - batch.starts[0]
  }

  get tag(): string {
    return this.#slot.node.name
  }

  log(message: string): void {
    this.#slot.host.log(this.#slot.node, message)
  }
}
