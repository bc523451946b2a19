import assert from 'node:assert/strict'
import { test } from 'node:test'
import v8 from 'node:v8'

import { expandAsciiCase } from './ascii-case.ts'
import { compilePattern, isLinearTime } from './pattern.ts'

test('letters are written out for both cases, in sets and as codes too', () => {
  assert.equal(expandAsciiCase('err-1'), '[eE][rR][rR]-1')
  assert.equal(expandAsciiCase('[a-f0_][^X-c]'), '[a-f0_A-F][^X-cx-zA-C]')
  assert.equal(expandAsciiCase('\\x41\\d\\w\\.\\cA'), '[\\x41a]\\d\\w\\.\\cA')
  assert.equal(
    expandAsciiCase('(?<name>a)(?:b)(?=c)(?!d)(?<=e)(?<!f)'),
    '(?<name>[aA])(?:[bB])(?=[cC])(?![dD])(?<=[eE])(?<![fF])'
  )
})

test('what cannot be written out keeps its flag', () => {
  for (const pattern of ['é', '\\u00e9', '(a)\\1', '(?<n>a)\\k<n>', '[à-ü]', '(?i:a)', '[a-\\d]', '[a']) {
    assert.equal(expandAsciiCase(pattern), undefined, pattern)
  }
  assert.deepEqual([compilePattern('(?i)é').flags, compilePattern('(?i)e').flags], ['i', ''])
  assert.equal(compilePattern('(?i)É').test('é'), true)
  assert.equal(compilePattern('(?i)(a)\\1').test('aA'), true)
})

test('leading flags are taken in any order and only there', () => {
  assert.deepEqual(
    ['(?s)a', '(?sm)1', '(?mis)1', '(?i)\\p{L}'].map(each => compilePattern(each).flags),
    ['s', 'ms', 'ms', 'iu']
  )
  assert.throws(() => compilePattern('a(?i)'), /Invalid group/)
})

test('an escaped backslash before a letter is no escape', () => {
  assert.equal(compilePattern('\\\\p{2}').test('\\pp'), true)
  assert.equal(compilePattern('\\\\z').test('\\z'), true)
})

test('the trial tells what runs in linear time [A23]', () => {
  for (const linear of ['(a+)+$', '^(a|b|ab)*c', '[eE][rR]', '\\bfoo\\b', '(?<n>a)', 'é']) {
    assert.equal(isLinearTime(compilePattern(linear)), true, linear)
  }
  for (const other of ['(?=a)b', '(a)\\1', 'a{1000}', '(?i)é', '\\p{L}']) {
    assert.equal(isLinearTime(compilePattern(other)), false, other)
  }
})

test('the trial leaves the process as it was', () => {
  const before = v8.cachedDataVersionTag()

  isLinearTime(/a/)

  assert.equal(v8.cachedDataVersionTag(), before)
  assert.throws(() => new RegExp('a', ['l'].join('')), /Invalid flags/)
})
