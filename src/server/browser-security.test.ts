// The checks of what browsers get in the security checklist, each as a test with its number.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { DATA_PATHS, get, sendRaw, startDashboard } from './server-fixtures.ts'

describe('X: what browsers get', () => {
  test('X1 sends a strict policy with every answer, and one of its own for /docs', async t => {
    const { port } = await startDashboard(t)
    const strict =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    const requests = [
      ...[...DATA_PATHS, '/', '/page/main.js', '/%zz'].map(path => get(path, ['Host: localhost'])),
      get('/stats', ['Host: evil.example']),
      get('/stats', []),
      'NONSENSE\r\n\r\n',
      'DELETE /stats HTTP/1.1\r\nHost: localhost\r\n\r\n',
      get('/stats', ['Host: localhost', `X: ${'x'.repeat(9_000)}`])
    ]
    for (const request of requests) {
      const answer = await sendRaw(port, request)
      assert.equal(answer.headers.get('content-security-policy'), strict, request.slice(0, 40))
    }
    for (const path of ['/docs', '/docs/', '/docs/static/swagger-ui-bundle.js', '/docs/json']) {
      const policy = (await sendRaw(port, get(path, ['Host: localhost']))).headers.get('content-security-policy') ?? ''
      assert.match(policy, /default-src 'none'; script-src 'self';/, path)
      assert.doesNotMatch(policy, /https?:|script-src[^;]*unsafe|\*/, path)
    }
  })

  test('X2 sends the other protecting headers and the right type with every answer', async t => {
    const { port } = await startDashboard(t)
    const types = new Map([
      ['/', 'text/html; charset=utf-8'],
      ['/page/main.js', 'text/javascript; charset=utf-8'],
      ['/page/base.css', 'text/css; charset=utf-8'],
      ...DATA_PATHS.map(path => [path, 'application/json; charset=utf-8'] as const),
      ['/metrics', 'text/plain; version=0.0.4; charset=utf-8']
    ])
    for (const [path, type] of types) {
      const { headers } = await sendRaw(port, get(path, ['Host: localhost']))
      assert.equal(headers.get('content-type'), type, path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin')
      assert.equal(headers.get('cache-control'), 'no-store')
    }
    const malformed = await sendRaw(port, 'NONSENSE\r\n\r\n')
    assert.equal(malformed.headers.get('x-content-type-options'), 'nosniff')
  })

  test('X2 sets no cookie, says nothing of itself and gives nothing to keep', async t => {
    const { port } = await startDashboard(t)
    const allowed =
      /^(content-security-policy|x-content-type-options|referrer-policy|cross-origin-(opener|resource)-policy|cache-control|content-type|content-length|date|connection|keep-alive|allow|www-authenticate|retry-after)$/

    for (const path of [...DATA_PATHS, '/', '/page/main.js', '/%zz', '/docs', '/docs/nothing']) {
      const { headers } = await sendRaw(port, get(path, ['Host: localhost', 'Cookie: session=1']))
      for (const name of headers.keys()) assert.match(name, allowed, path)
    }
  })

  test('X3 the page has no inline script, no inline style and no way to make markup of text [A17]', () => {
    const read = (file: string): string => readFileSync(new URL(`./page/${file}`, import.meta.url), 'utf8')
    const html = read('index.html')

    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:/i)
    assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//)
    for (const file of ['main.js', 'voice.js', 'numbers.js', 'lists.js', 'elements.js', 'format.js']) {
      assert.doesNotMatch(
        read(file),
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/,
        file
      )
    }
  })
})
