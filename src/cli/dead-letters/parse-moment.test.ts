import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseMoment } from './parse-moment.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')

test('an age counts back from now', () => {
  for (const [text, seconds] of [
    ['10s', 10],
    ['10m', 600],
    ['1.5h', 5400],
    ['3d', 259_200],
    ['2 h', 7200]
  ] as const) {
    assert.equal(parseMoment(text, NOW), NOW - seconds * 1000, text)
  }
})

test('a time is local unless it names a zone', () => {
  assert.equal(parseMoment('2026-11-24'), new Date(2026, 10, 24).getTime())
  assert.equal(parseMoment('2026-11-24 13:55'), new Date(2026, 10, 24, 13, 55).getTime())
  assert.equal(parseMoment('2026-11-24T13:55:07'), new Date(2026, 10, 24, 13, 55, 7).getTime())
  assert.equal(parseMoment('2026-11-24T12:00Z'), NOW)
  assert.equal(parseMoment('2026-11-24T13:00:00.000+01:00'), NOW)
})

test('anything else is refused', () => {
  for (const text of ['', 'soon', '10', '10 minutes', '-5m', '2026-13-40', '24.11.2026', '2026-11-24T25:00', '1e3s']) {
    assert.throws(() => parseMoment(text), /It must be a time/, text)
  }
})
