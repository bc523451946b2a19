// The database of a run: what it leaves, and that no line depends on it.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { linescope, makeFolder, start, until } from './support/cli.ts'

const PIPELINE = `
source: { file: { path: in.log } }
processors:
  start: { route: [{ when: 'line.contains("bad")', to: bad }, { to: up }] }
  bad: { fail: {}, to: end }
  up: { uppercase: {}, to: end }
sinks: { end: { file: { path: out.log } } }
`
const LINES = Array.from({ length: 300 }, (_, number) => (number % 100 === 7 ? `bad ${number}` : `line ${number}`))
const OUTPUT = LINES.filter(line => !line.startsWith('bad'))
  .map(line => `${line.toUpperCase()}\n`)
  .join('')

function prepare(t: TestContext): string {
  return makeFolder(t, { 'pipeline.yaml': PIPELINE, 'in.log': LINES.map(line => `${line}\n`).join('') })
}

function stateOf(folder: string): string {
  const [name] = readdirSync(join(folder, '.linescope'))
  return join(folder, '.linescope', name)
}

const RUN = ['run', 'pipeline.yaml', '--quiet']

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at by their fields, and what is not there fails the test
async function json(url: string): Promise<any> {
  return await until(url, async () => {
    const answer = await fetch(url)
    return answer.status === 200 ? await answer.json() : undefined
  })
}

describe('the store', () => {
  test('tells the next run of the ones before it, with their dead letters', async t => {
    const cwd = prepare(t)
    assert.equal((await linescope(t, [...RUN, '--no-dashboard'], { cwd })).code, 0)
    const cli = start(t, [...RUN, '--port', '0'], { cwd })
    const [, url] = await cli.says(/^(http:\S+)$/m)
    const runs = await until('both runs', async () => {
      const answer = await json(`${url}/api/v1/runs`)
      return answer.runs.length === 2 && answer.runs[0].ending === 'end' ? answer.runs : undefined
    })
    assert.deepEqual([runs[1].ending, runs[1].exit_code, runs[1].ledger.dead], ['end', 0, 3])
    const letters = await until('the letters of both', async () => {
      const answer = await json(`${url}/api/v1/dead-letters?text=bad%20107`)
      return answer.dead_letters.length === 2 ? answer.dead_letters : undefined
    })
    assert.deepEqual([letters[0].line, letters[0].processor, letters[0].line_number], ['bad 107', 'bad', 108])
    const history = await json(`${url}/api/v1/history?step=60&node=up`)
    const received = history.points.reduce(
      (sum: number, point: { seconds: number; node: { received_per_second: number } }) =>
        sum + point.node.received_per_second * point.seconds,
      0
    )
    assert.ok(Math.round(received) >= 297, String(received))
  })

  test('is searched for journeys of the runs before, and has each by its id', async t => {
    const cwd = prepare(t)
    assert.equal((await linescope(t, [...RUN, '--trace', '--no-dashboard'], { cwd })).code, 0)
    const cli = start(t, [...RUN, '--port', '0'], { cwd })
    const [, url] = await cli.says(/^(http:\S+)$/m)
    const found = await until('a journey of the run before', async () => {
      const answer = await json(`${url}/api/v1/journeys?text=bad%20107`)
      return answer.journeys.length > 0 ? answer : undefined
    })
    assert.deepEqual([found.journeys[0].line, found.journeys[0].outcome], ['bad 107', 'dead'])
    assert.ok(
      found.looked_at.some(
        ({ where, journeys }: { where: string; journeys: number }) => where === 'stored' && journeys > 0
      )
    )
    const one = await json(`${url}/api/v1/journeys/${found.journeys[0].id}`)
    assert.equal(one.line, 'bad 107')
  })

  test('that is no database, or a folder, costs no line, and is said [F10]', async t => {
    const cwd = prepare(t)
    await linescope(t, [...RUN, '--no-dashboard'], { cwd })
    const store = join(stateOf(cwd), 'store.db')
    writeFileSync(store, 'my notes\n'.repeat(1_000))
    const damaged = await linescope(t, [...RUN, '--no-dashboard'], { cwd })
    assert.deepEqual([damaged.code, readFileSync(join(cwd, 'out.log'), 'utf8')], [0, OUTPUT])
    assert.match(damaged.stderr, /store: the database cannot be used \(file is not a database\)\. It is kept as/)
    const again = await linescope(t, [...RUN, '--no-dashboard'], { cwd })
    assert.deepEqual([again.code, again.stderr], [0, ''])
    const kept = readdirSync(stateOf(cwd)).filter(name => name.includes('set-aside'))
    assert.deepEqual(
      kept.map(name => readFileSync(join(stateOf(cwd), name), 'utf8').slice(0, 8)),
      ['my notes']
    )
    assert.equal((await linescope(t, ['verify', 'pipeline.yaml'], { cwd })).code, 0)
  })

  test('that cannot be written costs no line, and /health says so [F10]', async t => {
    const cwd = prepare(t)
    await linescope(t, [...RUN, '--no-dashboard'], { cwd })
    const store = join(stateOf(cwd), 'store.db')
    // SQLite cannot make its journal there, and a folder with something in it is not taken away.
    mkdirSync(join(`${store}-wal`, 'full'), { recursive: true })
    const cli = start(t, [...RUN, '--port', '0'], { cwd })
    const [, url] = await cli.says(/^(http:\S+)$/m)
    await cli.says(/store: /)
    const problem = await until('the problem on /health', async () => {
      const health = await json(`${url}/health`)
      return health.problems.find((text: string) => text.includes('History is not kept'))
    })
    assert.match(problem, /No line depends on it/)
    assert.equal((await fetch(`${url}/api/v1/runs`)).status, 503)
    await until('the output', () => readFileSync(join(cwd, 'out.log'), 'utf8') === OUTPUT)
  })
})
