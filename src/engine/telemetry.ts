// What a lane tells of itself: counters, paths, times, errors and journeys, written to its own shared memory.
//
// The hot loops add to private arrays; `publish` copies them out. What is recorded is decided once, by `mode`, which
// installs other functions; nothing asks per line.

import { isUtf8 } from 'node:buffer'

import {
  CHANGED,
  type ErrorEntry,
  ErrorWriter,
  edgeOffset,
  FAILED_ONCE,
  HistogramWriter,
  InFlightWriter,
  JourneyWriter,
  LANE,
  LaneControl,
  type LaneState,
  LineIndexWriter,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  OUTCOME,
  PathWriter,
  type Region,
  ROOT_PATH,
  regionShift,
  SnapshotWriter,
  StringWriter
} from '../shared-memory/index.ts'
import type { Batch, ErrorDetail, ItemQueue } from './batch.ts'
import { noteEntered } from './batch-work.ts'
import type { Held } from './calls.ts'
import { AWAITED, LaneClock } from './lane-clock.ts'
import type { LaneObserver } from './lane-observer.ts'
import { LaneProgress } from './lane-progress.ts'
import { Latencies } from './latencies.ts'
import { placeOfItem } from './line-place.ts'
import type { NodeCounterIndexes } from './node.ts'
import { PathLatency } from './path-latency.ts'
import type { ReplayLines } from './replay-line.ts'
import { ShedErrors } from './shed-errors.ts'
import type { SinkOutput } from './sink-output.ts'

export const DELIVERED: number = OUTCOME.delivered
export const DROPPED: number = OUTCOME.dropped
export const DEAD: number = OUTCOME.dead
export const UNMATCHED: number = OUTCOME.unmatched
export { CHANGED, FAILED_ONCE, LANE }

/** `off` and `metrics` without `journeys` exist for the benchmark of what each costs, and for runs without --trace. */
export type TelemetryMode = 'off' | 'metrics' | 'journeys'

type FailureText = Pick<ErrorDetail, 'name' | 'message'> & {
  readonly stack?: string | undefined
  readonly code?: string | undefined
}

type Arrive = (node: number, batch: Batch, queue: ItemQueue, to: number) => void

// Between two publishes at most so many errors are written out; the rest is counted only.
const ERROR_SAMPLES_PER_PUBLISH = 200
/** Of the pages of errors, so many are for the counts of those that were not written out. */
const PAGES_FOR_COUNTS = 3
const LARGE_PUBLISH_MILLISECONDS = 1_000
const LARGE_PUBLISH_WORDS = 20_000
const IN_FLIGHT_SHOWN = 64

export class Telemetry {
  readonly region: Region
  readonly control: LaneControl
  readonly progress: LaneProgress
  readonly clock: LaneClock
  readonly latencies: Latencies
  readonly counters: Float64Array
  readonly journeys: JourneyWriter | undefined
  readonly lineIndex: LineIndexWriter | undefined
  readonly paths: PathWriter
  readonly pathLatency: PathLatency
  /** False: calls are not timed. */
  timesCalls = true
  recordsJourneys: boolean
  countsPaths = true
  /** Before counters are published: whoever counts on the side adds to them, and hands over what it has. */
  onFlush: (nowMilliseconds: number) => void = () => undefined

  readonly #snapshot: SnapshotWriter
  readonly #histograms: HistogramWriter
  readonly #errors: ErrorWriter
  readonly #strings: StringWriter
  readonly #inFlight: InFlightWriter
  readonly #reasons = new Map<string, number>()
  /** What to add to this thread's clock to get the region's: they differ by a constant. */
  readonly #shift: number
  readonly #shedErrors = new ShedErrors()
  #errorSamplesLeft = ERROR_SAMPLES_PER_PUBLISH
  #largePublishAt = 0
  #hasInFlight = false

  constructor(region: Region, epoch: number) {
    this.region = region
    this.#snapshot = new SnapshotWriter(region)
    this.counters = this.#snapshot.values
    // Positions in the inputs that a predecessor had opened mean nothing for those that this lane opens.
    this.counters[LANE.input_turn] = 0
    this.#histograms = new HistogramWriter(region)
    this.paths = new PathWriter(region)
    this.pathLatency = new PathLatency(region)
    this.#errors = new ErrorWriter(region, epoch)
    this.#strings = new StringWriter(region)
    this.#inFlight = new InFlightWriter(region)
    // A predecessor's lines are in it.
    this.#hasInFlight = epoch > 1
    this.journeys = region.shape.trace ? new JourneyWriter(region, epoch) : undefined
    this.lineIndex = region.shape.trace ? new LineIndexWriter(region, epoch) : undefined
    this.recordsJourneys = this.journeys !== undefined
    this.control = new LaneControl(region)
    this.#shift = regionShift(region)
    this.clock = new LaneClock(this.counters, region.shape)
    this.progress = new LaneProgress(this.control, this.#shift, this.clock)
    this.latencies = new Latencies({
      shape: region.shape,
      counters: this.counters,
      histograms: this.#histograms,
      clock: this.clock,
      now: () => this.now()
    })
  }

  /** Number of the newest snapshot. */
  get sequence(): number {
    return this.#snapshot.sequence
  }

  /** Milliseconds since the region's origin. */
  now(): number {
    return performance.now() + this.#shift
  }

  /** What the lane says that it does, and what its time counts as from now on. */
  become(state: Extract<LaneState, 'running' | 'idle' | 'paused'>): void {
    this.control.setState(state)
    this.clock.waitFor(state === 'idle' ? AWAITED.input : state === 'paused' ? AWAITED.pause : AWAITED.nothing)
  }

  /** A moment of this thread's clock, since the region's origin. */
  momentOf(threadMilliseconds: number): number {
    return threadMilliseconds + this.#shift
  }

  /** Shows every arrival to an observer as well; undefined: to nobody any more. */
  observe(observer: LaneObserver | undefined): void {
    const arrive = this.#arriveUnseen
    this.arrive =
      observer === undefined
        ? arrive
        : (node, batch, queue, to) => {
            observer.arriving(node, batch, queue, to)
            arrive(node, batch, queue, to)
          }
  }

  setMode(mode: TelemetryMode): void {
    this.timesCalls = this.countsPaths = this.latencies.isOn = mode !== 'off'
    this.recordsJourneys = mode === 'journeys' && this.journeys !== undefined
    this.#arriveUnseen =
      mode === 'off' ? () => undefined : (node, batch, queue, to) => this.#advancePaths(node, batch, queue, to)
    this.arrive = this.#arriveUnseen
  }

  nodeIndexes(node: number): NodeCounterIndexes {
    const base = NODE_OFFSET + node * NODE_STRIDE
    return {
      entered: base + NODE.entered,
      received: base + NODE.received,
      forked: base + NODE.forked,
      errors: base + NODE.errors,
      retries: base + NODE.retries,
      dropped: base + NODE.dropped,
      dead: base + NODE.dead,
      unmatched: base + NODE.unmatched,
      delivered: base + NODE.delivered,
      undone: base + NODE.undone,
      timeNanos: base + NODE.time_nanos
    }
  }

  edgeIndex(edge: number): number {
    return edgeOffset(this.region.shape) + edge
  }

  /** The lines of a new batch have their paths begun: all come to the entry at once, from nowhere. */
  begin(batch: Batch, entry: number): void {
    const isWaiting = batch.oversize === undefined && this.countsPaths
    if (batch.oversize === undefined) noteEntered(batch, entry, batch.lineCount)
    batch.path.fill(isWaiting ? this.paths.next(ROOT_PATH, entry) << 1 : 0, 0, batch.lineCount)
  }

  /** Lines of a replay come to wherever they go in; some of them are no more what they came as. */
  beginReplay(batch: Batch, { lines }: ReplayLines): void {
    batch.isNew = false
    batch.firstChange.fill(-1, 0, batch.lineCount)
    for (let line = 0; line < batch.lineCount; line++) {
      batch.path[line] = (ROOT_PATH << 1) | (lines[line].entry.isChanged ? 1 : 0)
    }
  }

  #arriveUnseen: Arrive = (node, batch, queue, to) => this.#advancePaths(node, batch, queue, to)

  /** Items head..to of the queue have come to the processor: their paths go on. */
  arrive: Arrive = this.#arriveUnseen

  #advancePaths(node: number, batch: Batch, queue: ItemQueue, to: number): void {
    const { path } = batch
    const { items } = queue
    if (batch.isNew) {
      batch.isNew = false
      return
    }
    // Neighbours mostly come the same way: what is added to one is added to the next.
    let last = -1
    let step = 0
    for (let at = queue.head; at < to; at++) {
      const item = items[at]
      const word = path[item]
      if ((word | 1) !== last) {
        last = word | 1
        step = (this.paths.next(word >> 1, node) << 1) - (last - 1)
      }
      path[item] = word + step
    }
  }

  depthOf(path: number): number {
    return this.paths.depth(path)
  }

  reasonId(reason: string): number {
    let id = this.#reasons.get(reason)
    if (id === undefined) {
      id = this.#strings.intern(reason)
      // Reasons made of data must not fill memory; what is beyond shares the id of `other`.
      if (this.#reasons.size < 1024) this.#reasons.set(reason, id)
    }
    return id
  }

  recordService(node: number, nanos: number, count: number): void {
    this.#histograms.record(node, nanos, count)
  }

  /** Counts a failed attempt and writes it out, while the samples of this interval last. `node` -1: the engine. */
  reportError(node: number, batch: Batch, item: number, attempt: number, isFinal: boolean, error: FailureText): void {
    this.counters[LANE.failed_attempts]++
    const entry = (): ErrorEntry => this.#errorEntry(node, batch, item, attempt, isFinal, error)
    if (this.#errorSamplesLeft > 0) {
      this.#errorSamplesLeft--
      if (this.#errors.tryWrite(entry(), PAGES_FOR_COUNTS)) return
      this.#errorSamplesLeft = 0
    }
    this.counters[LANE.errors_shed]++
    this.#shedErrors.add({ node, isFinal, name: error.name, message: error.message }, entry)
  }

  #errorEntry(
    node: number,
    batch: Batch,
    item: number,
    attempt: number,
    isFinal: boolean,
    error: FailureText
  ): ErrorEntry {
    return {
      node,
      attempt,
      isFinal,
      ...placeOfItem(batch, item),
      atMilliseconds: this.now(),
      name: error.name,
      message: error.message,
      stack: error.stack ?? '',
      code: error.code,
      line: batch.lineBytes(batch.rootOf(item)),
      replay: batch.replayLineOf(item)?.mark,
      path: batch.path[item] >> 1
    }
  }

  /** A sink has taken so many lines of a batch in full. */
  noteSink(node: number, batch: Batch, lines: number, bytes: number, output: SinkOutput): void {
    const { counters } = this
    const base = NODE_OFFSET + node * NODE_STRIDE
    batch.counters[base + NODE.received] += lines
    batch.counters[base + NODE.delivered] += lines
    batch.counters[base + NODE.bytes_written] += bytes
    if (output.sink.length !== undefined) counters[base + NODE.sink_length] = output.sink.length
    counters[base + NODE.sink_line_end] = output.missingLineEnd === '' ? 0 : output.missingLineEnd.length
    if (output.embeddedNewlines > 0) {
      counters[LANE.embedded_newlines] += output.embeddedNewlines
      output.embeddedNewlines = 0
    }
  }

  /** A sink refused a line that it blames. */
  noteSinkError(node: number, { counters }: Batch): void {
    const base = NODE_OFFSET + node * NODE_STRIDE
    counters[base + NODE.received]++
    counters[base + NODE.errors]++
    counters[base + NODE.dead]++
  }

  /** A changed line may have held bytes that are no UTF-8: they were read as U+FFFD and are written so. */
  noteChangedInvalid(batch: Batch, line: number): void {
    if (!isUtf8(batch.lineBytes(line))) this.counters[LANE.input_lines_changed_invalid_utf8]++
  }

  /** Everything up to the end of this batch's first `lines` lines is settled. */
  noteSettled(batch: Batch, lines: number): void {
    const { counters } = this
    counters[LANE.settled_batches]++
    if (batch.replay !== undefined) {
      // It came from no input, and what it took says nothing of how long lines take.
      counters[LANE.settled_replayed] += lines
      return
    }
    counters[LANE.settled_lines] += lines
    if (batch.oversize !== undefined) counters[LANE.over_long_lines]++
    counters[LANE.input_turn] = batch.input.turn
    counters[LANE.source_number] = batch.input.sourceNumber
    counters[LANE.source_line_end] = batch.hasCrlf && batch.crlf[lines - 1] === 1 ? 2 : 1
    counters[LANE.source_line] = batch.firstLineNumber + lines - 1
    counters[LANE.source_offset] =
      batch.offset + (lines === batch.lineCount ? batch.byteLength : batch.starts[lines] - batch.starts[0])
  }

  /** Makes everything counted so far visible as one instant. */
  publish(held: readonly Held[]): void {
    const now = this.now()
    this.clock.count()
    const { counters } = this
    const { journeys } = this
    if (journeys !== undefined) {
      counters[LANE.journeys_written] = journeys.written
      counters[LANE.journeys_overwritten] = journeys.overwritten
      counters[LANE.journeys_dropped] = journeys.dropped
      journeys.flush(now)
    }
    counters[LANE.paths_overflowed] = this.paths.overflowed
    this.onFlush(now)
    if (held.length > 0 || this.#hasInFlight) this.#publishInFlight(held)
    this.#snapshot.publish(now)
    this.#shedErrors.drain(entry => this.#errors.tryWrite(entry, 0))
    this.#errors.flush(now)
    this.#errorSamplesLeft = ERROR_SAMPLES_PER_PUBLISH
    this.control.heartbeat()
    if (now >= this.#largePublishAt) this.publishLarge(now)
  }

  /** Also what is published once a second only, and pages that are not full: before the lane waits or ends. */
  publishAll(held: readonly Held[]): void {
    this.publish(held)
    this.publishLarge(this.now(), Number.POSITIVE_INFINITY)
    this.journeys?.flush(Number.POSITIVE_INFINITY)
    this.onFlush(Number.POSITIVE_INFINITY)
    this.#errors.flush(Number.POSITIVE_INFINITY)
  }

  private publishLarge(now: number, maxWords = LARGE_PUBLISH_WORDS): void {
    this.#largePublishAt = now + LARGE_PUBLISH_MILLISECONDS
    this.#histograms.publishTouched(maxWords / 2)
    this.pathLatency.publish()
    this.paths.publishTouched(maxWords / 2)
  }

  #publishInFlight(held: readonly Held[]): void {
    this.#hasInFlight = held.length > 0
    this.#inFlight.publish(
      held.slice(0, IN_FLIGHT_SHOWN).map(({ node, batch, item, attempt, sinceMilliseconds, isParked }) => {
        return {
          ...placeOfItem(batch, item),
          node: node.id,
          attempt,
          sinceMilliseconds: sinceMilliseconds + this.#shift,
          isParked
        }
      })
    )
  }
}
