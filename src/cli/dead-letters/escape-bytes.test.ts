import assert from 'node:assert/strict'
import { test } from 'node:test'

import { escapeBytes, oneLine } from './escape-bytes.ts'

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

test('bytes are shown as text where they are text, by their codes where not', () => {
  const cases: [readonly number[] | string, string][] = [
    ['plain text – ü 漢 😀\n', 'plain text – ü 漢 😀\\n'],
    ['a\tb\r\n', 'a\\tb\\r\\n'],
    ['\x1b[2J\x07\x00', '\\x1b[2J\\x07\\x00'],
    ['\u202eabc\u2028', '\\u{202e}abc\\u{2028}'],
    ['\ufeffa', '\\u{feff}a'],
    [[0xff, 0x41, 0xc3], '\\xffA\\xc3'],
    [[0xc0, 0x80, 0xe2, 0x82], '\\xc0\\x80\\xe2\\x82'],
    [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    [[0xf0, 0x9f, 0x98, 0x80, 0xf5], '😀\\xf5'],
    [[0xef, 0xbf, 0xbd, 0xff], '\ufffd\\xff']
  ]
  for (const [bytes, shown] of cases) assert.equal(escapeBytes(Buffer.from(bytes as string)), shown)
})

test('no bytes at all reach a terminal that could move its cursor [A15]', () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      assert.doesNotMatch(escapeBytes(Buffer.from([first, second, 0xff])), UNSAFE)
      assert.doesNotMatch(escapeBytes(Buffer.from([0xe2, first, second])), UNSAFE)
    }
  }
})

test('a long text is cut between characters', () => {
  assert.equal(oneLine('😀'.repeat(5), 5), '😀'.repeat(5))
  assert.equal(oneLine('😀'.repeat(6), 5), `${'😀'.repeat(4)}…`)
  assert.equal(oneLine('a'.repeat(1_000_000), 3), 'aa…')
})
