import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leafCode } from '../outcome.ts'
import type { Region } from '../region.ts'
import { testRegion } from '../test-region.ts'
import type { Journey } from './decode.ts'
import { MAX_LEAVES } from './layout.ts'
import { JourneyReader } from './reader.ts'
import { type JourneyBatch, JourneyWriter } from './writer.ts'

/** Plain lines of one batch that fill a page of the test region: 1,024 records of 6 words, less batch and run. */
const FULL_PAGE = (1_024 * 6 - 12 - 4) / 2

const BATCH: JourneyBatch = {
  sourceNumber: 2,
  offset: 2 ** 40,
  firstLineNumber: 2 ** 33,
  readAtMilliseconds: 100.25,
  settledAtMilliseconds: 200.5
}

/** Adds lines, each with its line end, as one batch; line i has path i and delivered at node i. */
function addBatch(writer: JourneyWriter, lines: readonly string[], batch = BATCH): void {
  const { bytes, starts } = joined(lines)
  writer.beginBatch(batch)
  const paths = Int32Array.from(lines, (_, index) => (index << 1) | (index & 1))
  const codes = Int32Array.from(lines, (_, index) => leafCode('delivered', index % 1_000))
  writer.addLines(bytes, starts, 0, lines.length, paths, codes)
}

function joined(lines: readonly string[]): { bytes: Buffer; starts: Int32Array } {
  const parts = lines.map(line => Buffer.from(line))
  const starts = new Int32Array(lines.length + 1)
  for (const [index, part] of parts.entries()) starts[index + 1] = starts[index] + part.length
  return { bytes: Buffer.concat(parts), starts }
}

function writerAndReader(region: Region = testRegion()): { writer: JourneyWriter; reader: JourneyReader } {
  return { writer: new JourneyWriter(region, 1), reader: new JourneyReader(region) }
}

function textOf(journey: Journey): string {
  return Buffer.from(journey.text).toString()
}

function assertLaw(reader: JourneyReader): void {
  const { written, ...parts } = reader.ledger()
  assert.equal(
    Object.values(parts).reduce((sum, part) => sum + part, 0),
    written
  )
}

test('a journey tells its line, place, times and way', () => {
  const { writer, reader } = writerAndReader()
  addBatch(writer, ['first\n', 'second\r\n', '\n', 'last'])
  writer.flush(Number.POSITIVE_INFINITY)
  const journeys = reader.poll()
  assert.deepEqual(journeys.map(textOf), ['first', 'second', '', 'last'])
  const { text: _text, ...second } = journeys[1]
  assert.deepEqual(second, {
    epoch: 1,
    sequence: 1,
    sourceNumber: 2,
    offset: 2 ** 40 + 6,
    lineNumber: 2 ** 33 + 1,
    fullLength: 6,
    isCut: false,
    readAtMilliseconds: 100.25,
    settledAtMilliseconds: 200.5,
    leaves: [{ path: 1, code: leafCode('delivered', 1), forkDepth: 0 }],
    leafCount: 1
  })
})

test('bytes come back as they were: invalid UTF-8, NUL and a lone carriage return', () => {
  const { writer, reader } = writerAndReader()
  writer.beginBatch(BATCH)
  const bytes = Buffer.of(0xff, 0x00, 0x0d, 0x61, 0x0a)
  writer.addLines(bytes, Int32Array.of(0, 5), 0, 1, Int32Array.of(0), Int32Array.of(1))
  writer.flush(Number.POSITIVE_INFINITY)
  assert.deepEqual([...reader.poll()[0].text], [0xff, 0x00, 0x0d, 0x61])
})

test('a batch that lies anywhere in its bytes, added in pieces, has the right offsets', () => {
  const { writer, reader } = writerAndReader()
  const bytes = Buffer.from('....aa\nbbb\nc\n')
  const starts = Int32Array.of(4, 7, 11, 13)
  const paths = Int32Array.of(2, 4, 6)
  const codes = Int32Array.of(1, 1, 1)
  writer.beginBatch({ ...BATCH, offset: 1_000, bytesStart: 4 })
  writer.addLines(bytes, starts, 0, 1, paths, codes)
  writer.addForkedLine(bytes, 7, 11, 1, 2, Int32Array.of(4, 6), Int32Array.of(1, 2), Int32Array.of(0, 1))
  writer.addLines(bytes, starts, 2, 3, paths, codes)
  writer.flush(Number.POSITIVE_INFINITY)
  const journeys = reader.poll()
  assert.deepEqual(journeys.map(textOf), ['aa', 'bbb', 'c'])
  assert.deepEqual(
    journeys.map(journey => journey.offset),
    [1_000, 1_003, 1_007]
  )
  assert.deepEqual(
    journeys.map(journey => journey.lineNumber - BATCH.firstLineNumber),
    [0, 1, 2]
  )
  assert.deepEqual(journeys[1].leaves, [
    { path: 2, code: 1, forkDepth: 0 },
    { path: 3, code: 2, forkDepth: 1 }
  ])
})

test('lines of any length are kept whole over page ends, at every alignment', () => {
  const { writer, reader } = writerAndReader(testRegion({}, { journeyPages: 64 }))
  const sent: string[] = []
  for (let batch = 0; batch < 20; batch++) {
    const lines = Array.from(
      { length: 50 },
      (_, index) => `${batch}/${index} ${'x'.repeat((index * 37 + batch * 13) % 700)}\n`
    )
    addBatch(writer, lines)
    sent.push(...lines)
  }
  writer.flush(Number.POSITIVE_INFINITY)
  const journeys = reader.poll()
  assert.deepEqual(
    journeys.map(journey => `${textOf(journey)}\n`),
    sent
  )
  assert.deepEqual(
    journeys.map(journey => journey.sequence),
    sent.map((_, index) => index)
  )
  assert.equal(reader.telemetryCorrupt, 0)
})

test('many batches of one line share a page', () => {
  const { writer, reader } = writerAndReader()
  for (let number = 0; number < 300; number++) addBatch(writer, [`${number}\n`], { ...BATCH, firstLineNumber: number })
  writer.flush(Number.POSITIVE_INFINITY)
  const journeys = reader.poll()
  assert.deepEqual(
    journeys.map(journey => [textOf(journey), journey.lineNumber]),
    Array.from({ length: 300 }, (_, number) => [`${number}`, number])
  )
  assert.equal(reader.ledger().freed, 300)
})

test('a line over 16 KiB has its first 4 KiB and its full length; the lines around it are whole', () => {
  const { writer, reader } = writerAndReader()
  const long = 'y'.repeat(1_000_000)
  addBatch(writer, ['before\n', `${long}\r\n`, 'after\n', `${'z'.repeat(16_383)}\n`, long])
  writer.flush(Number.POSITIVE_INFINITY)
  const journeys = reader.poll()
  assert.deepEqual(
    journeys.map(journey => [journey.text.length, journey.fullLength, journey.isCut]),
    [
      [6, 6, false],
      [4_096, 1_000_000, true],
      [5, 5, false],
      [16_383, 16_383, false],
      [4_096, 1_000_000, true]
    ]
  )
  assert.deepEqual(
    journeys.map(journey => journey.leaves[0].path),
    [0, 1, 2, 3, 4]
  )
})

test('a forked line keeps its first 1,024 leaves and says how many there were', () => {
  const { writer, reader } = writerAndReader()
  const count = 5_000
  const leaves = Int32Array.from({ length: count }, (_, index) => index << 1)
  writer.beginBatch(BATCH)
  for (const leafCount of [1, 2, 3, MAX_LEAVES, count]) {
    writer.addForkedLine(Buffer.from('fork\n'), 0, 5, 0, leafCount, leaves, leaves, leaves)
  }
  writer.flush(Number.POSITIVE_INFINITY)
  const journeys = reader.poll()
  assert.deepEqual(
    journeys.map(journey => [journey.leafCount, journey.leaves.length, journey.leaves.at(-1)?.path]),
    [
      [1, 1, 0],
      [2, 2, 1],
      [3, 3, 2],
      [MAX_LEAVES, MAX_LEAVES, MAX_LEAVES - 1],
      [count, MAX_LEAVES, MAX_LEAVES - 1]
    ]
  )
  assert.equal(reader.telemetryCorrupt, 0)
})

test('a page is handed over 100 ms after its first record, and its lines are freed by the reader', () => {
  const { writer, reader } = writerAndReader()
  addBatch(writer, ['one\n'], { ...BATCH, settledAtMilliseconds: 1_000 })
  addBatch(writer, ['two\n'], { ...BATCH, settledAtMilliseconds: 1_050 })
  writer.flush(1_099)
  assert.equal(reader.poll().length, 0)
  writer.flush(1_100)
  assert.deepEqual(reader.poll().map(textOf), ['one', 'two'])
  assert.deepEqual(reader.ledger(), { written: 2, freed: 2, held: 0, overwritten: 0, dropped: 0 })
  assert.equal(reader.poll().length, 0)
})

test('the longest line that is kept whole, on the last path that there can be, is told right', () => {
  const { writer, reader } = writerAndReader()
  const line = `${'x'.repeat(16_383)}\n`
  writer.beginBatch(BATCH)
  writer.addLines(Buffer.from(line), Int32Array.of(0, 16_384), 0, 1, Int32Array.of(65_535 << 1), Int32Array.of(1))
  writer.flush(Number.POSITIVE_INFINITY)
  const [journey] = reader.poll()
  assert.equal(textOf(journey), line.trimEnd())
  assert.equal(journey.isCut, false)
  assert.deepEqual(journey.leaves, [{ path: 65_535, code: 1, forkDepth: 0 }])
})

test('full pages stay in the ring, each delivered once, and a new reader finds them again', () => {
  const region = testRegion()
  const { writer, reader } = writerAndReader(region)
  const lines = Array.from({ length: 3_200 }, (_, index) => `${index}\n`)
  addBatch(writer, lines)
  assert.equal(reader.poll().length, FULL_PAGE)
  assert.equal(reader.poll().length, 0)
  assert.equal(reader.ledger().held, FULL_PAGE)
  const second = new JourneyReader(region)
  assert.equal(second.poll().length, FULL_PAGE)
  assertLaw(second)
})

test('when nobody reads, the oldest page is overwritten and counted', () => {
  const { writer, reader } = writerAndReader()
  for (let batch = 0; batch < 40; batch++) {
    addBatch(
      writer,
      Array.from({ length: 500 }, (_, index) => `${batch * 500 + index}\n`)
    )
  }
  writer.flush(Number.POSITIVE_INFINITY)
  assert.equal(writer.written, 20_000)
  const { overwritten, held, dropped } = reader.ledger()
  assert.ok(overwritten > 0)
  assert.equal(dropped, 0)
  assert.equal(overwritten + held, 20_000)
  const numbers = reader.poll().map(journey => Number(textOf(journey)))
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => 20_000 - numbers.length + index)
  )
  assertLaw(reader)
})

test('a limited poll reads the newest full pages and counts the ones that it passed over', () => {
  const { writer, reader } = writerAndReader()
  addBatch(
    writer,
    Array.from({ length: 9_200 }, (_, index) => `${index}\n`)
  )
  writer.flush(Number.POSITIVE_INFINITY)
  const journeys = reader.poll(1)
  assert.equal(reader.skippedPages, 2)
  assert.equal(journeys[0].sequence, 2 * FULL_PAGE)
  assert.equal(journeys.length, 9_200 - 2 * FULL_PAGE)
  assert.equal(reader.poll().length, 0)
})

test('a poll for the newest decodes only the pages that they are in', () => {
  const { writer, reader } = writerAndReader()
  addBatch(
    writer,
    Array.from({ length: 9_200 }, (_, index) => `${index}\n`)
  )
  writer.flush(Number.POSITIVE_INFINITY)
  const rest = 9_200 - 3 * FULL_PAGE
  assert.ok(rest > 0)
  const journeys = reader.poll(Number.POSITIVE_INFINITY, rest + 1)
  assert.deepEqual(
    journeys.map(textOf),
    Array.from({ length: rest + FULL_PAGE }, (_, index) => `${2 * FULL_PAGE + index}`)
  )
  assert.equal(reader.poll().length, 0)
  assertLaw(reader)
})

test('without trace there is nothing to read, and writing says why it cannot', () => {
  const region = testRegion({ trace: false })
  assert.throws(() => new JourneyWriter(region, 1), /without trace/)
  const reader = new JourneyReader(region)
  assert.deepEqual(reader.poll(), [])
  assert.deepEqual(reader.deaths(), [])
  assert.equal(reader.ledger().written, 0)
})
