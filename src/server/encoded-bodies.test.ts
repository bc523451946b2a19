import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { LIMITS } from './limits.ts'
import { addAction, get, sendRaw, startDashboard, TOKEN } from './server-fixtures.ts'

test('a body that is compressed, however, is refused and never unpacked [H7]', async t => {
  let action: { calls: number } | undefined
  const { port, faults } = await startDashboard(t, {
    prepare: app => {
      action = addAction(app)
    }
  })
  const bomb = gzipSync(Buffer.alloc(10 * LIMITS.bodyBytes, ' ')).toString('latin1')
  for (const encoding of ['gzip', 'gzip, gzip', 'br', 'zstd', 'deflate', 'identity, gzip', 'anything']) {
    const head = [
      'POST /test-action HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${TOKEN}`,
      'Content-Type: application/json',
      `Content-Encoding: ${encoding}`,
      `Content-Length: ${Buffer.byteLength(bomb, 'latin1')}`,
      'Connection: close'
    ]
    const { status } = await sendRaw(port, `${head.join('\r\n')}\r\n\r\n${bomb}`)
    assert.ok(status === 400 || status === 413 || status === 415, `${encoding}: ${status}`)
  }
  assert.equal(action?.calls, 0)
  assert.deepEqual(faults, [])
  assert.equal((await sendRaw(port, get('/livez', ['Host: localhost']))).status, 200)
})
