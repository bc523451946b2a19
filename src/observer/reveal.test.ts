import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { createReveal } from './reveal.ts'

describe('reveal', () => {
  test('shows UTF-8 as it is, a byte order mark, NUL and U+2028 included', () => {
    const text = '\ufeffgrün\0\u2028'

    assert.equal(createReveal()(Buffer.from(text)), text)
  })

  test('shows each byte that is not UTF-8 as U+FFFD', () => {
    assert.equal(createReveal()(Uint8Array.of(0xc3, 0x28, 0xff)), '\ufffd(\ufffd')
  })

  test('masks every occurrence of a value that came from the environment [D6]', () => {
    const reveal = createReveal(['s3cret', 's3cret-long'])

    assert.equal(reveal(Buffer.from('a s3cret-long b s3cret c')), 'a *** b *** c')
    assert.equal(reveal('text s3cret'), 'text ***')
  })

  test('leaves values alone that are too short to be told from ordinary text', () => {
    assert.equal(createReveal(['', '8', 'abc'])('abc 8'), 'abc 8')
  })

  test('masks the beginning of a value at the end of a text that was cut there', () => {
    const reveal = createReveal(['s3cret-value'])

    assert.equal(reveal('x s3cret-v', true), 'x ***')
    assert.equal(reveal('x s3cret-v', false), 'x s3cret-v')
    assert.equal(reveal('x s3', true), 'x s3')
  })

  test('does not take a masked value for a pattern', () => {
    assert.equal(createReveal(['a.*$&'])('a.*$& axx'), '*** axx')
  })
})
