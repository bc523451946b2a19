import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { RateWindow } from './rate-window.ts'

const values = (count: number): Float64Array => Float64Array.of(count)

describe('the rate window', () => {
  test('is 0 before any time has passed', () => {
    const window = new RateWindow(1_000, values(7))

    assert.equal(window.perSecond(0), 0)
    assert.equal(window.seconds, 0)
  })

  test('counts from the start while that is less than ten seconds ago', () => {
    const window = new RateWindow(0, values(0))
    window.add(2_000, values(100))

    assert.equal(window.perSecond(0), 50)
    assert.equal(window.seconds, 2)
  })

  test('forgets what happened more than ten seconds ago', () => {
    const window = new RateWindow(0, values(0))
    window.add(1_000, values(1_000_000))
    for (let second = 2; second <= 12; second++) window.add(second * 1_000, values(1_000_000 + second))

    assert.equal(window.seconds, 10)
    assert.equal(window.perSecond(0), 1)
  })

  test('falls to 0 when nothing moves for ten seconds', () => {
    const window = new RateWindow(0, values(0))
    for (let second = 1; second <= 12; second++) window.add(second * 1_000, values(5))

    assert.equal(window.perSecond(0), 0)
  })

  test('is never negative when a lane goes back to its last snapshot', () => {
    const window = new RateWindow(0, values(10))
    window.add(1_000, values(4))

    assert.equal(window.perSecond(0), 0)
  })

  test('keeps few samples however often it is fed', () => {
    const window = new RateWindow(0, values(0))
    for (let time = 1; time <= 60_000; time += 5) window.add(time, values(time))

    assert.ok(window.seconds <= 10.3, `looks back ${window.seconds} s`)
    assert.ok(Math.abs(window.perSecond(0) - 1_000) < 1)
  })
})
