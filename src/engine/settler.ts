// Settles a batch whose lines all have come to an end: writes its lines to the sinks and its dead letters to their
// log, in input order, and only then counts them.
//
// Batches settle in input order, one at a time. Nothing is counted as delivered before its write has returned.

import type { LineValue } from '../sdk/line.ts'
import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import { type Batch, VOID } from './batch.ts'
import { addSettledWork } from './batch-work.ts'
import { describeError } from './errors.ts'
import type { HopNotes } from './journeys/hop-notes.ts'
import type { JourneyKeeper } from './journeys/keeper.ts'
import type { LaneObserver } from './lane-observer.ts'
import { type LetterWriter, letterOf } from './letters.ts'
import { LineIndexing } from './line-indexing.ts'
import { sourceNumberOf } from './line-place.ts'
import type { Patience } from './patience.ts'
import type { ReplayLine } from './replay-line.ts'
import { replayOutcomes } from './replay-outcomes.ts'
import type { SinkOutput } from './sink-output.ts'
import { CHANGED, DEAD, DELIVERED, DROPPED, FAILED_ONCE, LANE, type Telemetry, UNMATCHED } from './telemetry.ts'

const OUTCOME_BITS = 0b1111
const MAX_INT32 = 2 ** 31 - 1

/** Library mode: hands over values in place of bytes. */
export type ValueOutput = (value: LineValue, tag: string) => void

export interface SettlerSettings {
  readonly telemetry: Telemetry
  readonly processorCount: number
  readonly nodeNames: readonly string[]
  /** By node id minus the number of processors. */
  readonly outputs: readonly SinkOutput[]
  readonly letters: LetterWriter
  readonly patience: Patience
  readonly configHash: string
  readonly valueOutput: ValueOutput | undefined
  /** Undefined without tracing. */
  readonly keeper: JourneyKeeper | undefined
}

/** Totals of settled batches: what the ledger stands on. */
export interface SettledTotals {
  entered: number
  replayed: number
  forked: number
  delivered: number
  dropped: number
  dead: number
  unmatched: number
  batches: number
}

function alsoWait(waits: Promise<void>[] | undefined, done: void | Promise<void>): Promise<void>[] | undefined {
  if (done === undefined) return waits
  // Should another sink throw before all are waited for, nobody else would handle this one's failure.
  Promise.resolve(done).catch(() => undefined)
  return [...(waits ?? []), done]
}

function totalsIn(counters: Float64Array): SettledTotals {
  return {
    entered: counters[LANE.settled_lines],
    replayed: counters[LANE.settled_replayed],
    forked: counters[LANE.settled_forked],
    delivered: counters[LANE.delivered],
    dropped: counters[LANE.settled_dropped],
    dead: counters[LANE.settled_dead],
    unmatched: counters[LANE.settled_unmatched],
    batches: counters[LANE.settled_batches]
  }
}

export class Settler {
  /** They go on from the snapshot that the lane began with. */
  readonly totals: SettledTotals
  /** To sinks and dead letters, since the lane began. */
  writtenBytes = 0
  /** Told of each batch. */
  observer: LaneObserver | undefined
  readonly #settings: SettlerSettings
  readonly #telemetry: Telemetry
  readonly #counts = new Float64Array(16)
  readonly #linesBySink: Float64Array
  readonly #bytesBySink: Float64Array
  readonly #indexing = new LineIndexing()
  /** Undefined while journeys are not recorded. */
  #keeper: JourneyKeeper | undefined
  /** By this thread's clock: when the batch was handed to its sinks. */
  #startedAt = 0

  constructor(settings: SettlerSettings) {
    this.#settings = settings
    this.#telemetry = settings.telemetry
    this.totals = totalsIn(settings.telemetry.counters)
    this.#linesBySink = new Float64Array(settings.outputs.length)
    this.#bytesBySink = new Float64Array(settings.outputs.length)
  }

  /** Writes and counts the batch. A promise when a sink needs time; the batch may not be touched until it resolves. */
  settle(batch: Batch): void | Promise<void> {
    const lines = Math.min(batch.lineCount, batch.stopAt)
    this.#encode(batch, lines)
    this.#startedAt = performance.now()
    let waits: Promise<void>[] | undefined
    for (let sink = 0; sink < this.#settings.outputs.length; sink++) {
      const output = this.#settings.outputs[sink]
      const { lineCount } = output
      this.#linesBySink[sink] = lineCount
      if (lineCount === 0) continue
      const startedAt = performance.now()
      const { bytes, done } = output.write(this.#settings.patience)
      this.#bytesBySink[sink] = bytes
      waits = alsoWait(waits, this.#telemetry.latencies.writing(sink, batch, lineCount, startedAt, done))
    }
    if (batch.dead.size > 0) waits = alsoWait(waits, this.#writeLetters(batch, lines))
    if (waits === undefined) {
      this.#count(batch, lines)
      return
    }
    return Promise.all(waits).then(() => this.#count(batch, lines))
  }

  /** Gives each delivered line to its sink, in depth-first order; a value that is no JSON becomes a dead letter. */
  #encode(batch: Batch, lines: number): void {
    const { outcome, path, hasForks } = batch
    const { outputs, processorCount } = this.#settings
    const last = hasForks ? lines : 0
    for (let item = 0; item !== -1; item = batch.nextOf(item)) {
      if (hasForks ? batch.root[item] >= last : item >= lines) break
      const code = outcome[item]
      if ((code & OUTCOME_BITS) !== DELIVERED) continue
      const output = outputs[(code >> 8) - processorCount]
      // Delivered at a processor that is an end.
      if (output === undefined) continue
      const line = hasForks ? batch.root[item] : item
      if ((path[item] & 1) === 0) {
        if (this.#settings.valueOutput === undefined) output.addBytes(batch, line)
        else this.#handOver(batch, item, output)
      } else this.#addChanged(batch, item, line, output)
    }
  }

  #addChanged(batch: Batch, item: number, line: number, output: SinkOutput): void {
    if (!batch.isValidUtf8) this.#telemetry.noteChangedInvalid(batch, line)
    if (this.#settings.valueOutput !== undefined) {
      this.#handOver(batch, item, output)
      return
    }
    try {
      output.addValue(batch, line, batch.values[item])
    } catch (thrown) {
      this.#refuse(batch, item, thrown, 'not_json')
    }
  }

  #handOver(batch: Batch, item: number, output: SinkOutput): void {
    try {
      this.#settings.valueOutput!(batch.values[item], output.name)
      output.lineCount++
    } catch (thrown) {
      this.#refuse(batch, item, thrown, undefined)
    }
  }

  /** The sink blames the line: it becomes a dead letter of the sink. */
  #refuse(batch: Batch, item: number, thrown: unknown, code: string | undefined): void {
    const node = batch.outcome[item] >> 8
    const error = describeError(thrown)
    const name = this.#settings.nodeNames[node]
    batch.outcome[item] = DEAD
    batch.failed.add(item)
    const path = batch.path[item]
    batch.path[item] = (this.#telemetry.paths.next(path >> 1, node) << 1) | (path & 1)
    batch.dead.set(item, {
      kind: 'dead',
      node,
      tag: name,
      valueBefore: batch.values[item],
      error: { ...error, message: `sink "${name}": ${error.message}`, code: error.code ?? code },
      attempts: []
    })
    this.#telemetry.noteSinkError(node, batch)
    this.#telemetry.reportError(node, batch, item, 1, true, { ...error, code: error.code ?? code })
  }

  #writeLetters(batch: Batch, lines: number): void | Promise<void> {
    const letters: DeadLetter[] = []
    let fork = 0
    for (let item = 0; item !== -1; item = batch.nextOf(item)) {
      const line = batch.rootOf(item)
      if (line >= lines) break
      fork = item === line ? 0 : fork + 1
      const detail = batch.dead.get(item)
      if (detail !== undefined) letters.push(letterOf(batch, item, fork, detail, this.#settings, this.#telemetry.paths))
    }
    if (letters.length === 0) return
    return this.#settings.patience.attempt('the dead letters', () => this.#settings.letters.append(letters))
  }

  #count(batch: Batch, lines: number): void {
    this.observer?.settling(batch, lines)
    const counts = this.#counts.fill(0)
    const now = this.#telemetry.now()
    this.#keeper = this.#telemetry.recordsJourneys ? this.#settings.keeper : undefined
    this.#keeper?.begin(now)
    this.#closePaths(batch, lines, counts)
    this.#telemetry.pathLatency.settle(batch, (now - batch.readAtMilliseconds) * 1e6, now)
    const { totals } = this
    if (batch.replay === undefined) totals.entered += lines
    else totals.replayed += lines
    totals.batches++
    totals.delivered += counts[DELIVERED]
    totals.dropped += counts[DROPPED]
    totals.dead += counts[DEAD]
    totals.unmatched += counts[UNMATCHED]
    // Instances beyond the one that each line entered as, the undone ones taken off.
    totals.forked += batch.hasForks ? counts[0] : 0
    this.#noteSinks(batch)
    this.#noteLetters()
    addSettledWork(this.#telemetry, batch)
    batch.isCounted = true
    this.#telemetry.noteSettled(batch, lines)
    this.#telemetry.latencies.settled(batch, lines, counts, now)
    batch.replay?.settled(replayOutcomes(batch, lines))
    if (!this.#telemetry.recordsJourneys) return
    this.#recordJourneys(batch, lines, now)
    if (this.#keeper !== undefined) {
      this.#noteWrites(batch.notes)
      this.#keeper.settle(batch, lines)
    }
  }

  #noteSinks(batch: Batch): void {
    const { outputs, processorCount } = this.#settings
    for (let sink = 0; sink < outputs.length; sink++) {
      const lines = this.#linesBySink[sink]
      if (lines === 0) continue
      this.writtenBytes += this.#bytesBySink[sink]
      this.#telemetry.noteSink(processorCount + sink, batch, lines, this.#bytesBySink[sink], outputs[sink])
    }
  }

  /** A write is of many lines at once: each has its share of it. */
  #noteWrites(notes: HopNotes | undefined): void {
    const milliseconds = performance.now() - this.#startedAt
    const { processorCount } = this.#settings
    for (let sink = 0; sink < this.#linesBySink.length; sink++) {
      const lines = this.#linesBySink[sink]
      if (lines > 0) notes?.visit(processorCount + sink, this.#startedAt, milliseconds / lines)
    }
  }

  #noteLetters(): void {
    const { counters } = this.#telemetry
    const { length } = this.#settings.letters
    if (length === counters[LANE.dead_letter_bytes]) return
    // Shorter when somebody has removed old segments.
    this.writtenBytes += Math.max(0, length - counters[LANE.dead_letter_bytes])
    counters[LANE.dead_letter_bytes] = length
  }

  /** Ends each path at its sink, counts it, and completes the leaf code. counts[0] is the number of forks. */
  #closePaths(batch: Batch, lines: number, counts: Float64Array): void {
    if (batch.hasForks) {
      for (let item = 0; item !== -1 && batch.root[item] < lines; item = batch.next[item]!) {
        if (item !== batch.root[item] && batch.outcome[item] !== VOID) counts[0]++
        this.#closeRun(batch, item, item + 1, counts)
      }
    } else this.#closeRun(batch, 0, lines, counts)
    for (const item of batch.failed) batch.outcome[item] |= FAILED_ONCE
  }

  #closeRun(batch: Batch, from: number, to: number, counts: Float64Array): void {
    const { outcome, path } = batch
    const { processorCount } = this.#settings
    const { paths, countsPaths } = this.#telemetry
    // Neighbours mostly went the same way to the same end: they are counted together.
    let lastCode = 0
    let lastParent = -1
    let leaf = 0
    let run = 0
    for (let item = from; item < to; item++) {
      const code = outcome[item]
      const word = path[item]
      if (code !== lastCode || word >> 1 !== lastParent) {
        if (run > 0) this.#countRun(batch, item - run, leaf, lastCode, run, counts)
        run = 0
        lastCode = code
        lastParent = word >> 1
        const endsAtSink = (code & OUTCOME_BITS) === DELIVERED && code >> 8 >= processorCount
        leaf = endsAtSink && countsPaths ? paths.next(lastParent, code >> 8) : lastParent
      }
      run++
      path[item] = (leaf << 1) | (word & 1)
      outcome[item] = code | ((word & 1) * CHANGED)
    }
    if (run > 0) this.#countRun(batch, to - run, leaf, lastCode, run, counts)
  }

  #countRun(batch: Batch, from: number, leaf: number, code: number, run: number, counts: Float64Array): void {
    const kind = code & OUTCOME_BITS
    if (kind === VOID || kind === 0) return
    counts[kind] += run
    const { paths, pathLatency, countsPaths } = this.#telemetry
    if (!countsPaths) return
    paths.count(leaf, kind, run)
    pathLatency.note(leaf, from, run)
    this.#keeper?.noteRun(batch, from, run, leaf, code)
  }

  #recordJourneys(batch: Batch, lines: number, settledAtMilliseconds: number): void {
    const journeys = this.#telemetry.journeys!
    if (batch.replay !== undefined) {
      this.#recordReplayed(batch, batch.replay.lines, lines, settledAtMilliseconds)
      return
    }
    this.#indexing.add(this.#telemetry.lineIndex!, batch, lines, journeys.written)
    journeys.beginBatch({
      sourceNumber: batch.input.sourceNumber,
      offset: batch.offset,
      firstLineNumber: batch.firstLineNumber,
      readAtMilliseconds: batch.readAtMilliseconds,
      settledAtMilliseconds,
      bytesStart: batch.oversize === undefined ? batch.starts[0] : 0
    })
    if (batch.oversize !== undefined) {
      const { head, byteLength } = batch.oversize
      // The page keeps less than the head; the length it tells is the line's.
      const end = head.length === byteLength ? byteLength : byteLength - batch.lineEndLength(0)
      journeys.addLines(head, Int32Array.of(0, Math.min(end, MAX_INT32)), 0, lines, batch.path, batch.outcome)
    } else if (!batch.hasForks) journeys.addLines(batch.bytes, batch.starts, 0, lines, batch.path, batch.outcome)
    else this.#recordForked(batch, lines)
  }

  /** Each line as a batch of its own: they come from different places. */
  #recordReplayed(batch: Batch, replayed: readonly ReplayLine[], lines: number, settledAtMilliseconds: number): void {
    const { readAtMilliseconds, bytes, starts, path, outcome } = batch
    const journeys = this.#telemetry.journeys!
    for (let line = 0; line < lines; line++) {
      const { letter, mark } = replayed[line]
      journeys.beginBatch({
        sourceNumber: sourceNumberOf(letter),
        offset: letter.offset,
        firstLineNumber: letter.lineNumber - line,
        readAtMilliseconds,
        settledAtMilliseconds,
        bytesStart: starts[line],
        replay: mark
      })
      const after = line + 1 < batch.lineCount ? line + 1 : -1
      if (batch.nextOf(line) === after) journeys.addLines(bytes, starts, line, line + 1, path, outcome)
      else this.#recordFork(batch, line, after)
    }
  }

  #recordForked(batch: Batch, lines: number): void {
    const journeys = this.#telemetry.journeys!
    let plainFrom = 0
    for (let line = 0; line < lines; line++) {
      const after = line + 1 < batch.lineCount ? line + 1 : -1
      if (batch.next[line] === after) continue
      if (plainFrom < line) {
        journeys.addLines(batch.bytes, batch.starts, plainFrom, line, batch.path, batch.outcome)
      }
      plainFrom = line + 1
      this.#recordFork(batch, line, after)
    }
    if (plainFrom < lines) journeys.addLines(batch.bytes, batch.starts, plainFrom, lines, batch.path, batch.outcome)
  }

  #recordFork(batch: Batch, line: number, after: number): void {
    let count = 0
    const paths: number[] = []
    const codes: number[] = []
    const depths: number[] = []
    // What was forked off and then undone leaves no leaf; the next leaf still shares at least what it shared.
    let depth = Number.POSITIVE_INFINITY
    for (let item = line; item !== after && item !== -1; item = batch.next[item]!) {
      depth = Math.min(depth, batch.forkDepth[item])
      if ((batch.outcome[item] & OUTCOME_BITS) === VOID) continue
      paths.push(batch.path[item])
      codes.push(batch.outcome[item])
      depths.push(count === 0 ? 0 : depth)
      depth = Number.POSITIVE_INFINITY
      count++
    }
    this.#telemetry.journeys!.addForkedLine(
      batch.bytes,
      batch.starts[line],
      batch.starts[line + 1],
      line,
      count,
      Int32Array.from(paths),
      Int32Array.from(codes),
      Int32Array.from(depths)
    )
  }
}
