// Every order of the steps of a ring's writer and reader, with the death of either at any step.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FREE, SEALED } from '../../../src/shared-memory/pages/layout.ts'
import { describeExploration, type End, explore } from './explorer.ts'
import { model, modelsOf, REAL, type Reading, reader, statesOf, TWO_PAGES, writer } from './pages.model.ts'

for (const [what, each] of modelsOf(REAL)) {
  test(`no order breaks ${what}`, t => {
    const exploration = explore(each)
    t.diagnostic(describeExploration(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(exploration.states > 500)
  })
}

test('when reader and writer have stopped, everything sealed can be read', () => {
  const last = reader(REAL, TWO_PAGES, 1, { name: 'next reader', after: ['writer', 'reader'] })
  const atEnd = ({ cells, results }: End): void => {
    const seen = ['reader', 'next reader'].flatMap(name => (results.get(name) as Reading).numbers)
    assert.deepEqual(seen, [0, 1, 2])
    assert.deepEqual(statesOf(cells, TWO_PAGES), [FREE, FREE])
    assert.equal(cells.load(SEALED), 2)
  }
  const threads = [writer(REAL, TWO_PAGES, [2, 1]), reader(REAL, TWO_PAGES, 1), last]
  const { violation } = explore(model(TWO_PAGES, threads, { atEnd }))
  assert.equal(violation, undefined)
})
