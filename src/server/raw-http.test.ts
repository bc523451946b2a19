// What a socket may send that no HTTP client would: requests of two lengths, half requests, requests that never end.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'

import { converse, get, startDashboard, statuses, TOKEN } from './server-fixtures.ts'

const HOST = 'Host: localhost\r\n'
const JSON_TYPE = 'Content-Type: application/json\r\n'
const AUTHORIZED = `${HOST}Authorization: Bearer ${TOKEN}\r\n${JSON_TYPE}`
const LAST = get('/readyz', ['Host: localhost'])
const SMUGGLED = `GET /livez HTTP/1.1\r\n${HOST}\r\n`

describe('requests with two lengths', () => {
  test('are refused, and what follows them is no request [H1 H3]', async t => {
    const { port } = await startDashboard(t)
    const lengths = [
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
      'Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n',
      'Transfer-Encoding: chunked, identity\r\n',
      'Transfer-Encoding: xchunked\r\n',
      'Transfer-Encoding : chunked\r\n',
      'Transfer-Encoding:\r\n chunked\r\n',
      'Content-Length: 5\r\nContent-Length: 0\r\n',
      'Content-Length: 5\r\nContent-Length: 5\r\n',
      'Content-Length: 5, 0\r\n',
      'Content-Length: +5\r\n',
      'Content-Length: -1\r\n',
      'Content-Length: 0x5\r\n',
      'Content-Length: 5 5\r\n',
      'Content-Length: 99999999999999999999\r\n'
    ]
    for (const length of lengths) {
      const received = await converse(port, `POST /stats HTTP/1.1\r\n${HOST}${length}\r\n0\r\n\r\n${SMUGGLED}`)

      assert.ok(statuses(received).length > 0, length)
      for (const status of statuses(received)) assert.ok(status === 400 || status === 415, `${length}: ${status}`)
      assert.doesNotMatch(received, /"alive"/, length)
    }
  })

  test('cannot be made of a body that looks like a request, also when the request is refused [H1]', async t => {
    const { port } = await startDashboard(t)
    const bodied = (start: string): string => `${start}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`
    const cases: [request: string, ...answers: number[]][] = [
      [`GET /stats HTTP/1.1\r\n${HOST}`, 200, 200],
      [`GET /stats HTTP/1.1\r\nHost: evil.example\r\n`, 403, 200],
      [`DELETE /stats HTTP/1.1\r\n${HOST}`, 405, 200],
      [`POST /stats HTTP/1.1\r\n${HOST}${JSON_TYPE}`, 401, 200],
      [`POST /stats HTTP/1.1\r\n${HOST}`, 415, 200],
      // A body that is no JSON ends the connection.
      [`POST /stats HTTP/1.1\r\n${AUTHORIZED}`, 400]
    ]
    for (const [request, ...answers] of cases) {
      const received = await converse(port, bodied(request) + LAST)

      assert.deepEqual(statuses(received), answers, request)
      assert.doesNotMatch(received, /"alive"/)
    }
  })
})

describe('what is not HTTP', () => {
  test('gets a refusal in our form and the end of the connection [H3 H8]', async t => {
    const { port } = await startDashboard(t)
    const messages = [
      'NONSENSE\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n',
      'GET /livez HTTP/1.1\nHost: localhost\n\n',
      'GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n',
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n',
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n',
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n',
      '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'
    ]
    for (const message of messages) {
      const received = await converse(port, message + LAST)

      assert.deepEqual(statuses(received), [400], JSON.stringify(message))
      assert.match(received, /content-security-policy: default-src 'none'/i)
      assert.match(received, /\{"error":"bad_request","message":"This is not a well-formed HTTP request\."\}$/)
    }
  })

  test('never becomes a part of an answer that is under way', async t => {
    const body = new PassThrough()
    const { port } = await startDashboard(t, {
      prepare: app => void app.get('/test-slow', (_request, reply) => reply.send(body))
    })
    body.write('the beginning of an answer')

    const received = await converse(port, `GET /test-slow HTTP/1.1\r\n${HOST}\r\n`, 'NONSENSE\r\n\r\n')

    assert.match(received, /the beginning of an answer/)
    assert.deepEqual(statuses(received), [200])
    assert.doesNotMatch(received, /bad_request/)
  })

  test('has the protecting headers also where Node answers by itself', async t => {
    const { port } = await startDashboard(t, { limits: { requestsPerSocket: 2, keepAliveTimeoutMilliseconds: 300 } })

    const expectation = await converse(
      port,
      `GET /stats HTTP/1.1\r\nHost: evil.example\r\nExpect: magic\r\n\r\n${LAST}`
    )
    assert.deepEqual(statuses(expectation), [417, 200])
    const beyond = await converse(port, SMUGGLED.repeat(4))
    assert.deepEqual(statuses(beyond).slice(0, 3), [200, 200, 503])

    for (const received of [expectation, beyond]) {
      const protections = received.match(/^content-security-policy: default-src 'none'/gim) ?? []
      assert.equal(protections.length, statuses(received).length)
    }
  })
})

describe('a slow client', () => {
  const limits = {
    headersTimeoutMilliseconds: 300,
    requestTimeoutMilliseconds: 300,
    keepAliveTimeoutMilliseconds: 300
  }

  test('that does not end its request in time is refused and cut off [H2]', async t => {
    const { port } = await startDashboard(t, { limits })
    const beginnings = [
      '',
      'GET /sta',
      `GET /stats HTTP/1.1\r\n${HOST}`,
      `POST /test HTTP/1.1\r\n${AUTHORIZED}Content-Length: 10\r\n\r\n{`,
      `POST /test HTTP/1.1\r\n${AUTHORIZED}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`
    ]
    const received = await Promise.all(beginnings.map(beginning => converse(port, beginning)))

    for (const [index, text] of received.entries()) {
      // A request whose head is complete may have been refused for what it asks.
      assert.ok([408, 404].includes(statuses(text)[0] ?? 0), `${beginnings[index]}: ${text.slice(0, 40)}`)
      assert.doesNotMatch(text, /total_lines/)
    }
  })

  test('that sends one byte after the other is cut off all the same [H2]', async t => {
    const { port } = await startDashboard(t, { limits })
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    const drip = setInterval(() => socket.write('x'), 20)
    t.after(() => clearInterval(drip))
    t.after(() => socket.destroy())
    socket.write(`GET /stats HTTP/1.1\r\n${HOST}X: `)

    const [answer] = (await once(socket, 'data')) as [Buffer]

    assert.deepEqual(statuses(answer.toString()), [408])
  })

  test('that asks for nothing more loses its connection [H2]', async t => {
    const { port } = await startDashboard(t, { limits })

    assert.deepEqual(statuses(await converse(port, SMUGGLED)), [200])
  })

  test('that never reads its answers loses its connection', async t => {
    const connections: Socket[] = []
    const { port } = await startDashboard(t, {
      limits: { idleTimeoutMilliseconds: 500 },
      prepare: app =>
        app.get('/test-large', (request, reply) => {
          connections.push(request.raw.socket)
          return reply.send('x'.repeat(64 * 1024 * 1024))
        })
    })
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    t.after(() => socket.destroy())
    socket.pause()
    socket.write(`GET /test-large HTTP/1.1\r\n${HOST}\r\n`)

    while (connections.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
    const [connection] = connections as [Socket]
    if (!connection.destroyed) await once(connection, 'close')

    assert.equal(connection.destroyed, true)
  })
})
