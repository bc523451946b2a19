// The checks of what other sites may make a browser do, by their numbers in the security checklist.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { delivered } from '../observer/observe-recording-fixtures.ts'
import { ALL_PATHS, addAction, buildApp, get, sendRaw, startDashboard, TOKEN } from './server-fixtures.ts'

const RUN = { lines: [delivered('line content that nobody else may see', [0, 1])] }

describe('N: other sites and other methods', () => {
  test('N4 refuses other origins and other sites, and answers a terminal and its own page', async t => {
    const app = await buildApp(t, { run: RUN })
    const status = async (headers: Record<string, string>, url = '/stats'): Promise<number> =>
      (await app.inject({ url, headers: { host: 'localhost:8000', ...headers } })).statusCode

    for (const origin of [
      'http://evil.example',
      'http://localhost:3000',
      'http://localhost',
      'null',
      'file://',
      'http://localhost:8000.evil.example',
      'http://localhost:8000/'
    ]) {
      assert.equal(await status({ origin }), 403, origin)
      assert.equal(await status({ origin }, '/'), 403, origin)
    }
    for (const site of ['cross-site', 'same-site', 'anything'])
      assert.equal(await status({ 'sec-fetch-site': site }), 403, site)
    assert.equal(await status({ 'sec-fetch-site': 'cross-site' }, '/nothing'), 403)

    assert.equal(await status({}), 200)
    assert.equal(await status({ origin: 'http://localhost:8000', 'sec-fetch-site': 'same-origin' }), 200)
    assert.equal(await status({ 'sec-fetch-site': 'none' }), 200)
    // A link from anywhere may open the page: it holds no data.
    assert.equal(await status({ 'sec-fetch-site': 'cross-site' }, '/'), 200)
  })

  test('N4 is not misled by a header that comes twice or in another spelling', async t => {
    const { port } = await startDashboard(t, { run: RUN })
    const own = `http://localhost:${port}`
    const host = `Host: localhost:${port}`

    for (const headers of [
      [`Origin: ${own}`, 'Origin: http://evil.example'],
      ['ORIGIN: http://evil.example', `origin: ${own}`],
      [`Origin: ${own}`, `Origin: ${own}`],
      ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'],
      ['SEC-FETCH-SITE: cross-site', 'sec-fetch-site: none'],
      ['Sec-Fetch-Site: Cross-Site'],
      ['Origin: '],
      [`Origin: ${own}, http://evil.example`],
      [`Origin: http://evil.example@localhost:${port}`],
      [`Origin: ${own}#evil.example`]
    ]) {
      const answer = await sendRaw(port, get('/stats', [host, ...headers]))
      assert.equal(answer.status, 403, headers.join(' + '))
      assert.doesNotMatch(answer.body, /total_lines/)
    }
    // Whoever reached it through ::1 or a tunnel with TLS asks from there.
    for (const [name, origin] of [
      [`[::1]:${port}`, `http://[::1]:${port}`],
      ['localhost', 'https://localhost'],
      [`LOCALHOST:${port}`, own]
    ]) {
      const answer = await sendRaw(port, get('/stats', [`Host: ${name}`, `Origin: ${origin}`]))
      assert.equal(answer.status, 200, origin)
    }
  })

  test('N5 allows GET, HEAD and POST and answers 405 to every other method [H8]', async t => {
    const { port } = await startDashboard(t, { run: RUN })

    for (const method of [
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'MKCOL',
      'LOCK',
      'PURGE',
      'QUERY'
    ]) {
      for (const path of ['/stats', '/', '/nothing']) {
        const answer = await sendRaw(port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
        assert.equal(answer.status, 405, `${method} ${path}`)
        assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST')
      }
    }
    for (const path of ['/stats', '/', '/page/main.js', '/docs']) {
      const post = await sendRaw(
        port,
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`
      )
      assert.equal(post.status, 405, path)
      assert.equal(post.headers.get('allow'), 'GET, HEAD')
    }
  })

  test('N5 a GET with a body, a method override and a HEAD change nothing', async t => {
    const actions: { calls: number }[] = []
    const { port } = await startDashboard(t, { prepare: made => actions.push(addAction(made)) })
    const authorized = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json`
    const end = 'Content-Length: 2\r\nConnection: close\r\n\r\n{}'

    for (const request of [
      `GET /test-action HTTP/1.1\r\n${authorized}\r\n${end}`,
      `GET /test-action?_method=POST HTTP/1.1\r\n${authorized}\r\nX-HTTP-Method-Override: POST\r\n${end}`,
      `HEAD /test-action HTTP/1.1\r\n${authorized}\r\n${end}`
    ]) {
      assert.equal((await sendRaw(port, request)).status, 404, request)
    }
    assert.equal(actions[0]?.calls, 0)
  })

  test('N6 sends no Access-Control header, and a preflight gets nothing', async t => {
    const app = await buildApp(t, { run: RUN })

    for (const url of ALL_PATHS) {
      for (const method of ['GET', 'OPTIONS'] as const) {
        const headers = { host: 'localhost', origin: 'http://evil.example', 'access-control-request-method': 'POST' }
        const answer = await app.inject({ method, url, headers })
        assert.ok(answer.statusCode >= 400, `${method} ${url}`)
        const names = Object.keys(answer.headers).filter(name => name.startsWith('access-control'))
        assert.deepEqual(names, [])
      }
    }
  })

  test('N7 lets nothing be changed without JSON and the token', async t => {
    const actions: { calls: number }[] = []
    const app = await buildApp(t, { prepare: made => actions.push(addAction(made)) })
    const post = async (headers: Record<string, string>, body = '{}'): Promise<number> => {
      const all = { host: 'localhost', ...headers }
      return (await app.inject({ method: 'POST', url: '/test-action', headers: all, body })).statusCode
    }
    const json = { 'content-type': 'application/json' }
    const authorization = `Bearer ${TOKEN}`

    assert.equal(await post({ 'content-type': 'text/plain', authorization }), 415)
    assert.equal(await post({ 'content-type': 'application/x-www-form-urlencoded', authorization }), 415)
    assert.equal(await post({ 'content-type': 'application/jsonx', authorization }), 415)
    assert.equal(await post({ authorization }), 415)
    assert.equal(await post(json), 401)
    assert.equal(await post({ ...json, authorization: `Bearer ${TOKEN}x` }), 401)
    assert.equal(await post({ ...json, authorization: TOKEN }), 401)
    assert.equal(await post({ ...json, authorization, origin: 'http://evil.example' }), 403)
    assert.equal(await post({ ...json, authorization, 'sec-fetch-site': 'cross-site' }), 403)
    assert.equal(
      (await app.inject({ url: `/test-action?token=${TOKEN}`, headers: { host: 'localhost' } })).statusCode,
      404
    )
    assert.equal(actions[0]?.calls, 0)

    assert.equal(await post({ ...json, authorization }), 200)
    assert.equal(actions[0]?.calls, 1)
  })
})
