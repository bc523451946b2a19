// Publishes the lane's snapshot: everything that it has counted, at one instant, and up to where all of it is settled.
//
// What is written and not committed yet is bounded: beyond that the lane waits, so that a crash never costs more.

import type { Batch } from './batch.ts'
import { AWAITED } from './lane-clock.ts'
import type { LaneParts } from './lane-parts.ts'
import { writeLedger } from './ledger.ts'
import type { LineFramer } from './line-framer.ts'
import { Reopening } from './reopening.ts'
import { LANE } from './telemetry.ts'

export const PUBLISH_MILLISECONDS = 50

export class Publisher {
  intervalMilliseconds = PUBLISH_MILLISECONDS
  /** Told after each publish: everything before this position is settled and in the snapshot. */
  onPublished: ((sourceNumber: number, offset: number) => void) | undefined
  /** A batch was read and has not begun. */
  isHolding = false
  /** Sequence of the last batch that will be settled. */
  settlesUpTo = Number.POSITIVE_INFINITY
  readonly #parts: LaneParts
  readonly #framer: LineFramer
  readonly #open: readonly Batch[]
  readonly #uncommittedBytes: number
  /** Of snapshots that are not committed: what had been written when each was published. */
  readonly #published: { sequence: number; writtenBytes: number }[] = []
  #committedBytes: number
  #lastPublish = 0
  #areStatesWanted = false
  /** The states belong into the next snapshot, also when they are the same as before. */
  #mustTakeStates = false
  #isHeldByCommit = false
  readonly reopening: Reopening

  constructor(
    parts: LaneParts,
    framer: LineFramer,
    open: readonly Batch[],
    uncommittedBytes = Number.POSITIVE_INFINITY
  ) {
    this.#parts = parts
    this.#framer = framer
    this.#open = open
    this.#uncommittedBytes = uncommittedBytes
    this.#committedBytes = parts.settler.writtenBytes
    this.reopening = new Reopening(parts, {
      isQuiet: () => this.#isQuiet(),
      hasOpenBatches: () => open.length > 0,
      publish: () => this.#publishWithStates()
    })
    parts.beforeClose = () => this.finishStates()
    parts.telemetry.clock.awaits = () => this.#awaited()
  }

  publishIfDue(now: number): void {
    if (now - this.#lastPublish >= this.intervalMilliseconds) this.publish()
  }

  publish(): void {
    this.#prepare()
    this.#parts.telemetry.publish(this.#parts.calls.held())
    this.#tell()
  }

  /** Also what is published once a second only: before the lane waits or ends. */
  publishAll(): void {
    this.#prepare()
    this.#parts.telemetry.publishAll(this.#parts.calls.held())
    this.#tell()
  }

  /** No line comes any more: the states of processors as they are in the end. */
  finishStates(): void {
    const { states } = this.#parts
    if (states === undefined || !this.#isQuiet()) return
    this.#areStatesWanted = true
    this.publish()
    if (states.failure !== undefined) throw states.failure
  }

  #publishWithStates(): number {
    this.#mustTakeStates = true
    this.publish()
    return this.#parts.telemetry.sequence
  }

  committed(sequence: number): void {
    this.reopening.committed(sequence)
    while (this.#published.length > 0 && this.#published[0].sequence <= sequence) {
      this.#committedBytes = this.#published.shift()!.writtenBytes
    }
  }

  /** A snapshot that lets the committer go on has been published then. */
  mustWaitForCommit(): boolean {
    this.#isHeldByCommit = this.#mustWait()
    return this.#isHeldByCommit
  }

  #mustWait(): boolean {
    if (this.reopening.mustWait()) return true
    const { settler, states } = this.#parts
    if (states?.failure !== undefined) throw states.failure
    const { writtenBytes } = settler
    const isFull = writtenBytes - this.#committedBytes >= this.#uncommittedBytes
    if (states?.isDue(settler.totals.batches) || (isFull && states?.hasNews(settler.totals.batches))) {
      // A state that belongs to a snapshot is one of a moment when no line is under way.
      if (!this.#isQuiet()) return this.#open.length > 0
      this.#areStatesWanted = true
      this.publish()
    }
    if (!isFull) return false
    if (this.#published.at(-1)?.writtenBytes !== writtenBytes) this.publish()
    return true
  }

  /** What holds the oldest batch up; batches settle in its order. */
  #awaited(): number {
    const { steps, nodes, telemetry } = this.#parts
    const oldest = this.#open[0]
    if (oldest?.isWriting) return telemetry.clock.writingSink()
    if (this.#isHeldByCommit) return AWAITED.commit
    if (oldest === undefined || oldest.pending === 0) return AWAITED.nothing
    const holds = steps[oldest.step]?.nodes.find(id => nodes[id].holds)
    return holds ?? AWAITED.nothing
  }

  #prepare(): void {
    this.#lastPublish = performance.now()
    const { telemetry, settler, nodes, calls } = this.#parts
    telemetry.counters[LANE.input_bytes] = this.#framer.readBytes
    const open = this.#open.filter(batch => batch.sequence <= this.settlesUpTo && !batch.isCounted)
    writeLedger(telemetry, settler.totals, open, nodes, calls)
    if (this.#isQuiet()) this.#notePlace()
  }

  /** Nothing is under way, and nothing was taken back. */
  #isQuiet(): boolean {
    return this.#open.length === 0 && !this.isHolding && this.settlesUpTo === Number.POSITIVE_INFINITY
  }

  /** Nothing is open: an input without a line is settled too. */
  #notePlace(): void {
    const { turn, sourceNumber, offset, lineNumber } = this.#framer.place
    if (turn === 0) return
    const { counters } = this.#parts.telemetry
    counters[LANE.input_turn] = turn
    counters[LANE.source_number] = sourceNumber
    counters[LANE.source_offset] = offset
    counters[LANE.source_line] = lineNumber
  }

  #tell(): void {
    this.#takeStates()
    if (this.#uncommittedBytes !== Number.POSITIVE_INFINITY) this.#remember()
    if (this.onPublished === undefined) return
    const { states, settler } = this.#parts
    // A successor would go back to the last states, and need again what came after them.
    if (states?.hasNews(settler.totals.batches) === true) return
    const { counters } = this.#parts.telemetry
    // What is skipped of an over-long line is not needed again.
    const skipped = this.#open.length === 0 ? this.#framer.skippedTo : undefined
    if (skipped === undefined) this.onPublished(counters[LANE.source_number], counters[LANE.source_offset])
    else this.onPublished(skipped.sourceNumber, skipped.offset)
  }

  #takeStates(): void {
    const { states, settler, telemetry } = this.#parts
    const { batches } = settler.totals
    if (states === undefined || !this.#isQuiet()) return
    const isTime = this.#areStatesWanted ? states.hasNews(batches) : states.isDue(batches)
    if (!isTime && !this.#mustTakeStates) return
    this.#areStatesWanted = false
    this.#mustTakeStates = false
    states.take(telemetry.sequence, batches, telemetry.counters)
  }

  #remember(): void {
    const { writtenBytes } = this.#parts.settler
    const last = this.#published.at(-1)
    // Of snapshots between which nothing was written the first says enough.
    if (writtenBytes === (last?.writtenBytes ?? this.#committedBytes)) return
    this.#published.push({ sequence: this.#parts.telemetry.sequence, writtenBytes })
  }
}
