import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANGED, decodeLeaf, FAILED_ONCE, leafCode, OUTCOME, OUTCOME_NAMES, type OutcomeName } from './outcome.ts'

test('a leaf code gives back what it was made of, for every outcome and flag', () => {
  for (const outcome of Object.keys(OUTCOME) as OutcomeName[]) {
    assert.equal(OUTCOME_NAMES[OUTCOME[outcome]], outcome)
    for (const [isChanged, hasFailedOnce] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true]
    ]) {
      const code = leafCode(outcome, 65_535, (isChanged ? CHANGED : 0) | (hasFailedOnce ? FAILED_ONCE : 0))
      assert.deepEqual(decodeLeaf(code), { outcome, isChanged, hasFailedOnce, detail: 65_535 })
    }
  }
})

test('a code that no writer stores has no outcome', () => {
  assert.equal(decodeLeaf(0).outcome, undefined)
  assert.equal(decodeLeaf(15).outcome, undefined)
  assert.equal(decodeLeaf(-1).outcome, undefined)
})
