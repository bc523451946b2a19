import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { quote, quoteList } from './quote.ts'

test('plain text only gets quotes, whatever its script', () => {
  assert.equal(quote('start'), '"start"')
  assert.equal(quote('größe 測試 😀'), '"größe 測試 😀"')
})

test('what could move a cursor, forge a line or turn text around is escaped [A15 A16]', () => {
  assert.equal(quote('a\nb\tc\r"\\'), '"a\\nb\\tc\\r\\"\\\\"')
  assert.equal(
    quote('\u001b[2J\u0085\u202e\u2028\u200b\ud800'),
    '"\\u{1b}[2J\\u{85}\\u{202e}\\u{2028}\\u{200b}\\u{d800}"'
  )
})

test('long text is cut between characters', () => {
  assert.equal(quote('😀'.repeat(100), 3), '"😀😀😀…"')
  assert.equal(quote('abc', 3), '"abc"')
})

test('a quoted text is one line of visible characters that says where it ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      assert.match(quote(text), /^"(?:[^"\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|\\["\\ntr]|\\u\{[\da-f]+\})*"$/u)
    })
  )
})

test('a list of names reads like a sentence and counts what it leaves out', () => {
  assert.equal(quoteList([]), 'none')
  assert.equal(quoteList(['a']), '"a"')
  assert.equal(quoteList(['a', 'b', 'c']), '"a", "b" and "c"')
  assert.equal(quoteList(['a', 'b', 'c'], 2), '"a", "b" and 1 more')
})
