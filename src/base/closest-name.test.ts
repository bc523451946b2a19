import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { closestName, didYouMean } from './closest-name.ts'

const KEYS = ['retry', 'timeout', 'concurrency', 'on_error', 'to', 'uppercase', 'lowercase']

test('a slip of the pen is forgiven: a letter too few, too many, wrong or swapped', () => {
  assert.equal(closestName('retr', KEYS), 'retry')
  assert.equal(closestName('timeoutt', KEYS), 'timeout')
  assert.equal(closestName('concurency', KEYS), 'concurrency')
  assert.equal(closestName('ertry', KEYS), 'retry')
  assert.equal(closestName('timoeut', KEYS), 'timeout')
})

test('case, hyphens and underscores do not count', () => {
  assert.equal(closestName('onError', KEYS), 'on_error')
  assert.equal(closestName('UPPER-CASE', KEYS), 'uppercase')
  assert.equal(closestName('TO', KEYS), 'to')
})

test('what resembles nothing gets no suggestion', () => {
  assert.equal(closestName('filter', KEYS), undefined)
  assert.equal(closestName('ta', KEYS), undefined)
  assert.equal(closestName('', KEYS), undefined)
  assert.equal(closestName('x'.repeat(100_000), KEYS), undefined)
  assert.equal(didYouMean('filter', KEYS), undefined)
})

test('the nearest of several wins, and it is put as a question', () => {
  assert.equal(closestName('lowercas', KEYS), 'lowercase')
  assert.equal(didYouMean('lowercas', KEYS), 'Did you mean "lowercase"?')
})

test('a suggestion is always one of the candidates and never the name itself', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (name, candidates) => {
      const closest = closestName(name, candidates)
      assert.ok(closest === undefined || (candidates.includes(closest) && closest !== name))
    })
  )
})
