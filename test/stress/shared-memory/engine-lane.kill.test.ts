// The engine's own lane, as the program starts it, is terminated at a random instant while it runs a pipeline with
// drops, failures and retries. Its region is readable each time, balances, and tells the truth about the input.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { builtins } from '../../../src/builtins.ts'
import { loadPlan } from '../../../src/config/load-plan.ts'
import { edgeBases, type Plan } from '../../../src/engine/index.ts'
import {
  ControlReader,
  createRegion,
  decodeLeaf,
  ErrorReader,
  HistogramReader,
  InFlightReader,
  JourneyReader,
  LANE,
  MainControl,
  type PageLedger,
  PathReader,
  type Region,
  recoverLane,
  SnapshotReader,
  StringReader
} from '../../../src/shared-memory/index.ts'
import type { LaneReport, LaneRequest, LaneStart } from '../../../src/threads/messages.ts'
import { type Aftermath, aftermathOf } from './aftermath.ts'
import { compileCache } from './hammer.ts'

const DEATHS = process.env['LINESCOPE_LONG'] === '1' ? 200 : 30
const LIFE_MILLISECONDS = 120
const LINES = 300_000

const PIPELINE = `
source: { file: { path: input.log } }
processors:
  start:
    route:
      - { when: 'line.contains("level=1")', to: failing }
      - { when: 'line.contains("level=2")', to: kept }
      - { to: general }
  failing: { fail: { times: 1 }, to: end, retry: { attempts: 2, backoff: 5ms } }
  kept: { filter: { when: 'line.contains("keep")' }, to: hopeless }
  hopeless: { fail: { message: 'It fails.' }, to: end }
  general: { uppercase: {}, to: end }
sinks:
  end: { discard: {} }
`

interface Input {
  readonly lines: readonly string[]
  /** Of the first byte of each line. */
  readonly offsets: Float64Array
}

function writeInput(folder: string): Input {
  const lines = Array.from({ length: LINES }, (_, line) => {
    const level = line % 997 === 996 ? 1 : line % 31 === 0 ? 2 : 0
    return `${line} level=${level} ${line % 2 === 0 ? 'keep' : 'drop'} ${'.'.repeat((line * 7) % 60)}`
  })
  const offsets = new Float64Array(LINES)
  for (let line = 1; line < LINES; line++) offsets[line] = offsets[line - 1] + lines[line - 1].length + 1
  writeFileSync(join(folder, 'input.log'), `${lines.join('\n')}\n`)
  return { lines, offsets }
}

function regionOf(plan: Plan): Region {
  const shape = {
    processorCount: plan.processors.length,
    sinkCount: plan.sinks.length,
    edgeCount: edgeBases(plan).at(-1)!,
    trace: true,
    chunkSlots: 0,
    chunkSlotBytes: 0
  }
  return createRegion(shape, { journeyPages: 4, errorPages: 4, paths: 1_024 })
}

/** Runs a lane for a random time and terminates it. */
async function runAndKill(t: TestContext, start: LaneStart, env: NodeJS.ProcessEnv): Promise<void> {
  const worker = new Worker(new URL('../../../src/threads/lane.ts', import.meta.url), { workerData: start, env })
  t.after(() => worker.terminate())
  const [ready] = (await once(worker, 'message')) as [LaneReport]
  assert.equal(ready.type, 'ready', JSON.stringify(ready))
  let end: LaneReport | undefined
  const opened = new Promise<void>(resolve => {
    worker.on('message', (report: LaneReport) => {
      if (report.type === 'end' || report.type === 'refused') end = report
      if (report.type === 'opened' || end !== undefined) resolve()
    })
  })
  worker.postMessage({ type: 'go' } satisfies LaneRequest)
  worker.postMessage({ type: 'begin' } satisfies LaneRequest)
  await opened
  await sleep(Math.random() * LIFE_MILLISECONDS)
  await worker.terminate()
  assert.equal(end, undefined, `the lane ended by itself: ${JSON.stringify(end)}`)
}

interface Sums {
  lines: number
  settled: number
  journeys: number
  errors: number
  inFlight: number
}

/** Everything that a new observer finds after the recovery. */
function checkRegion(region: Region, epoch: number, input: Input, sums: Sums): void {
  const snapshots = new SnapshotReader(region)
  const { values, isFresh } = snapshots.read()
  assert.ok(isFresh)
  assertBalanced(values)
  const control = new ControlReader(region)
  assert.equal(control.read().state, 'failed')
  const histograms = new HistogramReader(region)
  for (let node = 0; node <= region.shape.processorCount + region.shape.sinkCount; node++) histograms.read(node)
  const inFlight = new InFlightReader(region)
  const waiting = inFlight.read()
  assert.ok(waiting.isFresh)
  for (const { lineNumber, offset } of waiting.entries) assert.equal(offset, input.offsets[lineNumber - 1])
  const journeys = new JourneyReader(region)
  const found = checkJourneys(region, journeys, epoch, input)
  assert.ok(found <= values[LANE.journeys_written])
  const errors = new ErrorReader(region)
  const records = errors.poll()
  for (const { lineNumber, offset, line } of records) {
    assert.equal(Buffer.from(line).toString(), input.lines[lineNumber - 1])
    assert.equal(offset, input.offsets[lineNumber - 1])
  }
  for (const ledger of [journeys.ledger(), errors.ledger()]) assertLaw(ledger)
  assert.equal(errors.ledger().freed, records.length)
  for (const reader of [snapshots, control, histograms, inFlight, journeys, errors]) {
    assert.equal(reader.telemetryCorrupt, 0)
  }
  sums.lines += values[LANE.entered]
  sums.settled += values[LANE.settled_lines]
  sums.journeys += found
  sums.errors += records.length
  sums.inFlight += waiting.total
}

function assertBalanced(values: Float64Array): void {
  const { delivered, dropped, dead, unmatched, joined, in_flight, entered, replayed, forked } = LANE
  const ends = [delivered, dropped, dead, unmatched, joined, in_flight].reduce((sum, each) => sum + values[each], 0)
  assert.equal(values[entered] + values[replayed] + values[forked], ends)
}

function checkJourneys(region: Region, reader: JourneyReader, epoch: number, input: Input): number {
  const paths = new PathReader(region)
  const strings = new StringReader(region)
  let last = -1
  const found = reader.poll()
  for (const { lineNumber, offset, text, sequence, leaves, ...journey } of found) {
    assert.equal(journey.epoch, epoch)
    assert.ok(sequence > last)
    last = sequence
    assert.equal(Buffer.from(text).toString(), input.lines[lineNumber - 1])
    assert.equal(offset, input.offsets[lineNumber - 1])
    const { outcome, detail } = decodeLeaf(leaves[0].code)
    assert.ok(outcome !== undefined)
    if (outcome === 'dropped') assert.equal(strings.text(detail), 'filtered')
    assert.ok(paths.nodesOf(leaves[0].path).length >= 2)
  }
  assert.equal(paths.telemetryCorrupt + strings.telemetryCorrupt, 0)
  return found.length
}

function assertLaw({ written, ...parts }: PageLedger): void {
  const sum = Object.values(parts).reduce((total, part) => total + part, 0)
  assert.equal(sum, written, `the law is broken: ${JSON.stringify({ written, ...parts })}`)
}

test(`the engine's lane, terminated ${DEATHS} times at a random instant, leaves a readable region each time [E4]`, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-killed-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const input = writeInput(folder)
  const { plan } = await loadPlan({
    registry: builtins,
    file: 'pipeline.yaml',
    source: PIPELINE,
    currentFolder: folder
  })
  const env = compileCache(t)
  const sums: Sums = { lines: 0, settled: 0, journeys: 0, errors: 0, inFlight: 0 }
  const deaths: Aftermath[] = []
  for (let death = 1; death <= DEATHS; death++) {
    const region = regionOf(plan)
    const epoch = new MainControl(region).nextEpoch()
    const stateFolder = join(folder, `state-${death}`)
    mkdirSync(stateFolder)
    const maxLines = Number.POSITIVE_INFINITY
    const caution = { suspects: [], doomed: [] }
    const asFirst = { resume: undefined, uncommittedBytes: undefined, place: undefined, caution, isCareful: false }
    const start = { plan, region, epoch, stateFolder, replaceOutputs: true, maxLines, ...asFirst }
    await runAndKill(t, start, env)
    deaths.push(aftermathOf(region))
    recoverLane(region, epoch)
    assert.equal(aftermathOf(region).owned, 0, 'a page is owned by the dead')
    checkRegion(region, epoch, input, sums)
  }
  const owned = deaths.filter(death => death.owned > 0).length
  const half = deaths.filter(death => death.halfPublished > 0).length
  t.diagnostic(`of ${DEATHS} deaths ${owned} left a page half-filled, ${half} something half-published`)
  t.diagnostic(JSON.stringify(sums))
  assert.ok(owned > 0)
})
