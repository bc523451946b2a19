import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SourceSilence } from './source-silence.ts'

/** Lines at these moments; polled every 50 ms, as an observer does. */
function after(moments: readonly number[], until: number, isWaiting = (_at: number): boolean => true): SourceSilence {
  const silence = new SourceSilence()
  for (let at = 0; at <= until; at += 0.05) {
    silence.note(at, moments.filter(moment => moment <= at).length, isWaiting(at))
  }
  return silence
}

const everySecond = Array.from({ length: 12 }, (_, second) => second)
const everyMinute = everySecond.map(minute => minute * 60)

test('a source is silent after ten times its usual gap, and not before', () => {
  assert.equal(after(everySecond, 20.5).at(20.5), undefined)
  assert.equal(Math.floor(after(everySecond, 22.2).at(22.2)?.seconds ?? 0), 11)
  // Negative control: the same silence is nothing for a source that takes its time.
  assert.equal(after(everyMinute, 720).at(720), undefined)
  assert.equal(Math.round(after(everyMinute, 1_261).at(1_261)?.usualSeconds ?? 0), 60)
})

test('many lines in one go are not what is usual between two goes', () => {
  const bursts = everyMinute.flatMap(minute => Array.from({ length: 20 }, (_, line) => minute + line / 10))

  assert.equal(after(bursts, 900).at(900), undefined)
})

test('a source that gave all its lines at once, or none, is not called silent', () => {
  assert.equal(after([], 1_000).at(1_000), undefined)
  assert.equal(after([1, 1.1, 1.2], 1_000).at(1_000), undefined)
})

test('a source that is not asked for lines cannot be silent', () => {
  assert.equal(after(everySecond, 60, () => false).at(60), undefined)
  // The lane was busy with the last line until second 55.
  assert.equal(after(everySecond, 60, at => at < 11.5 || at > 55).at(60), undefined)
})

test('a silence ends with the next line', () => {
  const silence = after(everySecond, 60)
  assert.notEqual(silence.at(60), undefined)
  silence.note(60.05, 13, true)
  assert.equal(silence.at(60.1), undefined)
})
