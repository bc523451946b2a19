import assert from 'node:assert/strict'
import { test } from 'node:test'

import { METRICS_TYPES, metricsFormat } from './metrics-format.ts'
import { buildApp, TOKEN } from './server-fixtures.ts'

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'

const WANTED: readonly (readonly [accept: string | undefined, format: 'text' | 'openmetrics'])[] = [
  [PROMETHEUS_2, 'openmetrics'],
  [PROMETHEUS_3, 'openmetrics'],
  [undefined, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['Application/OpenMetrics-Text; Version="1.0.0"; Q=0.9, */*; q=0.1', 'openmetrics'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=0.2, text/plain', 'text'],
  ['text/plain;q=0.2, application/openmetrics-text;q=0.3', 'openmetrics'],
  ['application/openmetrics-text;version=2.0.0', 'text'],
  ['application/openmetrics-text;q=nonsense, text/plain;q=0.1', 'text']
]

test('a client gets the format that its Accept header wants most, text when it names none', async t => {
  const app = await buildApp(t)
  for (const [accept, format] of WANTED) {
    assert.equal(metricsFormat(accept), format, accept)
    const headers = { host: 'localhost', ...(accept === undefined ? {} : { accept }) }
    const answer = await app.inject({ url: '/metrics', headers })
    assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, METRICS_TYPES[format]], accept)
    assert.equal(answer.body.endsWith('# EOF\n'), format === 'openmetrics')
  }
})

test('metrics are read as all other answers are: on other hosts with the token, as Prometheus can send it', async t => {
  const app = await buildApp(t, { host: '192.0.2.1' })
  const get = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/metrics', headers: { host: '192.0.2.1', ...headers } })).statusCode

  assert.equal(await get({}), 401)
  assert.equal(await get({ authorization: 'Bearer wrong' }), 401)
  assert.equal(await get({ authorization: `Bearer ${TOKEN}` }), 200)
  assert.equal(await get({ authorization: `Bearer ${TOKEN}`, host: 'evil.example' }), 403)
})
