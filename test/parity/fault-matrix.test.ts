// docs/fault-matrix.md lists the tests that there are.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import {
  coveringTestsIn,
  FAULT_MATRIX,
  findCoveringTests,
  isSameTest,
  readSections,
  renderMatrix,
  resultIn
} from '../../scripts/fault-matrix.ts'

describe('the fault matrix', () => {
  test('lists each row once, and no test names a row that is not there', () => {
    const ids = readSections().flatMap(({ rows }) => rows.map(({ id }) => id))
    const counts = { A: 35, B: 9, C: 22, D: 13, E: 12, F: 12, G: 8, H: 14 }
    const wanted = Object.entries(counts).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
    )
    assert.deepEqual(ids, wanted)
    for (const found of findCoveringTests()) {
      for (const id of found.ids) assert.ok(ids.includes(id), `${found.file}: "${found.title}" names ${id}`)
    }
  })

  test('lists the tests that the tree has', () => {
    const committed = readFileSync(FAULT_MATRIX, 'utf8')
    const now = renderMatrix(readSections(), findCoveringTests(), covering => resultIn(committed, covering))
    const known = new Set(committed.split('\n'))
    const changed = now.split('\n').filter(row => !known.has(row))
    const rows = changed.map(row => row.split(' ')[1]).join(', ')
    assert.ok(
      committed === now,
      `docs/fault-matrix.md is behind (${rows}): npm test -- --fault-matrix WORD, of the new test`
    )
  })

  test('finds names in strings and templates, whatever stands in them', () => {
    const id = '[C1 D2]'
    const source = [
      `test('it\\'s one ${id}', t => {})`,
      `test(\`of \${each} and \${more} ${id}\`, () => 0)`,
      `  test("a (b) [C1] ${id}",`,
      `[['in a table ${id}', 1]]`,
      `// no 'name' ${id}, and nothing that isn't one`,
      `const [first] = ids; test('without an id')`
    ].join('\n')
    const found = coveringTestsIn('a.test.ts', source)
    assert.deepEqual(
      found.map(({ title }) => title),
      ["it's one", 'of … and …', 'a (b)', 'in a table']
    )
    assert.deepEqual(found[0]?.ids, ['C1', 'D2'])
    assert.deepEqual(found[2]?.ids, ['C1', 'C1', 'D2'])
    assert.ok(found[0]?.name.test(`it's one ${id}`))
    assert.ok(found[1]?.name.test(`of this and that ${id}`))
    assert.ok(!found[1]?.name.test(`of this and that`))
    assert.ok(!found[2]?.name.test(`a b [C1] ${id}`))
  })

  test('takes a name that several tests go through for theirs, and no other', () => {
    const id = '[A1]'
    const [own] = coveringTestsIn('a.test.ts', `test('x ${id}')`)
    const [shared] = coveringTestsIn('x-fixtures.ts', `{ name: 'x ${id}' }`)
    const answers = [own, shared].map(covering =>
      ['a.test.ts', 'b.test.ts'].map(file => isSameTest(covering, file, `x ${id}`))
    )
    assert.deepEqual(answers, [
      [true, false],
      [true, true]
    ])
  })

  test('keeps what it said of tests that were not run, and forgets tests that are gone', () => {
    const id = '[A1]'
    const [one] = coveringTestsIn('a.test.ts', `test('a | b ${id}')`)
    const [two] = coveringTestsIn('a.test.ts', `test('a ${id}')`)
    const sections = [
      {
        title: 'A',
        rows: [
          { id: 'A1', fault: 'x' },
          { id: 'A2', fault: 'y', without: 'not yet' }
        ]
      }
    ]
    const matrix = renderMatrix(sections, [one, two], covering => (covering === one ? 'failed' : 'not run'))
    assert.match(
      matrix,
      /^\| A1 \| x \| \*\*failed\*\*: a \\\| b \(`a\.test\.ts`\)<br>not run: a \(`a\.test\.ts`\) \|$/m
    )
    assert.match(matrix, /^\| A2 \| y \| not yet \|$/m)
    assert.deepEqual([resultIn(matrix, one), resultIn(matrix, two)], ['failed', 'not run'])
    assert.doesNotMatch(
      renderMatrix(sections, [two], () => 'passed'),
      /a \\\| b/
    )
  })
})
