import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { LIMITS } from './limits.ts'
import { TokenGate } from './token-gate.ts'

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

describe('the token gate', () => {
  test('tells a right token from a wrong and a missing one', () => {
    const gate = new TokenGate('right')

    assert.equal(gate.check('Bearer right', 'a', false), 'right')
    assert.equal(gate.check('bearer right', 'a', false), 'right')
    assert.equal(gate.check('Bearer wrong', 'a', false), 'wrong')
    assert.equal(gate.check('Bearer right2', 'a', false), 'wrong')
    for (const nothing of [undefined, '', 'Bearer', 'Bearer ', 'right', 'Digest right']) {
      assert.equal(gate.check(nothing, 'a', true), 'missing', nothing)
    }
  })

  test('takes the token as a password only where that is allowed', () => {
    const gate = new TokenGate('right:with:colons')

    assert.equal(gate.check(basic('me', 'right:with:colons'), 'a', true), 'right')
    assert.equal(gate.check(basic('me', 'wrong'), 'a', true), 'wrong')
    assert.equal(gate.check(basic('me', 'right:with:colons'), 'a', false), 'missing')
  })

  test('answers no more about tokens after ten wrong ones, until a minute is over', () => {
    let now = 0
    const gate = new TokenGate('right', () => now)
    for (let guess = 0; guess < LIMITS.wrongTokensPerMinute; guess++) gate.check('Bearer wrong', 'a', false)

    assert.equal(gate.check('Bearer right', 'a', false), 'limited')
    assert.equal(gate.check('Bearer right', 'b', false), 'right')
    now = 59_999
    assert.equal(gate.check('Bearer right', 'a', false), 'limited')
    now = 60_000
    assert.equal(gate.check('Bearer right', 'a', false), 'right')
  })

  test('counts the addresses of one IPv6 network together', () => {
    const gate = new TokenGate('right')
    for (let guess = 0; guess < LIMITS.wrongTokensPerMinute; guess++) {
      gate.check('Bearer wrong', `2001:db8:1:2::${guess}`, false)
    }

    assert.equal(gate.check('Bearer right', '2001:db8:1:2:ffff::1', false), 'limited')
    assert.equal(gate.check('Bearer right', '2001:db8:1:3::1', false), 'right')
  })

  test('counts them together however much of the address is written as ::', () => {
    for (const [prefix, same, other] of [
      ['2001:db8::', '2001:db8:0:0:ffff::1', '2001:db8:0:1::1'],
      ['2001:db8:0:2::', '2001:db8:0:2:1:1:1:1', '2001:db8::2'],
      ['fe80::', 'fe80::1:2:3:4%eth0', 'fe80:0:0:1::1'],
      ['::', '::1', '0:0:0:1::']
    ] as const) {
      const gate = new TokenGate('right')
      for (let guess = 0; guess < LIMITS.wrongTokensPerMinute; guess++) {
        gate.check('Bearer wrong', prefix + (guess + 2).toString(16), false)
      }

      assert.equal(gate.check('Bearer right', same, false), 'limited', same)
      assert.equal(gate.check('Bearer right', other, false), 'right', other)
    }
  })

  test('knows an IPv4 address again when IPv6 carries it, and no two as one', () => {
    const gate = new TokenGate('right')
    for (let guess = 0; guess < LIMITS.wrongTokensPerMinute; guess++) {
      gate.check('Bearer wrong', '::ffff:192.0.2.7', false)
    }

    assert.equal(gate.check('Bearer right', '192.0.2.7', false), 'limited')
    assert.equal(gate.check('Bearer right', '::ffff:192.0.2.8', false), 'right')
  })

  test('still limits when a guesser comes from more addresses than are remembered', () => {
    const gate = new TokenGate('right')
    const verdicts = Array.from({ length: 1_100 }, (_, index) => gate.check('Bearer wrong', `10.0.${index}.1`, false))

    assert.equal(verdicts.at(-1), 'limited')
  })
})
