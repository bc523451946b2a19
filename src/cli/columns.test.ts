import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { alignColumns, emptyColumns } from './columns.ts'
import { cutToWidth, displayWidth, padToWidth } from './display-width.ts'

describe('the width of text', () => {
  test('counts columns of a terminal, not letters', () => {
    assert.equal(displayWidth('abc'), 3)
    assert.equal(displayWidth('日本語'), 6)
    assert.equal(displayWidth('e\u0301'), 1)
    assert.equal(displayWidth('🎉'), 2)
    assert.equal(displayWidth('ünï → ✓'), 7)
  })

  test('is never more than wanted after a cut, and cuts no letter in two', () => {
    assert.equal(cutToWidth('abcdef', 6), 'abcdef')
    assert.equal(cutToWidth('abcdefg', 6), 'abcde…')
    assert.equal(cutToWidth('日本語', 5), '日本…')
    assert.equal(cutToWidth('日本語', 4), '日…')
    assert.equal(cutToWidth('abc', 0), '')
    assert.equal(displayWidth(cutToWidth('🎉'.repeat(10_000), 80)), 79)
    assert.equal(padToWidth('日本', 6), '日本  ')
  })
})

describe('a table', () => {
  const rows = [
    ['name', 'in', 'dead', 'held'],
    ['日本語', '1,000', '0', '7'],
    ['e\u0301 long name', '5', '0', '0']
  ]

  test('stands in columns whatever letters are in it', () => {
    const lines = alignColumns(rows)
    assert.deepEqual(
      lines.map(line => displayWidth(line)),
      [30, 30, 30]
    )
    assert.equal(lines[1], '日本語       1,000     0     7')
  })

  test('loses what may go before anything is cut, and is cut as a last resort', () => {
    assert.deepEqual(emptyColumns(rows), ['dead'])
    const narrow = alignColumns(rows, { width: 24, expendable: ['dead'] })
    assert.ok(!narrow[0].includes('dead') && narrow[0].includes('held'))
    const tiny = alignColumns(rows, { width: 21, expendable: ['dead'] })
    assert.match(tiny[2], /^e\u0301 long …/)
    for (const line of [...narrow, ...tiny]) assert.ok(displayWidth(line) <= 24)
  })
})
