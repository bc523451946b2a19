import assert from 'node:assert/strict'
import { test } from 'node:test'

import { delivered } from '../../observer/observe-recording-fixtures.ts'
import { buildApp } from '../server-fixtures.ts'

const HEADERS = { host: 'localhost' }
const RUN = { processors: ['start', 'warn'], lines: [delivered('one', [0, 2]), delivered('two', [0, 1, 2])] }

interface Body {
  readonly message: string
  readonly path: string[]
  readonly outcome: string
  readonly journeys: { readonly id: string }[]
}

test('a line is found by its id, a journey by its way, and a mistake is a clear answer', async t => {
  const app = await buildApp(t, { run: RUN })
  const get = async (url: string): Promise<{ status: number; body: Body }> => {
    const response = await app.inject({ url, headers: HEADERS })
    return { status: response.statusCode, body: response.json() }
  }
  assert.deepEqual((await get('/api/v1/lines?id=0:4')).body.path, ['start', 'warn', 'end'])
  assert.equal((await get('/api/v1/lines?file=input.log&line=1')).body.outcome, 'delivered')
  const found = await get(`/api/v1/journeys?q=${encodeURIComponent('visited(warn) && line ~ /tw/')}`)
  assert.deepEqual([found.status, found.body.journeys.map(({ id }) => id)], [200, ['0:4']])
  for (const [url, message] of [
    ['/api/v1/lines?id=x', /is no id of a line/],
    ['/api/v1/lines?file=input.log&line=0', /as a number from 1/],
    ['/api/v1/lines', /Give \?file=/],
    ['/api/v1/journeys?q=vsited(a)', /^column 1: there is no condition vsited/],
    ['/api/v1/journeys?regex=(', /is no valid pattern/],
    ['/api/v1/journeys?cursor=x', /cursor/]
  ] as const) {
    const { status, body } = await get(url)
    assert.equal(status, 400, url)
    assert.match(body.message, message)
  }
})
