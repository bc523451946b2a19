// A batch: whole lines of one source, the unit of work, of telemetry and of settling.
//
// An item is a line instance. Items 0..lineCount-1 are the lines that entered; a second emission of one call makes an
// extra item behind them, linked after its parent, so that walking `next` gives depth-first order. All per-item state
// is in typed arrays; queues hold item numbers only. Without forks `next`, `root` and `forkDepth` stay untouched.

import type { LineValue } from '../sdk/line.ts'
import type { Doom } from './caution.ts'
import type { HopNotes } from './journeys/hop-notes.ts'
import type { Chunk, InputInfo } from './line-framer.ts'
import type { ReplayLine, ReplayLines } from './replay-line.ts'

/** Leaf code of an item that was undone with its whole entering line; counted nowhere. */
export const VOID = 15

/** Why an item became a dead letter or unmatched, kept until the batch settles. */
export interface DeadDetail {
  readonly kind: 'dead' | 'unmatched'
  /** Processor or sink that failed; -1 when the engine itself refused the line. */
  readonly node: number
  readonly tag: string
  readonly valueBefore: LineValue
  readonly error: ErrorDetail | undefined
  readonly attempts: readonly AttemptDetail[]
}

export interface ErrorDetail {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
}

export interface AttemptDetail {
  readonly attempt: number
  readonly atMilliseconds: number
  readonly message: string
}

/** A line longer than the limit: what is kept of it. Its line end belongs to it. */
export interface OversizeDetail {
  readonly head: Buffer
  readonly byteLength: number
  readonly sha256: string
}

export class ItemQueue {
  items = new Int32Array(64)
  count = 0
  /** Items before it were taken. */
  head = 0

  push(item: number): void {
    if (this.count === this.items.length) this.grow(this.count + 1)
    this.items[this.count++] = item
  }

  /** Room for `capacity` items, so that a hot loop can store without a check. */
  grow(capacity: number): void {
    if (capacity <= this.items.length) return
    const larger = new Int32Array(Math.max(capacity, this.items.length * 2))
    larger.set(this.items.subarray(0, this.count))
    this.items = larger
  }

  clear(): void {
    this.count = 0
    this.head = 0
  }
}

export class Batch {
  readonly queues: ItemQueue[]
  /** By processor and tag: the queue that the tag leads to, undefined for a sink. */
  readonly tagQueues: (ItemQueue | undefined)[][]
  sequence = 0

  // What entered.
  input!: InputInfo
  chunk: Chunk | undefined
  bytes: Buffer = Buffer.alloc(0)
  /** Line i is bytes starts[i] to starts[i+1], line end included. */
  starts: Int32Array<ArrayBuffer> = new Int32Array(0)
  lineCount = 0
  firstLineNumber = 0
  /** Byte offset of the batch in its source. */
  offset = 0
  byteLength = 0
  isValidUtf8 = true
  /** Some line ends with \r\n; 1 in `crlf` for each that does. */
  hasCrlf = false
  crlf: Uint8Array<ArrayBuffer> = new Uint8Array(512)
  /** The last line of the source had no line end. */
  isUnterminated = false
  /** Line end to add where one must be added: that of the line before in the same source. */
  addedLineEnd: '\n' | '\r\n' = '\n'
  oversize: OversizeDetail | undefined
  /** Its lines are dead letters that go in again. */
  replay: ReplayLines | undefined
  readAtMilliseconds = 0
  /** Of its lines, those that are known to hang in a processor or to end its thread. */
  doomed: readonly Doom[] | undefined

  // Items.
  itemCount = 0
  values: LineValue[] = []
  /** Path node shifted left by one, and bit 0: the value is no longer the bytes that entered. */
  path: Int32Array<ArrayBuffer> = new Int32Array(512)
  /** Of a line whose value has changed: the path that ended with the visit that changed it first. Kept when tracing. */
  firstChange: Int32Array<ArrayBuffer> = new Int32Array(512)
  /** 0 while it lives, else the leaf code (see shared-memory/journeys). */
  outcome: Int32Array<ArrayBuffer> = new Int32Array(512)
  /** Visits of processors; kept only for plans in which the limit can be reached. */
  hops: Int32Array<ArrayBuffer> = new Int32Array(512)
  /** None of its lines has visited a processor. */
  isNew = true
  hasForks = false
  next: Int32Array<ArrayBuffer> = new Int32Array(0)
  root: Int32Array<ArrayBuffer> = new Int32Array(0)
  forkDepth: Int32Array<ArrayBuffer> = new Int32Array(0)
  /** By entering line: its instances, and the length of what they hold beyond the first. */
  descendants: Map<number, { count: number; bytes: number }> | undefined
  /** A line was undone: queues may still hold items of it, which are to be skipped. */
  hasVoid = false
  /** Calls ended out of order: queues must be merged before they are run. */
  isDisordered = false
  /** Records were emitted: text steps must look at what they get. */
  hasRecords = false

  // Rare things, by item.
  readonly dead = new Map<number, DeadDetail>()
  /** Where `on_error: { to }` sent an item, and why. */
  readonly errors = new Map<number, { readonly error: Error; readonly to: number; hasArrived: boolean }>()
  readonly attempts = new Map<number, AttemptDetail[]>()
  /** Items with a failed attempt. */
  readonly failed = new Set<number>()

  /** What nodes and edges did for its lines, at their places in a snapshot's values. */
  readonly counters: Float64Array

  // Progress.
  step = 0
  hasEntered = false
  /** Calls under way, parked retries and items waiting for a free call, all of the current step. */
  pending = 0
  /** Last entering line that an asynchronous call was started for, or that waited for a retry; -1: none. */
  lastBegunLine = -1
  /** First entering line that must not be settled: `on_error: stop`, or a stop that gives lines back. */
  stopAt = Number.POSITIVE_INFINITY
  isWriting = false
  /** It is settled: its counts are among those of the settled ones. */
  isCounted = false

  /** Undefined without tracing. */
  readonly notes: HopNotes | undefined

  /** `targets[processor]` lists the node ids that its tags lead to; ids from its length on are sinks. */
  constructor(targets: readonly (readonly number[])[], counterCount = 0, notes?: HopNotes) {
    this.counters = new Float64Array(counterCount)
    this.notes = notes
    this.queues = targets.map(() => new ItemQueue())
    this.tagQueues = targets.map(ids => ids.map(id => this.queues[id]))
  }

  /** Ready for `lineCount` lines; everything of the batch before is gone. */
  reset(lineCount: number): void {
    this.lineCount = this.itemCount = lineCount
    this.ensureItems(lineCount)
    this.outcome.fill(0, 0, lineCount)
    this.counters.fill(0)
    this.isNew = true
    this.hasForks = false
    this.descendants = undefined
    this.hasVoid = false
    this.hasRecords = false
    this.isDisordered = false
    if (this.dead.size > 0) this.dead.clear()
    if (this.errors.size > 0) this.errors.clear()
    if (this.attempts.size > 0) this.attempts.clear()
    if (this.failed.size > 0) this.failed.clear()
    this.notes?.clear()
    this.oversize = undefined
    this.doomed = undefined
    this.replay = undefined
    this.hasCrlf = false
    if (lineCount > this.crlf.length) this.crlf = new Uint8Array(lineCount * 2)
    this.isUnterminated = false
    this.isValidUtf8 = true
    this.step = 0
    this.hasEntered = false
    this.pending = 0
    this.lastBegunLine = -1
    this.stopAt = Number.POSITIVE_INFINITY
    this.isWriting = false
    this.isCounted = false
  }

  noteBegun(item: number): void {
    this.lastBegunLine = Math.max(this.lastBegunLine, this.rootOf(item))
  }

  rootOf(item: number): number {
    return item < this.lineCount ? item : this.root[item]
  }

  /** The letter that the item comes from, when it is a replay. */
  replayLineOf(item: number): ReplayLine | undefined {
    return this.replay?.lines[this.rootOf(item)]
  }

  /** The item after this one in depth-first order, or -1. */
  nextOf(item: number): number {
    return this.hasForks ? this.next[item] : item + 1 < this.lineCount ? item + 1 : -1
  }

  /** Raw bytes of an entering line without its line end. */
  lineBytes(line: number): Buffer {
    if (this.oversize !== undefined) {
      const { head, byteLength } = this.oversize
      return head.length < byteLength ? head : head.subarray(0, byteLength - this.lineEndLength(line))
    }
    return this.bytes.subarray(this.starts[line], this.starts[line + 1] - this.lineEndLength(line))
  }

  lineEndLength(line: number): number {
    if (this.isUnterminated && line === this.lineCount - 1) return 0
    return this.hasCrlf && this.crlf[line] === 1 ? 2 : 1
  }

  /** Its value is about to be another one than `before`. Its path ends with the visit that changes it. */
  noteChange(item: number, before: LineValue): void {
    const word = this.path[item]
    if ((word & 1) === 0) this.firstChange[item] = word >> 1
    else this.notes!.change(item, word >> 1, before)
  }

  /** A new instance of `parent`'s line, linked behind `after`. */
  fork(parent: number, after: number, value: LineValue, depth: number): number {
    this.ensureForks()
    const item = this.itemCount++
    this.ensureItems(this.itemCount)
    this.values[item] = value
    this.outcome[item] = 0
    this.path[item] = this.path[parent]!
    this.hops[item] = this.hops[parent]!
    this.firstChange[item] = this.firstChange[parent]!
    this.root[item] = this.rootOf(parent)
    this.forkDepth[item] = depth
    this.next[item] = this.next[after]!
    this.next[after] = item
    if (this.failed.size > 0 && this.failed.has(parent)) this.failed.add(item)
    return item
  }

  /** Brings the fork arrays to life; the lines and lengths that entering lines were forked into. */
  ensureForks(): Map<number, { count: number; bytes: number }> {
    if (this.descendants !== undefined) return this.descendants
    this.hasForks = true
    this.ensureForkArrays(this.path.length)
    for (let line = 0; line < this.lineCount; line++) {
      this.next[line] = line + 1
      this.root[line] = line
      this.forkDepth[line] = 0
    }
    this.next[this.lineCount - 1] = -1
    this.descendants = new Map()
    return this.descendants
  }

  /** Failed attempts of the item's last call that was tried more than once. */
  attemptsOfLastCall(item: number): readonly AttemptDetail[] {
    const attempts = this.attempts.get(item) ?? []
    return attempts.slice(attempts.findLastIndex(({ attempt }) => attempt === 1))
  }

  /** Position of each item in depth-first order. */
  ranks(): Int32Array {
    const ranks = new Int32Array(this.itemCount)
    let rank = 0
    for (let item = 0; item !== -1; item = this.nextOf(item)) ranks[item] = rank++
    return ranks
  }

  private ensureItems(count: number): void {
    if (count <= this.path.length) return
    const capacity = Math.max(count, this.path.length * 2)
    this.path = grown(this.path, capacity)
    this.outcome = grown(this.outcome, capacity)
    this.hops = grown(this.hops, capacity)
    this.firstChange = grown(this.firstChange, capacity)
    if (this.hasForks) this.ensureForkArrays(capacity)
  }

  private ensureForkArrays(capacity: number): void {
    if (this.next.length >= capacity) return
    this.next = grown(this.next, capacity)
    this.root = grown(this.root, capacity)
    this.forkDepth = grown(this.forkDepth, capacity)
  }
}

function grown(array: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity)
  larger.set(array)
  return larger
}
