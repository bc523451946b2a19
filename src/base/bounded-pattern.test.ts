import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BoundedPattern, PatternError } from './bounded-pattern.ts'

const HOSTILE = 'a'.repeat(200)

test('a pattern matches as JavaScript does, text by text', () => {
  const pattern = new BoundedPattern('time(out)?$')
  assert.deepEqual(
    ['timeout', 'no time', 'times', 'TIME'].map(text => pattern.test(text)),
    [true, true, false, false]
  )
  assert.equal(new BoundedPattern('Time', true).test('a TIME b'), true)
})

test('many texts are learned in slices, and come to the same', () => {
  const pattern = new BoundedPattern('x(1|2)*3')
  const texts = Array.from({ length: 20_000 }, (_, number) => `x${number}`)
  let slices = 1
  while (!pattern.learn(texts)) slices++
  assert.ok(slices > 1)
  assert.deepEqual(
    texts.map(text => pattern.test(text)),
    texts.map(text => /x(1|2)*3/.test(text))
  )
})

test('a pattern that begins with .* matches as it would with it', () => {
  const sources = [
    '.*',
    '.*?',
    '.*b',
    '.*?b',
    '.*.*b+',
    '.*b|c',
    '.*|z',
    '.*(b)\\1',
    '.*\\.\\*',
    '.+b',
    '^.*b',
    '[.*]b'
  ]
  for (const source of sources) {
    const pattern = new BoundedPattern(source)
    for (const text of ['', 'b', 'ab', 'bb', 'c', 'x', '\nb', 'a.*', '*b']) {
      assert.equal(pattern.test(text), new RegExp(source).test(text), `${source} on ${JSON.stringify(text)}`)
    }
  }
  assert.equal(new BoundedPattern('.*(error|fault).*end').test('x'.repeat(100_000)), false)
})

test('a pattern that backtracks without end is stopped a few times, and then does not run again', () => {
  const pattern = new BoundedPattern('(a+)+b')
  const texts = ['ab', HOSTILE, 'ab']
  let slices = 0
  assert.throws(
    () => {
      while (!pattern.learn(texts)) slices++
    },
    (error: unknown) =>
      error instanceof PatternError && /takes too long: more than \d+ ms on one line/.test(error.message)
  )
  assert.ok(slices >= 3 && slices < 20, `${slices}`)
  assert.throws(() => pattern.test('aab'), /takes too long/)
})

test('a text that was in time makes up for one that was not', () => {
  const pattern = new BoundedPattern('(a+)+b')
  for (let round = 0; round < 10; round++) {
    assert.equal(pattern.learn([HOSTILE]), false)
    assert.equal(pattern.test('ab'), true)
  }
})

test('what is no pattern says why', () => {
  assert.throws(() => new BoundedPattern('(a'), { message: '/(a/ is no valid pattern: Unterminated group' })
  assert.throws(() => new BoundedPattern('.*{2}'), PatternError)
})
