import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OUTCOME } from '../outcome.ts'
import { recoverLane, recoverObserver } from '../recovery.ts'
import { openRegion, type Region } from '../region.ts'
import { testRegion } from '../test-region.ts'
import { BLOCK_LINES, FORKED_CODE, headerWord, READING, STATE, WRITING } from './layout.ts'
import { LineIndexReader } from './reader.ts'
import { LineIndexWriter } from './writer.ts'

interface Written {
  readonly source?: number
  readonly offset: number
  readonly first: number
  readonly sequence?: number
  readonly lengths: readonly number[]
  readonly path?: number
  readonly code?: number
}

function add(writer: LineIndexWriter, { source = 0, offset, first, sequence, lengths, path = 7, code }: Written): void {
  const starts = Int32Array.of(100, ...lengths)
  for (let at = 1; at < starts.length; at++) starts[at] += starts[at - 1]
  const batch = { sourceNumber: source, offset, firstLineNumber: first, sequence: sequence ?? first - 1 }
  const paths = new Int32Array(lengths.length).fill((path << 1) | 1)
  const codes = new Int32Array(lengths.length).fill(code ?? OUTCOME.delivered | (3 << 8))
  writer.add(batch, starts, lengths.length, paths, codes)
}

/** Batches of ten lines of ten bytes each. */
function addTens(writer: LineIndexWriter, batches: number, from = 0): void {
  const lengths = new Array(10).fill(10)
  for (let batch = from; batch < from + batches; batch++)
    add(writer, { offset: batch * 100, first: batch * 10 + 1, lengths })
}

test('a line is found by its number and by its offset, with its way', () => {
  const region = testRegion()
  const writer = new LineIndexWriter(region, 1)
  add(writer, { offset: 2 ** 33, first: 2 ** 32, lengths: [3, 1, 20], path: 65_535, code: OUTCOME.dropped })
  add(writer, { offset: 2 ** 33 + 24, first: 2 ** 32 + 3, lengths: [5], path: 2, code: OUTCOME.dead | FORKED_CODE })
  const reader = new LineIndexReader(region)
  const second = { lineNumber: 2 ** 32 + 1, offset: 2 ** 33 + 3, bytes: 1 }
  const dropped = { ...second, path: 65_535, outcome: OUTCOME.dropped, isForked: false }
  assert.deepEqual(reader.byNumber(0, 2 ** 32 + 1), dropped)
  assert.deepEqual(reader.byOffset(0, 2 ** 33 + 3), dropped)
  const dead = {
    lineNumber: 2 ** 32 + 3,
    offset: 2 ** 33 + 24,
    bytes: 5,
    path: 2,
    outcome: OUTCOME.dead,
    isForked: true
  }
  assert.deepEqual(reader.byOffset(0, 2 ** 33 + 24), dead)
})

test('what is no line is not found: an offset within one, a number behind the last, another source', () => {
  const region = testRegion()
  addTens(new LineIndexWriter(region, 1), 2)
  const reader = new LineIndexReader(region)
  assert.equal(reader.byOffset(0, 11), undefined)
  assert.equal(reader.byOffset(0, 200), undefined)
  assert.equal(reader.byNumber(0, 21), undefined)
  assert.equal(reader.byNumber(0, 0), undefined)
  assert.equal(reader.byNumber(1, 1), undefined)
  assert.notEqual(reader.byNumber(0, 20), undefined)
})

test('lines that are too long for their word keep their length, and so do their neighbours', () => {
  const region = testRegion()
  const writer = new LineIndexWriter(region, 1)
  add(writer, { offset: 0, first: 1, lengths: [10, 4_094, 4_095, 9_000, 10] })
  writer.addLong({ sourceNumber: 0, offset: 17_209, firstLineNumber: 6, sequence: 5 }, 2 ** 32, 14, OUTCOME.dead)
  add(writer, { offset: 17_209 + 2 ** 32, first: 7, lengths: [10] })
  const reader = new LineIndexReader(region)
  const places = [1, 2, 3, 4, 5, 6, 7].map(number => reader.byNumber(0, number)!)
  assert.deepEqual(
    places.map(({ bytes }) => bytes),
    [10, 4_094, 4_095, 9_000, 10, 2 ** 32, 10]
  )
  assert.deepEqual(
    places.map(({ offset }) => offset),
    [0, 10, 4_104, 8_199, 17_199, 17_209, 17_209 + 2 ** 32]
  )
  for (const { offset, lineNumber } of places) assert.equal(reader.byOffset(0, offset)?.lineNumber, lineNumber)
})

test('the newest lines are kept, the rest is counted, and a reader that looked before sees what came since', () => {
  const region = testRegion()
  const writer = new LineIndexWriter(region, 1)
  const reader = new LineIndexReader(region)
  const total = BLOCK_LINES * 6
  for (let batch = 0; batch * 10 < total; batch++) {
    addTens(writer, 1, batch)
    if (batch % 97 === 0) assert.equal(reader.byNumber(0, batch * 10 + 1)?.offset, batch * 100)
  }
  const { written, held, left } = reader.counts()
  assert.equal(left, 0)
  assert.ok(written >= total && held > BLOCK_LINES * 3 && held <= BLOCK_LINES * 4)
  const window = reader.windowOf(0)!
  assert.equal(window.lastLine, written)
  assert.equal(window.endOffset, written * 10)
  assert.equal(window.firstLine, written - held + 1)
  assert.equal(reader.byNumber(0, window.firstLine - 1), undefined)
  for (let line = window.firstLine; line <= written; line += 13) {
    assert.equal(reader.byNumber(0, line)?.offset, (line - 1) * 10)
    assert.equal(reader.byOffset(0, (line - 1) * 10)?.lineNumber, line)
  }
})

test('two sources whose lines alternate are told apart', () => {
  const region = testRegion()
  const writer = new LineIndexWriter(region, 1)
  for (let line = 0; line < 200; line++) {
    add(writer, { source: line % 2, offset: line * 10, first: line + 1, sequence: line, lengths: [10] })
  }
  const reader = new LineIndexReader(region)
  assert.equal(reader.byNumber(1, 200)?.offset, 1_990)
  assert.equal(reader.byNumber(0, 200), undefined)
  assert.equal(reader.byOffset(0, 1_980)?.lineNumber, 199)
})

test('a block that a reader has is passed over, and nothing is lost', () => {
  const region = testRegion()
  const writer = new LineIndexWriter(region, 1)
  addTens(writer, 2)
  setState(region, 1, READING)
  addTens(writer, 2, 2)
  setState(region, 1, 0)
  const reader = new LineIndexReader(region)
  for (let line = 1; line <= 40; line++) assert.equal(reader.byNumber(0, line)?.offset, (line - 1) * 10)
})

test('lines that no block can be had for are counted', () => {
  const region = testRegion()
  const writer = new LineIndexWriter(region, 1)
  for (let block = 0; block < 4; block++) setState(region, block, READING)
  addTens(writer, 3)
  for (let block = 0; block < 4; block++) setState(region, block, 0)
  addTens(writer, 1, 3)
  const reader = new LineIndexReader(region)
  assert.deepEqual(reader.counts(), { written: 10, held: 10, left: 30 })
  assert.equal(reader.byNumber(0, 31)?.offset, 300)
})

test('a reader that cannot have a block says so, and has it when it is given back', () => {
  const region = testRegion()
  addTens(new LineIndexWriter(region, 1), 2)
  const reader = new LineIndexReader(region)
  setState(region, 1, WRITING)
  assert.equal(reader.byNumber(0, 1), undefined)
  assert.equal(reader.isWhole, false)
  recoverLane(region, 1)
  assert.equal(reader.byNumber(0, 1)?.offset, 0)
  assert.equal(reader.isWhole, true)
})

test('what a dead lane took back is void, and the run of it that counted is found', () => {
  const region = testRegion()
  addTens(new LineIndexWriter(region, 1), 3)
  recoverLane(region, 1)
  const successor = new LineIndexWriter(region, 2)
  const isVoid = (epoch: number, sequence: number): boolean => epoch === 1 && sequence >= 15
  const reader = new LineIndexReader(region)
  assert.notEqual(reader.byNumber(0, 15, isVoid), undefined)
  assert.equal(reader.byNumber(0, 16, isVoid), undefined)
  add(successor, { offset: 150, first: 16, sequence: 15, lengths: [10, 10], path: 9 })
  assert.equal(reader.byNumber(0, 16, isVoid)?.path, 9)
  assert.equal(reader.byNumber(0, 18, isVoid), undefined)
})

test('a block that a dead reader had is given back', () => {
  const region = testRegion()
  addTens(new LineIndexWriter(region, 1), 1)
  setState(region, 1, READING)
  recoverObserver(region)
  assert.equal(new LineIndexReader(region).byNumber(0, 10)?.offset, 90)
})

function setState(region: Region, block: number, state: number): void {
  const { cells, layout } = openRegion(region)
  cells.store(layout.lineIndex + headerWord(block) + STATE, state)
}
