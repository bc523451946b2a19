import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'

import { observe } from '../observer/observe-recording-fixtures.ts'
import { listen } from './listen.ts'
import { buildServer } from './server.ts'
import { buildApp, startDashboard } from './server-fixtures.ts'

describe('listening', () => {
  test('picks one port for both addresses when asked for port 0', async t => {
    const { port, url } = await startDashboard(t)

    assert.ok(port > 0)
    assert.equal(url, `http://localhost:${port}`)
    for (const host of ['127.0.0.1', '[::1]']) {
      assert.equal((await fetch(`http://${host}:${port}/livez`)).status, 200)
    }
  })

  test('says that a port is taken, and the way out [D9]', async t => {
    const { port } = await startDashboard(t)
    const app = await buildApp(t)

    await assert.rejects(listen(app, { host: '127.0.0.1', port }), {
      name: 'UserError',
      message: `port ${port} is in use; choose another with --port`
    })
  })

  test('takes no port of which another has one address', async t => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '::1', resolve))
    t.after(() => other.close())
    const { port } = other.address() as { port: number }
    const app = await buildApp(t)

    await assert.rejects(listen(app, { host: 'localhost', port }), { message: new RegExp(`port ${port} is in use`) })
    // Nor is the half that was free left open.
    await assert.rejects(fetch(`http://127.0.0.1:${port}/livez`))
  })

  test('says that a host is not known, and that an address is not of this machine [D9]', async t => {
    const { observer } = await observe(t)
    const cases = new Map([
      ['no-such-host.invalid', /"no-such-host\.invalid" is not a known name or address/],
      ['', /"" is not a known name or address/],
      ['fe80::1', /"fe80::1" is not an address of this machine/],
      ['192.0.2.7', /"192\.0\.2\.7" is not an address of this machine/]
    ])
    for (const [host, message] of cases) {
      const app = buildServer({ observer, host, allowHosts: [], token: 'x', version: '1' })
      await assert.rejects(listen(app, { host, port: 0 }), { name: 'UserError', message }, host)
    }
  })

  test('says that a port does not exist', async t => {
    for (const port of [70_000, -1, Number.NaN]) {
      await assert.rejects(listen(await buildApp(t), { host: 'localhost', port }), {
        name: 'UserError',
        message: new RegExp(`port ${port} does not exist`)
      })
    }
  })

  test('ends open connections when it closes', async t => {
    const dashboard = await startDashboard(t)
    const answer = await fetch(`${dashboard.url}/stats`)
    await answer.text()

    await dashboard.close()

    await assert.rejects(fetch(`${dashboard.url}/stats`))
  })
})
