// How long lines take on each path, from read to written, for the most frequent ones. Always counted. All lines of a
// batch took the same, so a batch costs one entry for each path, and a line nothing but its share of an addition.

import { Histogram, PATH_TIME_SLOTS, PathTimesWriter, type Region } from '../shared-memory/index.ts'
import type { Batch } from './batch.ts'

/** A path that had more lines than the rarest of so many others takes its place. */
const COMPARED_SLOTS = 8
const WINDOW_MILLISECONDS = 60_000
const FRESH_MILLISECONDS = 250
/** With fewer lines nobody knows what is usual. */
const FEWEST_LINES = 200
const QUANTILE = 0.99

interface Slot {
  path: number
  since: number
  readonly all: Histogram
  lines: number
  /** The last one or two minutes: what is usual now. */
  current: Histogram
  previous: Histogram
  windowSince: number
  usualNanos: number
  usualAt: number
  lastAt: number
  example: { job: number; sourceNumber: number; offset: number }
  isTouched: boolean
}

/** A path of the batch that is settling. */
export interface BatchPath {
  readonly path: number
  /** The first item that took it. */
  readonly item: number
  readonly lines: number
  /** The 99th percentile of the last minutes before this batch; infinite while it is not known. */
  readonly usualNanos: number
}

export class PathLatency {
  /** Of the batch that is settling: the paths that its lines took. */
  batchPaths: BatchPath[] = []
  readonly #writer: PathTimesWriter
  readonly #pending: Int32Array
  readonly #firstItem: Int32Array
  readonly #touched: number[] = []
  readonly #slotOf: Int16Array
  /** Lines of paths that have no slot. */
  readonly #missed: Float64Array
  readonly #slots: Slot[] = []

  constructor(region: Region) {
    const { paths } = region.limits
    this.#writer = new PathTimesWriter(region)
    this.#pending = new Int32Array(paths)
    this.#firstItem = new Int32Array(paths)
    this.#slotOf = new Int16Array(paths).fill(-1)
    this.#missed = new Float64Array(paths)
  }

  /** `count` neighbours of the batch, from `item` on, went this way. */
  note(path: number, item: number, count: number): void {
    if (this.#pending[path] === 0) {
      this.#touched.push(path)
      this.#firstItem[path] = item
    }
    this.#pending[path] += count
  }

  /** All lines of the batch took so long. */
  settle(batch: Batch, nanos: number, nowMilliseconds: number): void {
    this.batchPaths = []
    for (const path of this.#touched) {
      const lines = this.#pending[path]
      this.#pending[path] = 0
      const slot = this.#slotFor(path, lines, nowMilliseconds)
      const item = this.#firstItem[path]
      this.batchPaths.push({ path, item, lines, usualNanos: slot?.usualNanos ?? Number.POSITIVE_INFINITY })
      if (slot !== undefined) record(slot, batch, item, lines, nanos, nowMilliseconds)
    }
    this.#touched.length = 0
  }

  publish(): void {
    for (const [index, slot] of this.#slots.entries()) {
      if (!slot.isTouched) continue
      slot.isTouched = false
      const { path, lines, since, all, lastAt, example } = slot
      this.#writer.set(index, {
        path,
        lines,
        sinceMilliseconds: since,
        p50Nanoseconds: all.quantile(0.5),
        p95Nanoseconds: all.quantile(0.95),
        p99Nanoseconds: all.quantile(0.99),
        maxNanoseconds: all.max,
        lastAtMilliseconds: lastAt,
        example
      })
    }
    this.#writer.publish()
  }

  #slotFor(path: number, lines: number, now: number): Slot | undefined {
    const known = this.#slotOf[path]
    if (known >= 0) return this.#slots[known]
    if (this.#slots.length < PATH_TIME_SLOTS) return this.#take(this.#slots.length, path, now)
    this.#missed[path] += lines
    let rarest = Math.floor(Math.random() * PATH_TIME_SLOTS)
    for (let other = 1; other < COMPARED_SLOTS; other++) {
      const index = Math.floor(Math.random() * PATH_TIME_SLOTS)
      if (this.#slots[index].lines < this.#slots[rarest].lines) rarest = index
    }
    if (this.#missed[path] <= this.#slots[rarest].lines) return undefined
    this.#slotOf[this.#slots[rarest].path] = -1
    this.#missed[this.#slots[rarest].path] = this.#slots[rarest].lines
    return this.#take(rarest, path, now)
  }

  #take(index: number, path: number, now: number): Slot {
    const slot: Slot = {
      path,
      since: now,
      all: new Histogram(),
      lines: 0,
      current: new Histogram(),
      previous: new Histogram(),
      windowSince: now,
      usualNanos: Number.POSITIVE_INFINITY,
      usualAt: Number.NEGATIVE_INFINITY,
      lastAt: now,
      example: { job: 0, sourceNumber: 0, offset: 0 },
      isTouched: false
    }
    this.#slots[index] = slot
    this.#slotOf[path] = index
    return slot
  }
}

function record(slot: Slot, batch: Batch, item: number, lines: number, nanos: number, now: number): void {
  slot.all.record(nanos, lines)
  slot.current.record(nanos, lines)
  slot.lines += lines
  slot.lastAt = now
  if (!slot.isTouched) {
    slot.isTouched = true
    slot.example = exampleOf(batch, item)
  }
  if (now - slot.windowSince >= WINDOW_MILLISECONDS) {
    slot.previous = slot.current
    slot.current = new Histogram()
    slot.windowSince = now
  }
  if (slot.lines < FEWEST_LINES || now - slot.usualAt < FRESH_MILLISECONDS) return
  slot.usualAt = now
  const usual = new Histogram()
  usual.merge(slot.previous)
  usual.merge(slot.current)
  slot.usualNanos = usual.quantile(QUANTILE)
}

function exampleOf(batch: Batch, item: number): Slot['example'] {
  const mark = batch.replayLineOf(item)?.mark
  if (mark !== undefined) return { job: mark.job, sourceNumber: -1, offset: mark.index }
  const line = batch.rootOf(item)
  const offset = batch.offset + (batch.oversize === undefined ? batch.starts[line] - batch.starts[0] : 0)
  return { job: 0, sourceNumber: batch.input.sourceNumber, offset }
}
