// The checks of the network surface in the security checklist, each as a test with its number.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, test } from 'node:test'

import { delivered, observe } from '../observer/observe-recording-fixtures.ts'
import { LIMITS } from './limits.ts'
import { buildServer } from './server.ts'
import { ALL_PATHS, addAction, buildApp, get, sendRaw, startDashboard, TOKEN } from './server-fixtures.ts'

const SECRET_LINE = 'line content that nobody else may see'
const RUN = { lines: [delivered(SECRET_LINE, [0, 1])] }
describe('N: the network surface', () => {
  test('N1 listens on 127.0.0.1 and ::1 and on no other address', async t => {
    const { addresses, port } = await startDashboard(t)

    assert.deepEqual(addresses, ['127.0.0.1', '::1'])
    // The kernel's own list: local addresses in hexadecimal, state 0A is LISTEN.
    const listening = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(file =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map(line => line.trim().split(/\s+/))
        .filter(
          ([, local, , state]) =>
            state === '0A' && local?.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`)
        )
        .map(([, local]) => local.split(':')[0])
    )
    assert.deepEqual(listening, ['0100007F', '00000000000000000000000001000000'])
  })

  test('N2 refuses a host that others can reach when there is no token [D9]', async t => {
    const { observer } = await observe(t)
    for (const host of ['0.0.0.0', '::', '192.0.2.7']) {
      assert.throws(
        () => buildServer({ observer, host, allowHosts: [], token: undefined, version: '1' }),
        { name: 'UserError', message: /can be reached from other machines, and there is no token/ },
        host
      )
    }
  })

  test('N2 refuses a token that no header can carry, since it would lock its owner out', async t => {
    const { observer } = await observe(t)
    for (const token of ['two words', ' padded', 'line\n', 'grün', '\u0000']) {
      assert.throws(
        () => buildServer({ observer, host: '0.0.0.0', allowHosts: [], token, version: '1' }),
        { name: 'UserError', message: /the token has characters that no request can carry/ },
        token
      )
    }
  })

  test('N2 wants the token for everything on such a host, the page included', async t => {
    const { port } = await startDashboard(t, { host: '0.0.0.0', run: RUN })
    const host = `Host: 127.0.0.1:${port}`

    for (const path of ALL_PATHS) {
      const refused = await sendRaw(port, get(path, [host]))
      assert.equal(refused.status, 401, path)
      assert.match(refused.headers.get('www-authenticate') ?? '', /Bearer|Basic/)
      const allowed = await sendRaw(port, get(path, [host, `Authorization: Bearer ${TOKEN}`]))
      assert.notEqual(allowed.status, 401, path)
    }
    // What a browser can send by itself, for reading only.
    const basic = `Authorization: Basic ${Buffer.from(`any:${TOKEN}`).toString('base64')}`
    assert.equal((await sendRaw(port, get('/stats', [host, basic]))).status, 200)
    const post = `POST /stats HTTP/1.1\r\n${host}\r\n${basic}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`
    assert.equal((await sendRaw(port, post)).status, 401)
  })

  test('N3 answers no host name but its own, on any path [H6]', async t => {
    const { port } = await startDashboard(t, { run: RUN })
    const hostile = [
      ['Host: evil.example:8000'],
      ['Host: localhost.evil.com'],
      ['Host: 127.0.0.1.nip.io'],
      ['Host: evil.com:80@localhost'],
      ['Host: localhost, evil.com'],
      ['Host: localhost/'],
      ['Host: localhost.'],
      ['Host: [::1].evil.com'],
      ['Host: [::2]'],
      ['Host: 0.0.0.0'],
      ['Host: '],
      [],
      ['Host: localhost', 'Host: evil.com'],
      ['Host: evil.com', 'Host: localhost'],
      ['Host: localhost', 'host: localhost']
    ]

    for (const headers of hostile) {
      for (const path of [...ALL_PATHS, '/%zz', '/stats?limit=1']) {
        const answer = await sendRaw(port, get(path, headers))
        assert.equal(answer.status, 403, `${headers.join(' + ')} ${path}`)
        assert.equal(JSON.parse(answer.body).error, 'host_refused')
      }
    }
  })

  test('N3 answers its own names in any spelling and with any port, since a tunnel changes that', async t => {
    const { port } = await startDashboard(t, { allowHosts: ['Box.Example'] })
    const own = [
      'localhost',
      `localhost:${port}`,
      'localhost:9999',
      'LOCALHOST',
      '127.0.0.1',
      '[::1]',
      `[::1]:${port}`,
      'box.example:80'
    ]

    for (const host of own) assert.equal((await sendRaw(port, get('/livez', [`Host: ${host}`]))).status, 200, host)
    assert.equal((await sendRaw(port, get('/livez', ['Host: [::1]']), '::1')).status, 200)
  })

  test('N3 refuses a request target that names a host, whatever the Host header says [H6]', async t => {
    const { port } = await startDashboard(t, { run: RUN })

    for (const target of ['http://evil.example/stats', 'http://localhost/stats', 'evil.example:443', '*']) {
      const answer = await sendRaw(port, get(target, ['Host: localhost']))
      assert.ok(answer.status === 403 || answer.status === 400, `${target}: ${answer.status}`)
      assert.doesNotMatch(answer.body, /total_lines/)
    }
    const tunnel = await sendRaw(port, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    assert.equal(tunnel.status, 405)
  })

  test('N8 answers a WebSocket upgrade with 404 [H8]', async t => {
    const { port } = await startDashboard(t)
    const upgrade = [
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='
    ]

    for (const path of ['/', '/stats', '/live']) {
      const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\n${upgrade.join('\r\n')}\r\n\r\n`)
      assert.equal(answer.status, 404, path)
    }
  })

  test('N9 slows down who guesses tokens and never who reads', async t => {
    const app = await buildApp(t, { prepare: made => void addAction(made) })
    const post = async (token: string): Promise<number> => {
      const headers = { host: 'localhost', 'content-type': 'application/json', authorization: `Bearer ${token}` }
      return (await app.inject({ method: 'POST', url: '/test-action', headers, body: '{}' })).statusCode
    }

    for (let guess = 1; guess <= LIMITS.wrongTokensPerMinute; guess++) assert.equal(await post(`guess${guess}`), 401)
    assert.equal(await post('guess'), 429)
    assert.equal(await post(TOKEN), 429)
    for (let read = 0; read < 100; read++) {
      const answer = await app.inject({ url: '/stats', headers: { host: 'localhost', authorization: 'Bearer wrong' } })
      assert.equal(answer.statusCode, 200)
    }
  })

  test('N12 limits headers, targets and bodies [H1 H3]', async t => {
    const { port } = await startDashboard(t, { prepare: app => void addAction(app) })
    const many = Array.from({ length: LIMITS.headerCount + 5 }, (_, index) => `X-${index}: 1`)

    assert.equal((await sendRaw(port, get('/stats', ['Host: localhost', ...many]))).status, 431)
    // The last header of too many must not slip past the guards either.
    assert.equal(
      (await sendRaw(port, get('/stats', ['Host: localhost', ...many, 'Origin: http://evil.example']))).status,
      431
    )
    assert.equal(
      (await sendRaw(port, get('/stats', ['Host: localhost', `X: ${'x'.repeat(LIMITS.headerBytes)}`]))).status,
      431
    )
    assert.equal((await sendRaw(port, get(`/${'x'.repeat(LIMITS.targetBytes)}`, ['Host: localhost']))).status, 414)
    const length = LIMITS.bodyBytes + 1
    const post = `POST /test-action HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${'1'.repeat(length)}`
    assert.equal((await sendRaw(port, post)).status, 413)
    assert.equal((await sendRaw(port, 'NONSENSE\r\n\r\n')).status, 400)
  })

  test('N12 takes a bounded number of connections, and lives on after the flood [H2]', async t => {
    const { port, app } = await startDashboard(t)
    const sockets = Array.from({ length: LIMITS.connections }, () => connect(port, '127.0.0.1').on('error', () => {}))
    t.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    // Each address has its part of all connections; those beyond it are closed at once.
    await new Promise<void>(resolve => {
      let closed = 0
      for (const socket of sockets) socket.once('close', () => ++closed === LIMITS.connections / 2 && resolve())
    })

    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => setTimeout(resolve, 100))
    assert.equal((await sendRaw(port, get('/livez', ['Host: localhost']))).status, 200)
    assert.equal(app.server.listening, false)
  })

  test('N13 meets hostile requests without a fault and without a stack trace [H6]', async t => {
    const { port, faults } = await startDashboard(t, { run: RUN, prepare: app => void addAction(app) })
    const targets = [
      '/stats?limit=%00',
      '/trace?limit[]=1',
      '/trace?limit=1&limit=x',
      '/errors?__proto__=1',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/docs/..%2f..%2fpackage.json',
      '/docs/static/..%252f..%252fpackage.json',
      '/page/../server.ts',
      '/page/%2e%2e%2fserver.ts',
      '/%zz',
      '//stats',
      '/stats/',
      '/\u0000',
      '/stats%0d%0aX: y'
    ]
    for (const target of targets) {
      const answer = await sendRaw(port, get(target, ['Host: localhost']))
      assert.ok(answer.status < 500, `${target}: ${answer.status}`)
      if (!target.includes('?')) assert.ok(answer.status >= 400, `${target}: ${answer.status}`)
      assert.doesNotMatch(answer.body, /\bat .*\.(?:ts|js):\d+|node_modules|root:|"dependencies"/, target)
    }
    for (const body of ['', '{', '{"__proto__":{}}', '['.repeat(50_000), 'null']) {
      const answer = await sendRaw(
        port,
        `POST /test-action HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
      )
      assert.ok(answer.status < 500, `${body.slice(0, 20)}: ${answer.status}`)
    }
    assert.deepEqual(faults, [])
  })
})
