import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { buildApp } from './server-fixtures.ts'
import { type Asked, recordedStore } from './stored-fixtures.ts'

const headers = { host: 'localhost' }

describe('routes that ask the store', () => {
  test('pass on what was asked, whatever of it is given', async t => {
    const asked: Asked[] = []
    const app = await buildApp(t, { askStore: recordedStore(asked) })
    const get = async (url: string) => (await app.inject({ url: `/api/v1/${url}`, headers })).statusCode
    assert.equal(await get('history?from=2026-11-24T09:00:00Z&to=1795551098560&step=60&node=__proto__'), 200)
    assert.equal(await get('runs?limit=5000'), 200)
    assert.equal(await get('dead-letters?processor=a&code=hung&text=%25_%22&from=&before=-7&limit=3'), 200)
    assert.deepEqual(asked, [
      { name: 'history', query: { from: 1795510800000, to: 1795551098560, step: 60, node: '__proto__' } },
      { name: 'runs', query: { limit: 1000 } },
      {
        name: 'deadLetters',
        query: { processor: 'a', code: 'hung', text: '%_"', from: undefined, to: undefined, before: -7, limit: 3 }
      }
    ])
  })

  test('take the step that reaches back far enough', async t => {
    const asked: Asked[] = []
    const app = await buildApp(t, { askStore: recordedStore(asked) })
    for (const minutes of [5, 60, 600]) {
      const from = Date.now() - minutes * 60_000
      await app.inject({ url: `/api/v1/history?from=${from}`, headers })
    }
    await app.inject({ url: '/api/v1/history', headers })
    assert.deepEqual(
      asked.map(({ query }) => (query as { step: number }).step),
      [1, 10, 60, 1]
    )
  })

  test('refuse what is no moment, no step and no place', async t => {
    const app = await buildApp(t, { askStore: recordedStore() })
    for (const url of [
      'history?from=yesterday',
      'history?to=x',
      'history?step=7',
      'dead-letters?from=x',
      'dead-letters?before=1;2'
    ]) {
      const answer = await app.inject({ url: `/api/v1/${url}`, headers })
      assert.deepEqual([answer.statusCode, answer.json().error], [400, 'bad_query'], url)
    }
  })

  test('say at once that there is no answer, and all others go on', async t => {
    const app = await buildApp(t, { askStore: async () => undefined })
    for (const url of ['history', 'runs', 'dead-letters']) {
      const answer = await app.inject({ url: `/api/v1/${url}`, headers })
      assert.deepEqual([answer.statusCode, answer.json().error], [503, 'no_history'], url)
      assert.equal(answer.headers['retry-after'], '1')
    }
    assert.equal((await app.inject({ url: '/stats', headers })).statusCode, 200)
  })
})
