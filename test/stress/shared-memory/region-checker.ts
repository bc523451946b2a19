// An observer that reads everything in a region of hammer-lane.ts and knows what may stand there. It throws when it
// finds anything else.

import assert from 'node:assert/strict'
import type {
  ErrorRecord,
  Journey,
  KeptEntry,
  KeptRecord,
  PageLedger,
  Region,
  Snapshot
} from '../../../src/shared-memory/index.ts'
import {
  BATCH_LINES,
  codeOf,
  DURATION_NANOSECONDS,
  isError,
  isKept,
  keptOf,
  leafCountOf,
  lineOffset,
  lineText,
  nodesOf,
  pathOf,
  perLine,
  reasonOf,
  waitingOf
} from './workload.ts'

export type Room = typeof import('../../../src/shared-memory/index.ts')

/** Where a record stands in the order of all. */
interface Place {
  readonly epoch: number
  readonly sequence: number
}

const CUT_BYTES = 4_096
const FIRST_REASON = 3
const MAX_LINES = 2 ** 25

export class RegionChecker {
  rounds = 0
  /** Publishes that were seen. */
  snapshots = 0
  journeys = 0
  errors = 0
  kept = 0
  readonly #code: Room
  readonly #region: Region
  readonly #journeyReader
  readonly #errorReader
  readonly #keptReader
  #standing
  /** Whether the line's journey was found and is not void. */
  readonly #isFound = new Uint8Array(MAX_LINES)
  /** Of the lane that runs: those that its death may make void. */
  #ofThisLane: { readonly sequence: number; readonly line: number }[] = []
  #lastJourney: Place = { epoch: 0, sequence: -1 }
  #lastError: Place = { epoch: 0, sequence: -1 }
  #lastKept: Place = { epoch: 0, sequence: -1 }
  #lastSequence = 0

  constructor(code: Room, region: Region) {
    this.#code = code
    this.#region = region
    this.#journeyReader = new code.JourneyReader(region)
    this.#errorReader = new code.ErrorReader(region)
    this.#keptReader = new code.KeptReader(region)
    this.#standing = standingReaders(code, region)
  }

  /** Settled in the last snapshot that was read. */
  get lines(): number {
    return this.#standing.snapshots.read().values[this.#code.LANE.source_line]
  }

  get voided(): number {
    return this.#journeyReader.voided
  }

  /** One look at everything, while the lane runs or not. */
  check(): void {
    this.rounds++
    this.#checkControl()
    const snapshot = this.#standing.snapshots.read()
    this.#checkSnapshot(snapshot)
    if (snapshot.epoch === this.#lastJourney.epoch) this.#forgetSettled(snapshot.values)
    this.#checkInFlight()
    this.#checkPaths()
    this.#checkHistograms()
    this.#checkStrings()
    for (const journey of this.#journeyReader.poll()) this.#checkJourney(journey)
    for (const error of this.#errorReader.poll()) this.#checkError(error)
    for (const kept of this.#keptReader.poll()) this.#checkKept(kept)
    const readers = [this.#journeyReader, this.#errorReader, this.#keptReader, ...Object.values(this.#standing)]
    for (const reader of readers) assert.equal(reader.telemetryCorrupt, 0)
  }

  /** The lane has ended, and its region was recovered if it died. Readers that come now find all of it whole. */
  checkAtRest(): { readonly journeys: PageLedger; readonly errors: PageLedger; readonly kept: PageLedger } {
    this.#standing = standingReaders(this.#code, this.#region)
    assert.ok(this.#standing.snapshots.read().isFresh)
    assert.ok(this.#standing.inFlight.read().isFresh)
    this.check()
    const journeys = this.#journeyReader.ledger()
    const errors = this.#errorReader.ledger()
    assertLaw(journeys)
    assertLaw(errors)
    const kept = this.#keptReader.ledger()
    assertLaw(kept)
    // Of kept journeys all that were handed over were read, but for those that a death had made void before.
    assert.deepEqual([kept.freed, kept.held, kept.overwritten], [this.kept + this.#keptReader.voided, 0, 0])
    // Every error that was handed over was read; of journeys some may have been overwritten before.
    assert.deepEqual([errors.freed, errors.held, errors.overwritten], [this.errors, 0, 0])
    const unread = journeys.written - journeys.dropped - this.journeys - this.voided
    assert.ok(unread >= 0 && unread <= journeys.overwritten, `${unread} journeys were neither read nor overwritten`)
    assert.equal(this.#journeyReader.poll().length, 0)
    return { journeys, errors, kept }
  }

  /** After the recovery: what the dead lane did after its last snapshot has not happened. */
  forgetVoid(epoch: number): void {
    const death = this.#journeyReader.deaths().find(each => each.epoch === epoch)
    assert.ok(death !== undefined, 'the death is not told')
    const snapshot = this.#standing.snapshots.read()
    const isItsOwn = snapshot.epoch === epoch
    assert.equal(death.voidFrom, isItsOwn ? snapshot.values[this.#code.LANE.journeys_written] : 0)
    const keptDeath = this.#keptReader.deaths().find(each => each.epoch === epoch)
    assert.equal(keptDeath?.voidFrom, isItsOwn ? snapshot.values[this.#code.LANE.kept_written] : 0)
    if (isItsOwn) this.#forgetSettled(snapshot.values)
    for (const { line } of this.#ofThisLane) this.#isFound[line] = 0
    this.#ofThisLane = []
  }

  /** Of journeys that are in a snapshot: those cannot become void. */
  #forgetSettled(values: Float64Array): void {
    const { journeys_written, source_line } = this.#code.LANE
    this.#ofThisLane = this.#ofThisLane.filter(({ sequence, line }) => {
      const isSettled = sequence < values[journeys_written]
      assert.equal(isSettled, line < values[source_line], 'a journey is void and its line does not run again, or else')
      return !isSettled
    })
  }

  #checkControl(): void {
    const { progress } = this.#standing.control.read()
    if (progress.node !== this.#code.IN_ENGINE) assert.equal(progress.node, progress.sinceMilliseconds % 7)
  }

  #checkSnapshot({ values, sequence, atMilliseconds }: Snapshot): void {
    const { LANE, NODE_OFFSET } = this.#code
    assert.ok(sequence >= this.#lastSequence, 'a snapshot is older than the one before')
    if (sequence !== this.#lastSequence) this.snapshots++
    this.#lastSequence = sequence
    const lines = values[LANE.source_line]
    assert.equal(values[LANE.settled_lines], lines)
    assert.equal(values[LANE.source_offset], lineOffset(lines))
    assert.equal(values[LANE.entered], lines + values[LANE.in_flight])
    const { delivered, dropped, dead, unmatched, joined } = LANE
    const ends = [delivered, dropped, dead, unmatched, joined].reduce((sum, outcome) => sum + values[outcome], 0)
    assert.equal(
      values[LANE.entered] + values[LANE.forked],
      ends + values[LANE.in_flight],
      'a snapshot does not balance'
    )
    for (let counter = NODE_OFFSET; counter < values.length; counter++) {
      assert.equal(values[counter], lines * perLine(counter), 'a snapshot is torn')
    }
    if (sequence > 0) assert.ok([lines, lines - BATCH_LINES].includes(atMilliseconds))
  }

  #checkInFlight(): void {
    const { entries, atMilliseconds, total } = this.#standing.inFlight.read()
    if (total === 0) return
    assert.equal(total, entries.length)
    assert.deepEqual(entries, waitingOf(atMilliseconds), 'the table of waiting lines is torn')
  }

  #checkPaths(): void {
    for (const { path, ...counts } of this.#standing.paths.counts()) {
      const { delivered, dropped, dead, unmatched, joined } = counts
      const isSame = delivered === dropped && dropped === dead && dead === unmatched && unmatched === joined
      assert.ok(isSame, 'the counts of a path are torn')
      const nodes = this.#standing.paths.nodesOf(path)
      const expected = nodesOf(path)
      const isRight = nodes.length === expected.length && nodes.every((node, index) => node === expected[index])
      assert.ok(isRight, 'a path is wrong')
    }
  }

  #checkHistograms(): void {
    for (let histogram = 0; histogram < 4; histogram++) {
      const { count, sum } = this.#standing.histograms.read(histogram)
      assert.equal(sum, count * DURATION_NANOSECONDS, 'a histogram is torn')
    }
  }

  #checkStrings(): void {
    const { strings } = this.#standing
    for (let id = FIRST_REASON; id < strings.length; id++) {
      assert.equal(strings.text(id), reasonOf(id - FIRST_REASON), 'a reason is torn')
    }
  }

  #checkJourney(journey: Journey): void {
    this.journeys++
    assertAfter(journey, this.#lastJourney)
    if (journey.epoch !== this.#lastJourney.epoch) this.#ofThisLane = []
    this.#lastJourney = { epoch: journey.epoch, sequence: journey.sequence }
    const line = journey.lineNumber - 1
    const text = lineText(line)
    const first = line - (line % BATCH_LINES)
    assert.equal(asText(journey.text), journey.isCut ? text.slice(0, CUT_BYTES) : text, 'the text of a journey is torn')
    assert.equal(journey.fullLength, text.length)
    assert.equal(journey.offset, lineOffset(line))
    assert.deepEqual([journey.readAtMilliseconds, journey.settledAtMilliseconds], [first, first + 1])
    assert.equal(journey.leafCount, leafCountOf(line))
    const leaves = Array.from({ length: leafCountOf(line) }, (_, leaf) => ({
      path: pathOf(line),
      code: codeOf(line, leaf),
      forkDepth: leaf
    }))
    assert.deepEqual(journey.leaves, leaves, 'the leaves of a journey are torn')
    assert.equal(this.#isFound[line], 0, 'a line has two journeys')
    this.#isFound[line] = 1
    this.#ofThisLane.push({ sequence: journey.sequence, line })
  }

  #checkKept(kept: KeptRecord): void {
    this.kept++
    assertAfter(kept, this.#lastKept)
    this.#lastKept = { epoch: kept.epoch, sequence: kept.sequence }
    const { epoch: _, sequence: __, text, isCut, areHopsCut, ...rest } = kept
    const line = kept.lineNumber - 1
    assert.ok(isKept(line) && !areHopsCut)
    assert.equal(asText(text), lineText(line).slice(0, CUT_BYTES), 'the text of a kept journey is torn')
    assert.equal(isCut, lineText(line).length > CUT_BYTES)
    assert.deepEqual(rest, asRead(keptOf(line)), 'a kept journey is torn')
  }

  #checkError(error: ErrorRecord): void {
    this.errors++
    assertAfter(error, this.#lastError)
    this.#lastError = { epoch: error.epoch, sequence: error.sequence }
    const line = error.lineNumber - 1
    const { name, message, stack, node, attempt, isFinal, offset, atMilliseconds } = error
    assert.ok(isError(line))
    assert.deepEqual([node, attempt, isFinal], [line % 3, line % 5, line % 2 === 0], 'an error is torn')
    assert.deepEqual([offset, atMilliseconds], [lineOffset(line), line])
    assert.deepEqual([asText(name), asText(message)], [`Error${line}`, `message of ${line}`])
    const text = lineText(line)
    assert.equal(asText(stack), text.slice(0, stack.length))
    assert.equal(asText(error.line), text.slice(0, error.line.length))
    assert.equal(error.lineFullLength, text.length)
  }
}

/** As the reader tells what was written. */
function asRead({
  hops,
  ...entry
}: KeptEntry): Omit<KeptRecord, 'epoch' | 'sequence' | 'text' | 'isCut' | 'areHopsCut'> {
  const told = (text: string | undefined) => (text === undefined ? undefined : { text, isCut: false })
  const { text: _, ...rest } = entry
  return {
    ...rest,
    hops: hops.map(hop => ({
      ...hop,
      before: told(hop.before),
      emissions: hop.emissions.map(({ because, undeclaredTag, value, ...emission }) => ({
        ...emission,
        because: told(because),
        undeclaredTag: told(undeclaredTag),
        value: told(value)
      }))
    }))
  }
}

function standingReaders(code: Room, region: Region) {
  return {
    control: new code.ControlReader(region),
    snapshots: new code.SnapshotReader(region),
    histograms: new code.HistogramReader(region),
    paths: new code.PathReader(region),
    strings: new code.StringReader(region),
    inFlight: new code.InFlightReader(region)
  }
}

function assertLaw({ written, ...parts }: PageLedger): void {
  const sum = Object.values(parts).reduce((total, part) => total + part, 0)
  assert.equal(sum, written, `the law is broken: ${JSON.stringify({ written, ...parts })}`)
}

function assertAfter(place: Place, before: Place): void {
  const isAfter = place.epoch > before.epoch || (place.epoch === before.epoch && place.sequence > before.sequence)
  assert.ok(isAfter, 'records are out of order or delivered twice')
}

function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
