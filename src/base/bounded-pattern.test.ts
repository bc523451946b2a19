import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BoundedPattern } from './bounded-pattern.ts'

test('a pattern matches as JavaScript does, text by text', () => {
  const pattern = new BoundedPattern('time(out)?$')
  assert.deepEqual(
    ['timeout', 'no time', 'times', 'TIME'].map(text => pattern.test(text)),
    [true, true, false, false]
  )
  assert.equal(new BoundedPattern('Time', true).test('a TIME b'), true)
})

test('a pattern that backtracks without end is stopped, and does not run again', () => {
  const pattern = new BoundedPattern('(a+)+b')
  const hostile = 'a'.repeat(200)
  assert.throws(() => pattern.test(hostile), /takes too long/)
  assert.throws(() => pattern.test('ab'), /takes too long/)
})

test('what is no pattern says why', () => {
  assert.throws(() => new BoundedPattern('(a'), { message: '/(a/ is no valid pattern: Unterminated group' })
})
