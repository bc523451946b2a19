import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedCells } from './cells.ts'
import { loadNumber, storeNumber } from './numbers.ts'

test('whole numbers up to 2^53 come back exactly [G7]', () => {
  const cells = new SharedCells(new SharedArrayBuffer(8))
  for (const value of [
    0,
    1,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 52 + 12_345,
    2 ** 53 - 1,
    -1,
    -(2 ** 40)
  ]) {
    storeNumber(cells, 0, value)
    assert.equal(loadNumber(cells, 0), value)
  }
})

test('a fraction is cut off', () => {
  const cells = new SharedCells(new SharedArrayBuffer(8))
  storeNumber(cells, 0, 2 ** 33 + 1.75)
  assert.equal(loadNumber(cells, 0), 2 ** 33 + 1)
})
