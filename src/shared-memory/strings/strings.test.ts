import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testRegion } from '../test-region.ts'
import { STRING, STRING_BYTES, STRING_CAPACITY } from './layout.ts'
import { StringReader } from './reader.ts'
import { StringWriter } from './writer.ts'

test('a text has one number, and the number gives the text back', () => {
  const region = testRegion()
  const writer = new StringWriter(region)
  const reader = new StringReader(region)
  for (const text of ['too old', 'zu alt – ü', '', '__proto__', '日本', '\0']) {
    const id = writer.intern(text)
    assert.equal(writer.intern(text), id)
    assert.equal(reader.text(id), text)
  }
})

test('the fixed texts have the same numbers everywhere', () => {
  const region = testRegion()
  const reader = new StringReader(region)
  assert.deepEqual(
    [0, 1, 2].map(id => reader.text(id)),
    ['other', 'filtered', 'error']
  )
  const writer = new StringWriter(region)
  assert.equal(writer.intern('filtered'), STRING.filtered)
  assert.equal(writer.intern('error'), STRING.error)
})

test('a long text is cut at a character', () => {
  const region = testRegion()
  const writer = new StringWriter(region)
  const id = writer.intern(`a${'é'.repeat(STRING_BYTES)}`)
  assert.equal(new StringReader(region).text(id), `a${'é'.repeat(99)}`)
  assert.equal(writer.intern(`a${'é'.repeat(STRING_BYTES * 2)}`), id)
})

test('a full table answers with "other" and counts', () => {
  const region = testRegion()
  const writer = new StringWriter(region)
  for (let number = 3; number < STRING_CAPACITY; number++) assert.equal(writer.intern(`reason ${number}`), number)
  assert.equal(writer.intern('one too many'), STRING.other)
  assert.equal(writer.intern('one too many'), STRING.other)
  assert.equal(writer.overflowed, 2)
  const reader = new StringReader(region)
  assert.equal(reader.overflowed, 2)
  assert.equal(reader.text(255), 'reason 255')
})

test('a lane that takes over a region keeps the numbers of its predecessor', () => {
  const region = testRegion()
  const id = new StringWriter(region).intern('too old')
  const second = new StringWriter(region)
  assert.equal(second.intern('too old'), id)
  assert.equal(second.intern('too new'), id + 1)
})

test('a number that no writer gave is "other"', () => {
  const reader = new StringReader(testRegion())
  for (const id of [3, 255, 256, -1, 0.5, Number.NaN]) assert.equal(reader.text(id), 'other')
})
