// Shows live lines at one processor or sink: what it was given, and what came of it there.
//
// It takes little of the lane's time, however many lines there are: so many rows a second, and so many milliseconds. What
// it did not look at is counted. Values are shown as they were; who passes them on masks what must not be seen.

import type { LineValue } from '../sdk/line.ts'
import { decodeLeaf, type PathWriter } from '../shared-memory/index.ts'
import { type Batch, type ItemQueue, VOID } from './batch.ts'
import type { LaneObserver } from './lane-observer.ts'
import { replayId } from './replay-line.ts'

export interface TapValue {
  /** A record as JSON. */
  readonly text: string
  readonly isRecord: boolean
  /** There was more. */
  readonly isCut: boolean
}

export interface TapRow {
  /** Of the entering line; so are the next two. */
  readonly id: string
  readonly source: string
  readonly lineNumber: number
  /** When it came to the processor, or into the sink: Unix time. */
  readonly atMilliseconds: number
  readonly before: TapValue
  /** Where it went from there, in order; none for a sink. */
  readonly after: readonly { readonly node: number; readonly value: TapValue; readonly isChanged: boolean }[]
  readonly outcome: 'emitted' | 'delivered' | 'dropped' | 'dead' | 'unmatched'
  /** Id of why it was dropped. */
  readonly dropReason: number | undefined
  /** What failed, or the tag that nothing is named after. */
  readonly failure: string | undefined
  readonly failedAttempts: number
}

export interface TapCounts {
  /** Lines that came there. */
  readonly seen: number
  /** Those among them that it had time to look at. */
  readonly lookedAt: number
  /** Those among these that were wanted. */
  readonly matched: number
}

export interface TapSettings {
  /** Id of the processor or sink. */
  readonly node: number
  readonly rowsPerSecond: number
  readonly processorCount: number
  readonly paths: PathWriter
  /** Undefined: every value is wanted. */
  readonly accepts: ((value: TapValue) => boolean) | undefined
  readonly onRow: (row: TapRow) => void
}

interface Visit {
  readonly item: number
  readonly root: number
  readonly atMilliseconds: number
  readonly before: TapValue
  readonly given: LineValue
  readonly after: { readonly node: number; readonly value: TapValue; readonly isChanged: boolean }[]
}

export const TAP_VALUE_CHARACTERS = 4_096
const WINDOW_MILLISECONDS = 100
/** Of each window: 2 % of the lane's time. */
const LOOKING_MILLISECONDS = 2
/** A clock read costs as much as looking at a few lines. */
const LINES_PER_CLOCK = 16
/** Lines that wait for a slow call hold their values as long. */
const MOST_OPEN_VISITS = 1_000

export class Tap implements LaneObserver {
  readonly #settings: TapSettings
  readonly #visits = new Map<Batch, Visit[]>()
  #open = 0
  #seen = 0
  #lookedAt = 0
  #matched = 0
  #windowEnd = 0
  #rowsLeft = 0
  #millisecondsLeft = 0

  constructor(settings: TapSettings) {
    this.#settings = settings
  }

  get counts(): TapCounts {
    return { seen: this.#seen, lookedAt: this.#lookedAt, matched: this.#matched }
  }

  arriving(node: number, batch: Batch, queue: ItemQueue, to: number): void {
    // A batch that was given back to its source is used again without having been settled.
    if (batch.isNew) this.#forget(batch)
    const visits = this.#visits.get(batch)
    if (visits !== undefined) this.#noteAfter(visits, node, batch, queue, to)
    if (node !== this.#settings.node) return
    this.#seen += to - queue.head
    this.#look(to - queue.head, index => this.#begin(batch, queue.items[queue.head + index]))
  }

  settling(batch: Batch, lines: number): void {
    const { node, processorCount } = this.#settings
    if (node >= processorCount) this.#lookAtSink(batch, lines)
    const visits = this.#visits.get(batch)
    if (visits === undefined) return
    for (const visit of visits) if (visit.root < lines) this.#end(batch, visit)
    this.#forget(batch)
  }

  /** Calls with numbers below `count` as long as there is time and rows are wanted, from a random one on. */
  #look(count: number, at: (index: number) => void): void {
    const begun = performance.now()
    if (begun >= this.#windowEnd) {
      this.#windowEnd = begun + WINDOW_MILLISECONDS
      this.#millisecondsLeft = LOOKING_MILLISECONDS
      const perWindow = (this.#settings.rowsPerSecond * WINDOW_MILLISECONDS) / 1000
      // Less than one a window: each window has one with that chance.
      this.#rowsLeft = Math.floor(perWindow) + (Math.random() < perWindow % 1 ? 1 : 0)
    }
    const first = Math.floor(Math.random() * count)
    for (let done = 0; done < count && this.#rowsLeft > 0 && this.#open < MOST_OPEN_VISITS; done++) {
      if (done % LINES_PER_CLOCK === 0 && performance.now() - begun >= this.#millisecondsLeft) break
      this.#lookedAt++
      at((first + done) % count)
    }
    this.#millisecondsLeft -= performance.now() - begun
  }

  #begin(batch: Batch, item: number): void {
    const given = batch.values[item]
    const before = tapValue(given)
    if (this.#settings.accepts?.(before) === false) return
    this.#matched++
    this.#rowsLeft--
    this.#open++
    const visit = { item, root: batch.rootOf(item), atMilliseconds: now(), before, given, after: [] }
    const visits = this.#visits.get(batch)
    if (visits === undefined) this.#visits.set(batch, [visit])
    else visits.push(visit)
  }

  /** Of lines that were looked at, those that come from there. */
  #noteAfter(visits: readonly Visit[], node: number, batch: Batch, queue: ItemQueue, to: number): void {
    const roots = new Set(visits.map(visit => visit.root))
    for (let at = queue.head; at < to; at++) {
      const item = queue.items[at]
      const root = batch.rootOf(item)
      if (roots.has(root) && this.#isFromThere(batch, item)) this.#addAfter(visits, root, node, batch.values[item])
    }
  }

  #addAfter(visits: readonly Visit[], root: number, node: number, value: LineValue): void {
    const visit = visits.findLast(each => each.root === root)
    visit?.after.push({ node, value: tapValue(value), isChanged: value !== visit.given })
  }

  #isFromThere(batch: Batch, item: number): boolean {
    return this.#settings.paths.nodesOf(batch.path[item] >> 1).at(-1) === this.#settings.node
  }

  #end(batch: Batch, visit: Visit): void {
    const { node } = this.#settings
    let ended: number | undefined
    for (let item = visit.root; item !== -1 && batch.rootOf(item) === visit.root; item = batch.nextOf(item)) {
      if (batch.outcome[item] === VOID || !this.#isFromThere(batch, item)) continue
      const { outcome, detail } = decodeLeaf(batch.outcome[item])
      if (outcome === 'delivered' && detail !== node && detail >= this.#settings.processorCount) {
        this.#addAfter([visit], visit.root, detail, batch.values[item])
      } else ended ??= item
    }
    this.#tell(batch, visit, visit.item, visit.after.length > 0 ? undefined : ended)
  }

  #tell(batch: Batch, visit: Omit<Visit, 'given'>, item: number, ended: number | undefined): void {
    const leaf = ended === undefined ? undefined : decodeLeaf(batch.outcome[ended])
    const dead = ended === undefined ? undefined : batch.dead.get(ended)
    const outcome = leaf?.outcome ?? 'emitted'
    this.#settings.onRow({
      ...originOf(batch, visit.root),
      atMilliseconds: visit.atMilliseconds,
      before: visit.before,
      after: visit.after,
      outcome: outcome === 'joined' ? 'emitted' : outcome,
      dropReason: outcome === 'dropped' ? leaf?.detail : undefined,
      failure: dead === undefined ? undefined : dead.kind === 'unmatched' ? dead.tag : dead.error?.message,
      failedAttempts: batch.attempts.get(item)?.length ?? 0
    })
  }

  /** Lines do not wait in front of a sink: they are looked at when they are in it. */
  #lookAtSink(batch: Batch, lines: number): void {
    const { node } = this.#settings
    const items: number[] = []
    for (let item = 0; item !== -1; item = batch.nextOf(item)) {
      if (batch.rootOf(item) >= lines) break
      const { outcome, detail } = decodeLeaf(batch.outcome[item])
      if (outcome === 'delivered' && detail === node) items.push(item)
    }
    this.#seen += items.length
    this.#look(items.length, index => {
      const item = items[index]
      const before = tapValue(batch.values[item])
      if (this.#settings.accepts?.(before) === false) return
      this.#matched++
      this.#rowsLeft--
      this.#tell(batch, { item, root: batch.rootOf(item), atMilliseconds: now(), before, after: [] }, item, item)
    })
  }

  #forget(batch: Batch): void {
    this.#open -= this.#visits.get(batch)?.length ?? 0
    this.#visits.delete(batch)
  }
}

function originOf(batch: Batch, line: number): Pick<TapRow, 'id' | 'source' | 'lineNumber'> {
  const replayed = batch.replayLineOf(line)
  if (replayed !== undefined) {
    const { mark, letter } = replayed
    return { id: replayId(mark), source: letter.source, lineNumber: letter.lineNumber }
  }
  const { input, offset, starts, firstLineNumber } = batch
  const id = `${input.sourceNumber}:${offset + starts[line] - starts[0]}`
  return { id, source: input.name, lineNumber: firstLineNumber + line }
}

function now(): number {
  return performance.timeOrigin + performance.now()
}

/** A copy: a line's text is a slice of its batch. */
function tapValue(value: LineValue): TapValue {
  const isRecord = typeof value !== 'string'
  const text = isRecord ? JSON.stringify(value) : value
  const isCut = text.length > TAP_VALUE_CHARACTERS
  return { text: Buffer.from(isCut ? text.slice(0, TAP_VALUE_CHARACTERS) : text).toString(), isRecord, isCut }
}
