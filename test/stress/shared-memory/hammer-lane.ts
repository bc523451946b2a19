// A lane that does nothing but write to shared memory: it takes chunks, and of every batch writes journeys, errors,
// paths, reasons, times, waiting lines and two snapshots, one while the batch is open and one when it is settled.
// It may be terminated at any instant; the next one goes on from the last snapshot.

import { parentPort, workerData } from 'node:worker_threads'
import type { Chunk, Region } from '../../../src/shared-memory/index.ts'
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

export interface HammerStart {
  /** URL of the folder that the code under test is in. */
  readonly room: string
  readonly region: Region
  readonly epoch: number
}

/** What the lane wrote in all, told when it was asked to stop. */
export interface HammerEnd {
  readonly lines: number
  readonly journeys: number
  readonly errors: number
  readonly kept: number
}

const { room, region, epoch } = workerData as HammerStart
const code = (await import(`${room}index.ts`)) as typeof import('../../../src/shared-memory/index.ts')
const { LANE, NODE_OFFSET } = code
const OUTCOME_COUNTERS = [LANE.delivered, LANE.dropped, LANE.dead, LANE.unmatched, LANE.joined]
const OUTCOMES = OUTCOME_COUNTERS.length

const control = new code.LaneControl(region)
const snapshot = new code.SnapshotWriter(region)
const histograms = new code.HistogramWriter(region)
const paths = new code.PathWriter(region)
const strings = new code.StringWriter(region)
const inFlight = new code.InFlightWriter(region)
const errors = new code.ErrorWriter(region, epoch)
const journeys = new code.JourneyWriter(region, epoch)
const kept = new code.KeptWriter(region, epoch, { valueBytes: 4_096, recordBytes: 32_768 })
const chunks = new code.ChunkReader(region)

const { values } = snapshot
const starts = new Int32Array(BATCH_LINES + 1)
const leafPath = new Int32Array(BATCH_LINES)
const leafCode = new Int32Array(BATCH_LINES)
let reasons = 0
let call = 0

// What a dead lane had open is void.
values[LANE.entered] -= values[LANE.in_flight]
values[LANE.in_flight] = 0

control.setState('running')
parentPort!.postMessage('running')
while (!control.stopRequested()) {
  control.heartbeat()
  const chunk = chunks.next()
  if (chunk === undefined) chunks.wait(20)
  // A dead lane may have published what it had not given back yet.
  else if (chunk.offset < values[LANE.source_offset]) chunks.release(chunk.serial)
  else runBatch(chunk)
}
journeys.flush(Number.POSITIVE_INFINITY)
errors.flush(Number.POSITIVE_INFINITY)
kept.flush(Number.POSITIVE_INFINITY)
control.setState('finished')
const end: HammerEnd = {
  lines: values[LANE.source_line],
  journeys: journeys.written,
  errors: errors.written,
  kept: kept.written
}
parentPort!.postMessage(end)

function runBatch(chunk: Chunk): void {
  const first = values[LANE.source_line]
  const bytes = Buffer.from(chunk.bytes)
  checkChunk(chunk, bytes, first)
  values[LANE.entered] += BATCH_LINES
  values[LANE.in_flight] = BATCH_LINES
  // Not before the first batch: some lanes are to die before their first snapshot.
  if (call > 0) publish(first)
  for (let line = first; line < first + BATCH_LINES; line++) runLine(line, bytes.subarray(starts[line - first]))
  addJourneys(bytes, first)
  if (first % 128 === 0) journeys.flush(Number.POSITIVE_INFINITY)
  if (first % 256 === 0) errors.flush(Number.POSITIVE_INFINITY)
  for (let line = first; line < first + BATCH_LINES; line++) if (isKept(line)) kept.write(keptOf(line))
  if (first % 192 === 0) kept.flush(Number.POSITIVE_INFINITY)
  settle(chunk, first)
}

function checkChunk(chunk: Chunk, bytes: Buffer, first: number): void {
  starts[0] = 0
  for (let index = 0; index < BATCH_LINES; index++) {
    const text = lineText(first + index)
    starts[index + 1] = starts[index] + text.length + 1
    if (bytes.toString('latin1', starts[index], starts[index + 1] - 1) !== text) throw new Error('A chunk is torn.')
  }
  if (bytes.length !== starts[BATCH_LINES] || chunk.offset !== lineOffset(first)) throw new Error('A chunk is wrong.')
}

function runLine(line: number, rest: Buffer): void {
  // The words of one call tell each other.
  call++
  control.enter(call % 7, call)
  const path = nodesOf(pathOf(line)).reduce((parent, node) => paths.next(parent, node), 0)
  if (path !== pathOf(line)) throw new Error('A path has another number.')
  for (let outcome = 1; outcome <= OUTCOMES; outcome++) paths.count(path, outcome)
  histograms.record(line % 4, DURATION_NANOSECONDS, 1)
  if (isError(line)) writeError(line, rest)
  if (line % 16 === 0) strings.intern(reasonOf(reasons++ % 300))
  control.leave()
}

function writeError(line: number, rest: Buffer): void {
  errors.write({
    node: line % 3,
    attempt: line % 5,
    isFinal: line % 2 === 0,
    sourceNumber: 0,
    offset: lineOffset(line),
    lineNumber: line + 1,
    atMilliseconds: line,
    name: `Error${line}`,
    message: `message of ${line}`,
    stack: lineText(line),
    line: rest.subarray(0, lineText(line).length)
  })
}

function addJourneys(bytes: Buffer, first: number): void {
  journeys.beginBatch({
    sourceNumber: 0,
    offset: lineOffset(first),
    firstLineNumber: first + 1,
    readAtMilliseconds: first,
    settledAtMilliseconds: first + 1
  })
  let from = 0
  for (let index = 0; index < BATCH_LINES; index++) {
    leafPath[index] = pathOf(first + index) << 1
    leafCode[index] = codeOf(first + index, 0)
    if (leafCountOf(first + index) === 1) continue
    journeys.addLines(bytes, starts, from, index, leafPath, leafCode)
    addForked(bytes, first + index, index)
    from = index + 1
  }
  journeys.addLines(bytes, starts, from, BATCH_LINES, leafPath, leafCode)
}

function addForked(bytes: Buffer, line: number, index: number): void {
  const leaves = leafCountOf(line)
  const paths = Int32Array.from({ length: leaves }, () => pathOf(line) << 1)
  const codes = Int32Array.from({ length: leaves }, (_, leaf) => codeOf(line, leaf))
  const depths = Int32Array.from({ length: leaves }, (_, leaf) => leaf)
  journeys.addForkedLine(bytes, starts[index], starts[index + 1], index, leaves, paths, codes, depths)
}

function settle(chunk: Chunk, first: number): void {
  for (let line = first; line < first + BATCH_LINES; line++) {
    const leaves = leafCountOf(line)
    values[LANE.forked] += leaves - 1
    for (let leaf = 0; leaf < leaves; leaf++) values[OUTCOME_COUNTERS[(codeOf(line, leaf) & 15) - 1]]++
  }
  values[LANE.in_flight] = 0
  values[LANE.settled_lines] += BATCH_LINES
  values[LANE.source_line] = first + BATCH_LINES
  values[LANE.source_offset] = chunk.offset + chunk.length
  for (let counter = NODE_OFFSET; counter < values.length; counter++) values[counter] += BATCH_LINES * perLine(counter)
  publish(first)
  chunks.release(chunk.serial)
}

function publish(first: number): void {
  values[LANE.journeys_written] = journeys.written
  values[LANE.journeys_overwritten] = journeys.overwritten
  values[LANE.journeys_dropped] = journeys.dropped
  values[LANE.kept_written] = kept.written
  snapshot.publish(first)
  inFlight.publish(waitingOf(first), first)
  paths.publishTouched(4_000)
  histograms.publishTouched(4_000)
}
