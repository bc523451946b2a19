import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { delivered } from '../observer/observe-recording-fixtures.ts'
import type { RecordedLine } from '../observer/recording-lane-fixtures.ts'
import { buildApp, startDashboard } from './server-fixtures.ts'

const LOCAL = { host: 'localhost' }
const HOSTILE = '"</script><img src=x onerror=alert(1)>\u2028\u0000\u001b[31m\ud800 \\'

describe('answers', () => {
  test('have the original fields for its example', async t => {
    // Three lines through one processor without a sink, 0.1 s each, an error for the first.
    const nodes = [0]
    const lines: RecordedLine[] = [
      'error: This is an error message',
      'warn: This is a warning message',
      'general: x'
    ].map((text, index) => ({
      text,
      leaves: [{ nodes, outcome: index === 0 ? 'dead' : 'delivered' }],
      nanoseconds: 1e8,
      ...(index === 0 ? { errors: [{ node: 0, message: 'An error occurred' }] } : {})
    }))
    const app = await buildApp(t, { run: { processors: ['general'], sinks: [], lines } })
    const json = async (url: string) => (await app.inject({ url, headers: LOCAL })).json()

    const stats = await json('/stats')
    assert.equal(stats.total_lines_processed, 3)
    assert.equal(stats.total_errors, 1)
    assert.ok(stats.total_processing_time >= 0.3 && stats.total_processing_time <= 0.5)
    assert.deepEqual(stats.lines_processed_by_each_processor, { general: 3 })
    assert.deepEqual((await json('/trace')).recent_traces, ['general', 'general', 'general'])
    const errors = await json('/errors')
    assert.deepEqual(errors.recent_errors, ['An error occurred'])
    assert.equal(errors.errors[0].processor, 'general')
    assert.equal(errors.errors[0].line, 'error: This is an error message')
    assert.equal(errors.errors[0].line_number, 1)
  })

  test('carry every name as it is, in declared order [A27]', async t => {
    const processors = ['__proto__', '10', 'constructor', '1', 'toString', HOSTILE]
    const lines = [delivered('x', [0, 1, 2, 3, 4, 5, 6])]
    const app = await buildApp(t, { run: { processors, sinks: ['end', 'hasOwnProperty'], lines } })

    const { body } = await app.inject({ url: '/stats', headers: LOCAL })

    const [, map = ''] = /"lines_processed_by_each_processor":(\{.*?\}),"state"/s.exec(body) ?? []
    const expected = [...processors.map(name => [name, 1]), ['end', 1], ['hasOwnProperty', 0]]
    assert.equal(map, `{${expected.map(([name, count]) => `${JSON.stringify(name)}:${count}`).join(',')}}`)
    const stats = JSON.parse(body)
    assert.deepEqual(
      stats.processors.map((each: { name: string }) => each.name),
      processors
    )
    assert.deepEqual((await app.inject({ url: '/trace', headers: LOCAL })).json().traces[0].path, [
      ...processors,
      'end'
    ])
  })

  test('carry hostile text unchanged in lines, messages, stacks and reasons [A17]', async t => {
    const lines: RecordedLine[] = [
      {
        text: HOSTILE,
        leaves: [{ nodes: [0], outcome: 'dropped', reason: HOSTILE }],
        errors: [{ node: 0, name: HOSTILE, message: HOSTILE, stack: HOSTILE }]
      }
    ]
    const app = await buildApp(t, { run: { lines } })
    // A lone surrogate cannot be written as UTF-8.
    const shown = HOSTILE.replace('\ud800', '\ufffd')

    const [trace] = (await app.inject({ url: '/trace', headers: LOCAL })).json().traces
    const [error] = (await app.inject({ url: '/errors', headers: LOCAL })).json().errors

    assert.deepEqual([trace.line, trace.reason], [shown, shown])
    assert.deepEqual([error.name, error.message, error.stack, error.line], [shown, shown, shown, shown])
  })

  test('take any limit and clamp it', async t => {
    const lines = Array.from({ length: 1_200 }, (_, index) => delivered(`line ${index}`, [0, 1]))
    const app = await buildApp(t, { run: { lines } })
    const shown = async (query: string): Promise<number> =>
      (await app.inject({ url: `/trace${query}`, headers: LOCAL })).json().recent_traces.length

    assert.equal(await shown(''), 100)
    assert.equal(await shown('?limit=7'), 7)
    assert.equal(await shown('?limit=0'), 1)
    assert.equal(await shown('?limit=-3'), 1)
    assert.equal(await shown('?limit=5000'), 1_000)
    assert.equal(await shown('?limit=many'), 100)
    assert.equal(await shown('?limit=3&limit=4'), 4)
  })

  test('answer HEAD with the headers of GET and no body', async t => {
    const { url } = await startDashboard(t)
    for (const path of ['/', '/stats', '/trace', '/errors', '/health', '/docs', '/openapi.json']) {
      const head = await fetch(url + path, { method: 'HEAD' })
      assert.equal(head.status, 200, path)
      assert.equal(await head.text(), '')
      const got = await fetch(url + path)
      await got.text()
      assert.equal(head.headers.get('content-type'), got.headers.get('content-type'), path)
    }
  })

  test('say what there is when a path is unknown', async t => {
    const app = await buildApp(t)

    const answer = await app.inject({ url: '/stat?x=<b>', headers: LOCAL })

    assert.equal(answer.statusCode, 404)
    assert.equal(answer.json().error, 'not_found')
    assert.match(answer.json().message, /\/stats, \/trace, \/errors/)
    assert.ok(answer.json().paths.includes('/stats'))
    assert.doesNotMatch(answer.body, /<b>/)
  })

  test('say whether lines are taken', async t => {
    for (const [state, status] of [
      ['starting', 503],
      ['running', 200],
      ['idle', 200],
      ['paused', 503],
      ['stopping', 503],
      ['failed', 503],
      ['finished', 200]
    ] as const) {
      const app = await buildApp(t, { run: { lanes: [{ state }] } })
      assert.equal((await app.inject({ url: '/readyz', headers: LOCAL })).statusCode, status, state)
      assert.equal((await app.inject({ url: '/livez', headers: LOCAL })).statusCode, 200)
    }
  })

  test('come while a processor holds its thread, and name it', async t => {
    const { url } = await startDashboard(t, { run: { processors: ['start', 'stuck'], lanes: [{ hangIn: 1 }] } })

    for (let request = 0; request < 50; request++) {
      const stats = (await (await fetch(`${url}/stats`)).json()) as {
        lanes: { busy_processor: string; busy_since: string }[]
      }
      assert.equal(stats.lanes[0]?.busy_processor, 'stuck')
      assert.ok(Date.parse(stats.lanes[0].busy_since) <= Date.now())
    }
  })

  test('hide what went wrong inside and tell the owner', async t => {
    const faults: unknown[] = []
    const app = await buildApp(t, {
      reportFault: error => faults.push(error),
      prepare: made => {
        made.get('/broken', () => {
          throw new Error('secret detail')
        })
      }
    })

    const answer = await app.inject({ url: '/broken', headers: LOCAL })

    assert.equal(answer.statusCode, 500)
    assert.deepEqual(answer.json(), {
      error: 'fault',
      message: 'Linescope failed to answer. This is a fault of its own.'
    })
    assert.match(String(faults[0]), /secret detail/)
  })
})

describe('the documentation', () => {
  test('describes every route with the fields that it answers', async t => {
    const app = await buildApp(t, { run: { lines: [delivered('x', [0, 1])] } })
    const document = (await app.inject({ url: '/openapi.json', headers: LOCAL })).json()

    assert.equal(document.openapi, '3.1.0')
    assert.equal(document.info.version, '1.2.3')
    assert.ok(Object.keys(document.paths).length > 10)
    for (const [url, schema] of [
      ['/stats', 'Stats'],
      ['/trace', 'Traces'],
      ['/errors', 'Errors'],
      ['/health', 'Health'],
      ['/api/v1', 'Listing'],
      ['/api/v1/graph', 'Graph'],
      ['/api/v1/paths', 'Paths'],
      ['/api/v1/processors', 'Processors'],
      ['/api/v1/history', 'History'],
      ['/api/v1/runs', 'Runs'],
      ['/api/v1/dead-letters', 'DeadLetters'],
      ['/api/v1/journeys', 'FoundJourneys'],
      ['/api/v1/replay', 'Replays'],
      ['/readyz', 'Ready']
    ] as const) {
      const answered = Object.keys((await app.inject({ url, headers: LOCAL })).json())
      const described = Object.keys(document.components.schemas[schema].properties)
      assert.deepEqual(
        answered.filter(field => !described.includes(field)),
        [],
        url
      )
      const required: string[] = document.components.schemas[schema].required
      assert.deepEqual(
        required.filter(field => !answered.includes(field)),
        [],
        url
      )
    }
  })

  test('holds nothing but references that lead somewhere', async t => {
    const app = await buildApp(t)
    const { body } = await app.inject({ url: '/openapi.json', headers: LOCAL })
    const { schemas } = JSON.parse(body).components

    const names = [...body.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(match => match[1])
    assert.ok(names.length > 5)
    for (const name of names) assert.ok(Object.hasOwn(schemas, name), name)
  })

  test('is shown by a page that loads nothing from elsewhere', async t => {
    const { url } = await startDashboard(t)

    const page = await (await fetch(`${url}/docs`)).text()
    const initializer = await (await fetch(`${url}/docs/static/swagger-initializer.js`)).text()

    assert.doesNotMatch(page, /(?:src|href)="(?:https?:)?\/\//)
    for (const [, path] of page.matchAll(/(?:src|href)="(\/docs\/static\/[^"]+)"/g)) {
      assert.equal((await fetch(url + path)).status, 200, path)
    }
    assert.match(initializer, /"?validatorUrl"?:\s*null/)
  })
})
