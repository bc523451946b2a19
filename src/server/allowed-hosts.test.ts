import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { AllowedHosts, isLoopback } from './allowed-hosts.ts'

describe('allowed hosts', () => {
  test('are the loopback names, the bound address and what was allowed', () => {
    const hosts = new AllowedHosts('192.0.2.7', ['Box', 'fe80::1'])

    for (const header of ['localhost', '127.0.0.1:1', '[::1]:65535', '192.0.2.7', 'box:80', 'BOX', '[fe80::1]']) {
      assert.ok(hosts.has(header, undefined), header)
    }
    for (const header of [
      '',
      ':80',
      'box.',
      'sub.box',
      '192.0.2.8',
      '[::1',
      '::1',
      'box:80:80',
      'box:x',
      'a@box',
      'box/'
    ]) {
      assert.ok(!hosts.has(header, undefined), header)
    }
  })

  test('include the address that was reached when bound to all or to a name', () => {
    for (const bound of ['0.0.0.0', '::', 'box']) {
      const hosts = new AllowedHosts(bound, [])

      assert.ok(hosts.has('192.0.2.7:8000', '192.0.2.7'), bound)
      assert.ok(hosts.has('192.0.2.7', '::ffff:192.0.2.7'))
      assert.ok(hosts.has('[2001:db8::7]:8000', '2001:db8::7'))
      assert.ok(!hosts.has('192.0.2.8', '192.0.2.7'))
      assert.ok(!hosts.has('evil.example', '192.0.2.7'))
    }
  })

  test('loopback is 127.0.0.1 and ::1, and no other address', () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '::1', '[::1]']) assert.ok(isLoopback(host), host)
    for (const host of ['0.0.0.0', '::', '127.0.0.2', '192.0.2.7', '127.0.0.1.nip.io', 'box', '']) {
      assert.ok(!isLoopback(host), host)
    }
  })
})
