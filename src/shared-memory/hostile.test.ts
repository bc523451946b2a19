// Readers over memory in which anything may stand: they never throw, never loop, never read beyond, and say so.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ControlReader } from './control/reader.ts'
import { ErrorReader } from './errors/reader.ts'
import { ErrorWriter } from './errors/writer.ts'
import { HistogramReader } from './histograms/reader.ts'
import { InFlightReader } from './in-flight/reader.ts'
import { JourneyReader } from './journeys/reader.ts'
import { JourneyWriter } from './journeys/writer.ts'
import { KeptReader } from './kept/reader.ts'
import { KeptWriter } from './kept/writer.ts'
import { LineIndexReader } from './line-index/reader.ts'
import { LineIndexWriter } from './line-index/writer.ts'
import { COUNT, FULL, headerWord, SEALED, SERIAL, STATE, USED_BYTES, USED_WORDS } from './pages/layout.ts'
import { PathTimesReader } from './path-times/reader.ts'
import { PathReader } from './paths/reader.ts'
import { openRegion, type Region } from './region.ts'
import { SnapshotReader } from './snapshot/reader.ts'
import { StringReader } from './strings/reader.ts'
import { scribble, testRegion } from './test-region.ts'

/** Mostly numbers that mean something somewhere, so that garbage gets past the first check. */
const hostileWord = fc.oneof(
  fc.integer({ min: -2, max: 5 }),
  fc.integer({ min: -1, max: 70_000 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(1 << 24, 1 << 25, 1 << 26, 0x7ff0_0000, -1, 2 ** 31 - 1)
)

function readEverything(region: Region): number {
  const control = new ControlReader(region)
  const snapshot = new SnapshotReader(region)
  const histograms = new HistogramReader(region)
  const paths = new PathReader(region)
  const strings = new StringReader(region)
  const inFlight = new InFlightReader(region)
  const errors = new ErrorReader(region)
  const journeys = new JourneyReader(region)
  const lines = new LineIndexReader(region)
  const kept = new KeptReader(region)
  const pathTimes = new PathTimesReader(region)
  control.read()
  snapshot.read()
  for (let histogram = 0; histogram <= 3; histogram++) histograms.read(histogram).quantile(0.5)
  for (const { path } of paths.counts()) paths.nodesOf(path)
  for (let id = 0; id < 256; id++) strings.text(id)
  inFlight.read()
  for (const error of errors.poll()) assert.ok(error.line.length <= 4_096)
  for (const journey of journeys.poll()) for (const leaf of journey.leaves) paths.nodesOf(leaf.path)
  for (const { text } of kept.poll()) assert.ok(text.length <= 4_096)
  pathTimes.read()
  kept.ledger()
  errors.ledger()
  journeys.ledger()
  journeys.deaths()
  lines.byNumber(0, 1)
  lines.byOffset(0, 0)
  lines.windowOf(0)
  lines.counts()
  const readers = [control, snapshot, histograms, paths, pathTimes, strings, inFlight, errors, journeys, lines, kept]
  return readers.reduce((sum, reader) => sum + reader.telemetryCorrupt, 0)
}

test('readers survive a region full of garbage and report it', () => {
  let reported = 0
  fc.assert(
    fc.property(fc.array(hostileWord, { minLength: 97, maxLength: 97 }), words => {
      const region = testRegion({}, { paths: 256, journeyPages: 2 })
      let at = 0
      // A period that is no power of two, so that every structure sees other words.
      scribble(region, () => words[at++ % words.length])
      reported += readEverything(region)
    }),
    { numRuns: 60 }
  )
  assert.ok(reported > 0)
})

test('readers survive single words gone wrong in pages that are otherwise right', () => {
  const region = testRegion({}, { journeyPages: 2 })
  writeSomething(region)
  const whole = new Int32Array(region.buffer).slice()
  const { layout } = openRegion(region)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), hostileWord), { minLength: 1, maxLength: 6 }),
      fc.constantFrom('errors', 'journeys', 'kept'),
      (changes, where) => {
        const words = new Int32Array(region.buffer)
        words.set(whole)
        const ends = { errors: layout.journeys, journeys: layout.kept, kept: layout.totalWords }
        const [start, end] = [layout[where], ends[where]]
        for (const [place, value] of changes) words[start + (place % (end - start))] = value
        readEverything(region)
      }
    ),
    { numRuns: 200 }
  )
})

test('a page that claims more than it can hold is reported and gives nothing', () => {
  for (const [word, value] of [
    [USED_BYTES, 2 ** 30],
    [USED_BYTES, -1],
    [USED_WORDS, 2 ** 30],
    [USED_WORDS, -6]
  ]) {
    const region = testRegion()
    writeSomething(region)
    const { cells, layout } = openRegion(region)
    cells.store(layout.journeys + headerWord(0) + word, value)
    const reader = new JourneyReader(region)
    assert.deepEqual(reader.poll(), [])
    assert.equal(reader.telemetryCorrupt, 1)
  }
})

test('a page with another count than records gives its records and is reported', () => {
  const region = testRegion()
  writeSomething(region)
  const { cells, layout } = openRegion(region)
  cells.store(layout.journeys + headerWord(0) + COUNT, 99)
  cells.store(layout.errors + headerWord(0) + COUNT, 99)
  const journeys = new JourneyReader(region)
  const errors = new ErrorReader(region)
  assert.equal(journeys.poll().length, 2)
  assert.equal(errors.poll().length, 1)
  assert.deepEqual([journeys.telemetryCorrupt, errors.telemetryCorrupt], [1, 1])
})

test('a page that nobody ever wrote, marked full, is empty', () => {
  const region = testRegion()
  const { cells, layout } = openRegion(region)
  for (const base of [layout.journeys, layout.errors]) {
    cells.store(base + headerWord(1) + STATE, FULL)
    cells.store(base + headerWord(1) + SERIAL, 5)
    cells.store(base + SEALED, 5)
  }
  assert.deepEqual(new JourneyReader(region).poll(), [])
  assert.deepEqual(new ErrorReader(region).poll(), [])
})

function writeSomething(region: Region): void {
  const kept = new KeptWriter(region, 1, { valueBytes: 4_096, recordBytes: 32_768 })
  kept.write({
    sourceNumber: 0,
    offset: 0,
    lineNumber: 1,
    readAtMilliseconds: 1,
    settledAtMilliseconds: 2,
    reasons: 1,
    weight: 1,
    text: Buffer.from('a line'),
    fullLength: 6,
    leaves: [{ path: 2, code: 1, forkDepth: 0 }],
    leafCount: 1,
    hops: [
      {
        node: 0,
        startedAtMilliseconds: 1,
        serviceMilliseconds: 1,
        waitedMilliseconds: 1,
        isEstimated: false,
        before: 'a line',
        attempts: [{ attempt: 1, startedAtMilliseconds: 1, milliseconds: 1, error: { name: 'E', message: 'no' } }],
        emissions: [{ tag: 0, undeclaredTag: 't', because: 'b', child: 0, isChanged: true, value: 'v' }]
      }
    ]
  })
  kept.flush(Number.POSITIVE_INFINITY)
  const journeys = new JourneyWriter(region, 1)
  journeys.beginBatch({
    sourceNumber: 0,
    offset: 0,
    firstLineNumber: 1,
    readAtMilliseconds: 0,
    settledAtMilliseconds: 0
  })
  journeys.addLines(Buffer.from('one\n'), Int32Array.of(0, 4), 0, 1, Int32Array.of(0), Int32Array.of(1))
  journeys.addForkedLine(
    Buffer.from('two\n'),
    0,
    4,
    1,
    2,
    Int32Array.of(2, 4),
    Int32Array.of(1, 1),
    Int32Array.of(0, 1)
  )
  journeys.flush(Number.POSITIVE_INFINITY)
  const first = { sourceNumber: 0, offset: 0, firstLineNumber: 1, sequence: 0 }
  new LineIndexWriter(region, 1).add(first, Int32Array.of(0, 4, 8), 2, Int32Array.of(2, 2), Int32Array.of(1, 1))
  const errors = new ErrorWriter(region, 1)
  const place = { node: 0, attempt: 1, isFinal: true, sourceNumber: 0, offset: 0, lineNumber: 1, atMilliseconds: 0 }
  errors.write({ ...place, name: 'Error', message: 'broken', stack: 'at x', line: 'one' })
  errors.flush(Number.POSITIVE_INFINITY)
}
