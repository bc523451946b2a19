import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedCells } from '../cells.ts'
import { latchWords, VERSION } from './layout.ts'
import { LatchReader } from './reader.ts'
import { LatchWriter } from './writer.ts'

function latch(numberCount = 2): { cells: SharedCells; writer: LatchWriter; reader: LatchReader } {
  const cells = new SharedCells(new SharedArrayBuffer(latchWords(numberCount) * 4))
  return {
    cells,
    writer: new LatchWriter(cells, 0, new Float64Array(numberCount)),
    reader: new LatchReader(cells, 0, numberCount)
  }
}

test('a reader sees what was published last, not what was changed since', () => {
  const { writer, reader } = latch()
  writer.numbers.set([1.5, -(2 ** 52)])
  writer.publish()
  writer.numbers[0] = 7
  assert.equal(reader.read(), true)
  assert.deepEqual([...reader.numbers], [1.5, -(2 ** 52)])
})

test('before the first publish all numbers are 0', () => {
  const { reader } = latch()
  assert.equal(reader.read(), true)
  assert.deepEqual([...reader.numbers], [0, 0])
})

test('numbers handed out stay as they are while the writer goes on, until the next read', () => {
  const { writer, reader } = latch()
  writer.numbers[0] = 1
  writer.publish()
  reader.read()
  for (let round = 0; round < 3; round++) {
    writer.numbers[0]++
    writer.publish()
  }
  assert.equal(reader.numbers[0], 1)
})

test('a reader that always finds a copy half-written gives up and keeps the last good one', () => {
  const { cells, writer, reader } = latch()
  writer.numbers[0] = 1
  writer.publish()
  reader.read()
  cells.store(VERSION, 5)
  cells.store(VERSION + 1, 7)
  assert.equal(reader.read(), false)
  assert.equal(reader.numbers[0], 1)
})

test('a successor goes on with the numbers of a writer that died while it wrote', () => {
  const { cells, writer, reader } = latch()
  writer.numbers[0] = 5
  writer.publish()
  // Its first publish went to copy 1 and its second would go to copy 0.
  cells.store(VERSION, 3)
  const successor = new LatchWriter(cells, 0, new Float64Array(2))
  assert.equal(successor.numbers[0], 5)
  for (let round = 0; round < 3; round++) {
    successor.numbers[0]++
    successor.publish()
    assert.equal(reader.read(), true)
    assert.equal(reader.numbers[0], successor.numbers[0])
  }
})

test('versions wrap around without a reader taking a stale copy', () => {
  const { cells, reader } = latch()
  cells.store(VERSION, 2 ** 31 - 4)
  cells.store(VERSION + 1, 2 ** 31 - 6)
  const writer = new LatchWriter(cells, 0, new Float64Array(2))
  for (let round = 1; round <= 12; round++) {
    writer.numbers[0] = round
    writer.publish()
    assert.equal(reader.read(), true)
    assert.equal(reader.numbers[0], round)
  }
})

test('a copy with numbers that no writer publishes is refused and counted', () => {
  const { writer, reader } = latch(1)
  writer.numbers[0] = 3
  writer.publish()
  reader.read()
  writer.numbers[0] = Number.NaN
  writer.publish()
  assert.equal(reader.read(), false)
  assert.equal(reader.telemetryCorrupt, 1)
  assert.equal(reader.numbers[0], 3)
})
