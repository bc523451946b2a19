import assert from 'node:assert/strict'
import { test } from 'node:test'

import { clampLimit } from './limit.ts'

test('a limit is clamped to 1 … 1000, and 100 when it is no number', () => {
  const cases = new Map<unknown, number>([
    [undefined, 100],
    ['', 100],
    ['abc', 100],
    ['NaN', 100],
    ['12abc', 100],
    [' ', 100],
    ['5e2', 500],
    ['2.9', 2],
    ['Infinity', 1_000],
    ['-Infinity', 1],
    ['7', 7],
    ['0', 1],
    ['-5', 1],
    ['1001', 1_000],
    ['99999999999999999999999', 1_000],
    [['3', '4'], 4]
  ])

  for (const [given, expected] of cases) assert.equal(clampLimit(given), expected, JSON.stringify(given))
})
