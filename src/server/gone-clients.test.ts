import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'

import { get, sendRaw, startDashboard, TOKEN } from './server-fixtures.ts'

const BODY = '{"a":1}'
const POST = `POST /test-action HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`
const GET = get('/stats', ['Host: localhost'])

/** Sends some of a request and is gone at once, or when the first byte of the answer has come. */
async function leave(port: number, text: string, waitsForAnswer: boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  if (waitsForAnswer) await once(socket, 'data')
  socket.resetAndDestroy()
}

test('clients that are gone before their request, their answer or its end harm nobody [H4]', async t => {
  let calls = 0
  const { port, faults } = await startDashboard(t, {
    prepare: app =>
      void app.post('/test-action', async () => {
        calls++
        await new Promise(resolve => setTimeout(resolve, 20))
        return { done: true }
      })
  })
  for (const text of [GET, POST]) {
    for (let length = 1; length < text.length; length += 7) await leave(port, text.slice(0, length), false)
    assert.equal(calls, 0)
    await leave(port, text, true)
    await leave(port, text, false)
    calls = 0
  }
  assert.equal((await sendRaw(port, get('/livez', ['Host: localhost']))).status, 200)
  assert.deepEqual(faults, [])
})
