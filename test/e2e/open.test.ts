// `linescope open`: the dashboard on what a run that is over, or was killed, has left.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import type { Health } from '../../src/contract/health.ts'
import { assertBalanced, assertRefused, getErrors, getStats, getText, getTrace, statsWhen } from './support/answers.ts'
import { type Cli, linescope, makeFolder, start, until } from './support/cli.ts'
import { startScopeRun } from './support/scope-runs.ts'

const ENDLESS = `
source: { generate: { rate: 400, seed: 1 } }
processors:
  start: { route: [{ when: 'line.contains("ERROR")', to: bad }, { to: up }] }
  bad: { fail: {}, to: end }
  up: { uppercase: {}, to: end }
sinks: { end: { file: { path: out.log } } }
`
const OPEN = ['open', 'pipeline.yaml', '--port', '0']

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at by their fields, and what is not there fails the test
type Json = any

async function ask(url: string, path: string, status = 200): Promise<Json> {
  const response = await fetch(url + path)
  assert.equal(response.status, status, path)
  return await response.json()
}

const healthOf = async (url: string): Promise<Health> => JSON.parse(await getText(url, '/health'))

function stateOf(folder: string): string {
  const [name] = readdirSync(join(folder, '.linescope'))
  return join(folder, '.linescope', name)
}

/** Names, contents and times of all files: whatever is changed shows. */
function printOf(folder: string): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    hash.update(`${entry.parentPath}/${entry.name}\n`)
    if (entry.isFile()) hash.update(readFileSync(join(entry.parentPath, entry.name)))
  }
  return hash.digest('hex')
}

/** Killed after some commits, with errors in its store. Its folder is all that is left. */
async function crashedRun(t: TestContext): Promise<string> {
  const folder = makeFolder(t, { 'pipeline.yaml': ENDLESS })
  const run = start(t, ['run', 'pipeline.yaml', '--trace', '--port', '0', '--quiet'], { cwd: folder })
  const [, url] = await run.says(/^(http:\S+)$/m)
  await until('groups of errors in the store', async () => {
    const answer = await fetch(`${url}/api/v1/errors?run=last`)
    return answer.status === 200 && ((await answer.json()) as Json).groups.length > 0
  })
  await until('dead letters in the index', async () => (await ask(url, '/api/v1/dead-letters')).known > 0)
  await until('a journey in the store', async () =>
    (await ask(url, '/api/v1/journeys')).looked_at.some(
      ({ where, journeys }: Json) => where === 'stored' && journeys > 0
    )
  )
  run.process.kill('SIGKILL')
  await run.ended
  return folder
}

async function opened(t: TestContext, cwd: string, args: readonly string[] = OPEN): Promise<{ cli: Cli; url: string }> {
  const cli = start(t, args, { cwd })
  return { cli, url: await cli.url() }
}

describe('a run that was killed', { concurrency: false }, () => {
  test('is shown with the numbers of its last commit, and what its store has, without a change in its folder', async t => {
    const folder = await crashedRun(t)
    const before = printOf(stateOf(folder))
    const { cli, url } = await opened(t, folder)
    assert.match(cli.stderr, /^Run of pipeline, begun \S+: crashed\. .* it was killed, or the machine went down\./)

    const stats = await getStats(url)
    assertBalanced(stats.ledger)
    assert.ok(stats.ledger.entered > 0 && stats.ledger.dead > 0)
    assert.deepEqual([stats.state, stats.tracing, stats.ledger.in_flight], ['crashed', true, 0])
    const [startNode, bad, up] = stats.processors
    assert.deepEqual([startNode.name, startNode.received, up.name], ['start', stats.ledger.entered, 'up'])
    assert.deepEqual([bad.errors, bad.dead], [stats.total_errors, stats.ledger.dead])
    assert.ok(stats.sinks[0].bytes_written > 0)
    // What nobody knows is null, not nothing.
    assert.deepEqual([stats.latency, stats.input.bytes, bad.p99, stats.bottleneck], [null, null, null, null])
    const stored = stats.stored!
    assert.match(stored.lacking.join(), /in memory only/)

    const health = await healthOf(url)
    assert.deepEqual([health.state, health.status], ['crashed', 'failing'])
    assert.match(health.problems[0], /it was killed, or the machine went down.*last commit/)
    assert.ok(health.problems[0].includes(stored.committed_at!))
    assert.equal((await fetch(`${url}/readyz`)).status, 503)

    const graph = await ask(url, '/api/v1/graph')
    assert.deepEqual([graph.unaccounted, graph.ledger], [0, stats.ledger])
    const metrics = await getText(url, '/metrics')
    assert.match(metrics, new RegExp(`^linescope_entered_lines_total ${stats.ledger.entered}$`, 'm'))
    assert.match(metrics, /^linescope_run_state\{pipeline="pipeline",state="crashed"\} 1$/m)
    assert.doesNotMatch(metrics, /_bucket|journeys_|error_kinds|oldest_line/)

    const traces = await getTrace(url, '?limit=5')
    assert.ok(traces.traces.length > 0 && traces.traces.length <= 5)
    assert.deepEqual([traces.tracing, traces.recorded, traces.kept], [true, null, null])
    assert.match(traces.hint!, /those are known that were kept/)
    const [one] = traces.traces
    assert.equal((await ask(url, `/api/v1/journeys/${one.id}`)).line, one.line)
    assert.ok((await ask(url, '/api/v1/journeys?outcome=dead')).found > 0)
    const errors = await getErrors(url)
    assert.deepEqual([errors.errors, errors.groups_forgotten, errors.total_errors], [[], null, stats.total_errors])
    assert.deepEqual([errors.groups[0].processor, errors.groups[0].message], ['bad', 'Failed on purpose'])
    const groups = await ask(url, '/api/v1/errors?processor=bad')
    assert.deepEqual(groups.processors, [
      { processor: 'bad', errors: stats.total_errors, not_grouped: stats.total_errors - groups.groups[0].count }
    ])
    assert.equal((await ask(url, `/api/v1/errors/${groups.groups[0].id}`)).other_paths_errors, groups.groups[0].count)
    assert.equal((await ask(url, '/api/v1/runs')).runs[0].ending, 'killed')
    assert.ok((await ask(url, '/api/v1/history')).points.length > 0)
    assert.equal((await ask(url, '/api/v1/dead-letters')).dead_letters[0].processor, 'bad')
    assert.deepEqual(await ask(url, '/api/v1/replay'), { replays: [] })

    for (const path of ['/api/v1/paths', '/api/v1/processors', '/api/v1/lines?id=0:0', '/api/v1/tap?at=up']) {
      const { message } = await ask(url, path, 409)
      assert.match(message, /run/, path)
    }
    assert.match((await ask(url, '/api/v1/journeys/0:1', 404)).message, /No journey with this id is kept/)
    assert.equal(printOf(stateOf(folder)), before)

    await t.test('nothing can be changed, whoever asks', async () => {
      for (const path of ['/api/v1/replay', '/api/v1/dead-letters/discard', '/nothing']) {
        const headers = { 'content-type': 'application/json', authorization: 'Bearer x' }
        const response = await fetch(url + path, { method: 'POST', body: '{}', headers })
        assert.equal(response.status, 405, path)
        assert.equal(response.headers.get('allow'), 'GET, HEAD')
        assert.match(((await response.json()) as Json).message, /only reads/)
      }
      const foreign = await fetch(`${url}/stats`, { headers: { origin: 'http://evil.example' } })
      assert.equal(foreign.status, 403)
    })

    await t.test('the commands that ask a run ask it, too', async () => {
      const shown = await linescope(t, ['stats', '--url', url], { cwd: folder })
      assert.match(shown.stdout.toString(), /^pipeline · crashed, it lasted .* · tracing · /)
      const paths = await linescope(t, ['paths', '--url', url], { cwd: folder })
      assert.equal(paths.code, 1)
      assert.match(paths.stderr, /which ways its lines took is known only while it is on/)
    })

    await t.test('errors --run shows what was stored of a run, from a process and from the folder', async () => {
      const fromFolder = await linescope(t, ['errors', '--run', 'last'], { cwd: folder })
      assert.match(fromFolder.stdout.toString(), /^Run 1 · 2\d{3}-.* · killed\n1 kind of error, \d+ failed tr/)
      const fromProcess = await linescope(t, ['errors', '--run', '1', '--url', url], { cwd: folder })
      assert.deepEqual([fromProcess.code, fromProcess.stdout.toString()], [0, fromFolder.stdout.toString()])
      const json = await linescope(t, ['errors', 'pipeline.yaml', '--run', '1', '--json'], { cwd: folder })
      const { from, run, groups: stored } = JSON.parse(json.stdout.toString())
      assert.deepEqual([from, run, stored], ['store', 1, groups.groups])
      const unknown = await linescope(t, ['errors', '--run', '9', '--url', url], { cwd: folder })
      assert.equal(unknown.code, 1)
      assert.match(unknown.stderr, /^linescope: nothing is kept of run 9\n {2}There are: Run 1 · .* · killed\.\n/)
      assertRefused(await linescope(t, ['errors', '--run', '0'], { cwd: folder }), /It must be the number of a run/)
    })

    await t.test('the next run may begin meanwhile, and is told of', async t => {
      const next = start(t, ['run', 'pipeline.yaml', '--port', '0', '--quiet'], { cwd: folder })
      const [, nextUrl] = await next.says(/^(http:\S+)$/m)
      await statsWhen(nextUrl, 'lines beyond those of the first', ({ ledger }) => ledger.entered > stats.ledger.entered)
      await until('history of the next', async () => (await fetch(`${nextUrl}/api/v1/runs`)).status === 200)
      assert.deepEqual((await getStats(url)).ledger, stats.ledger)
      assert.equal((await ask(nextUrl, '/api/v1/errors?run=1')).groups[0].count, groups.groups[0].count)
      await ask(nextUrl, '/api/v1/errors?run=0', 400)
      await ask(nextUrl, '/api/v1/errors?run=7', 404)
      const { problems } = await healthOf(url)
      assert.ok(
        problems.some(problem => problem.includes(`Its dashboard is at ${nextUrl}.`)),
        problems.join('\n')
      )
    })

    cli.process.kill('SIGINT')
    assert.equal((await cli.end()).code, 0)
  })

  test('is shown from its checkpoint alone when its database is missing or damaged', async t => {
    const folder = await crashedRun(t)
    const state = stateOf(folder)
    const moved = join(folder, 'moved')
    for (const name of readdirSync(state)) if (name.startsWith('store.db')) rmSync(join(state, name))
    renameSync(state, moved)
    const missing = await opened(t, folder, ['open', 'moved', '--port', '0'])
    assert.match(missing.cli.stderr, /warning: There is no database in the state folder\. History, .* are not known\./)
    const stats = await getStats(missing.url)
    assertBalanced(stats.ledger)
    assert.ok(stats.ledger.dead > 0)
    // Without the store `run.json` tells that it took no leave.
    assert.equal(stats.state, 'crashed')
    assert.ok((await healthOf(missing.url)).problems.includes('There is no database in the state folder.'))
    assert.deepEqual((await getTrace(missing.url)).traces, [])
    assert.match((await getErrors(missing.url)).hint!, /no database/)
    const noErrors = await linescope(t, ['errors', '--run', 'last', '--state', 'moved'], { cwd: folder })
    assert.equal(noErrors.code, 1)
    assert.match(noErrors.stderr, /there is no database in "moved"/)
    for (const path of ['history', 'runs', 'dead-letters', 'journeys', 'errors', 'errors?run=1', 'journeys/0:0']) {
      const { error, message } = await ask(missing.url, `/api/v1/${path}`, 409)
      assert.deepEqual([error, message], ['not_kept', 'There is no database in the state folder.'], path)
    }
    writeFileSync(join(moved, 'store.db'), 'my notes\n'.repeat(1_000))
    const damaged = await opened(t, folder, ['open', '--state', 'moved', '--port', '0'])
    assert.match(damaged.cli.stderr, /The database cannot be read: file is not a database/)
    assert.deepEqual((await getStats(damaged.url)).ledger, stats.ledger)
    assert.match((await ask(damaged.url, '/api/v1/runs', 409)).message, /cannot be read/)
    assert.equal(readFileSync(join(moved, 'store.db'), 'utf8').slice(0, 8), 'my notes')
  })
})

test('a run that is over is shown as it ended, and one that is still on is refused with its address', async t => {
  const { folder, run, url: runUrl } = await startScopeRun(t)
  assertRefused(
    await linescope(t, OPEN, { cwd: folder }),
    /the run in ".linescope\/pipeline-[0-9a-f]{8}" is still going on \(process \d+\)/,
    new RegExp(`Its dashboard is at ${runUrl}`)
  )
  const live = await statsWhen(runUrl, 'its end', ({ exit_code: code }) => code !== null)
  assert.equal(live.stored, null)
  const liveGraph = await ask(runUrl, '/api/v1/graph')
  run.process.kill('SIGINT')
  await run.end()
  const { cli, url } = await opened(t, folder, ['open', '--port', '0'])
  assert.match(cli.stderr, /: finished\.\nDashboard:/)
  const stats = await getStats(url)
  assert.deepEqual([stats.state, stats.exit_code, stats.problems], ['finished', 0, []])
  assert.deepEqual(stats.ledger, live.ledger)
  assert.deepEqual(
    stats.processors.map(({ name, received, errors, dead, tags }) => [name, received, errors, dead, tags]),
    live.processors.map(({ name, received, errors, dead, tags }) => [name, received, errors, dead, tags])
  )
  const graph = await ask(url, '/api/v1/graph')
  assert.deepEqual(
    [graph.nodes, graph.edges.map(({ lines }: Json) => lines), graph.unaccounted],
    [liveGraph.nodes, liveGraph.edges.map(({ lines }: Json) => lines), 0]
  )
  assert.ok(Math.abs(stats.uptime_seconds - live.uptime_seconds) < 30)
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  assert.match(await getText(url, '/'), /<title>Linescope/)
  cli.process.kill('SIGTERM')
  assert.equal((await cli.end()).code, 0)
})

test('what cannot be shown is refused in a line or two', async t => {
  const folder = makeFolder(t, { 'pipeline.yaml': ENDLESS.replace('400, seed: 1', '0, lines: 50') })
  const refused = async (args: readonly string[], ...patterns: RegExp[]): Promise<void> =>
    assertRefused(await linescope(t, ['open', '--port', '0', ...args], { cwd: folder }), ...patterns)
  await refused(['pipeline.yaml'], /no run of "pipeline.yaml" has left anything in ".linescope"/)
  await refused(['none.yaml'], /none.yaml/)
  mkdirSync(join(folder, 'empty'))
  await refused(['empty'], /no run has left anything in "empty"/)
  assert.equal((await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard', '--quiet'], { cwd: folder })).code, 0)
  const description = join(stateOf(folder), 'run-description.json')
  const whole = readFileSync(description, 'utf8')
  writeFileSync(description, whole.replace('"format": 1', '"format": 2'))
  await refused(['pipeline.yaml'], /written by a newer Linescope/)
  writeFileSync(description, whole.replace('"name": "up"', '"name": "uq"'))
  await refused(['pipeline.yaml'], /run-description.json" is damaged/)
  rmSync(description)
  await refused(['pipeline.yaml'], /nothing in .* says what was run there/)
  writeFileSync(description, whole)
  await refused(['empty', '--state', '.linescope'], /"empty" is a folder, and --state names one too/)
  await refused(['pipeline.yaml', '--host', '0.0.0.0'], /--host 0.0.0.0 can be reached by other machines/)
  const taken = createServer().listen(0, '127.0.0.1')
  t.after(() => taken.close())
  await until('a port', () => taken.listening)
  await refused(['pipeline.yaml', '--port', String((taken.address() as AddressInfo).port)], /port/i)
  for (const name of ['checkpoint', 'checkpoint.previous']) writeFileSync(join(stateOf(folder), name), 'x')
  await refused(['pipeline.yaml'], /The checkpoint .* is damaged/, /linescope verify/)
})
