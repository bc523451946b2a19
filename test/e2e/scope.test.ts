// The commands that look at a run: while it is up, from what it left, and where there is none.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { assertRefused, getStats, getText, statsWhen } from './support/answers.ts'
import { type Ended, linescope, makeFolder, start } from './support/cli.ts'
import { PASS_FILES } from './support/pipelines.ts'
import { startScopeRun } from './support/scope-runs.ts'

function linesOf({ code, stdout, stderr }: Ended): string[] {
  assert.deepEqual([code, stderr], [0, ''])
  const text = stdout.toString()
  for (const character of ['\x1b', '\r', '\u202e']) assert.ok(!text.includes(character), JSON.stringify(text))
  return text.trimEnd().split('\n')
}

const jsonOf = ({ stdout }: Ended) => JSON.parse(stdout.toString())

test('a run that is up', async t => {
  const { folder, url } = await startScopeRun(t)
  const ask = (...args: string[]): Promise<Ended> => linescope(t, args, { cwd: folder })

  await t.test('stats shows the table by processor, the ledger and the rates', async () => {
    const lines = linesOf(await ask('stats', 'pipeline.yaml'))
    assert.match(lines[0], new RegExp(`^pipeline · finished, it lasted .* · tracing · ${url}$`))
    assert.ok(
      lines.some(line => /^日本 "x" +\d[.\d]* +2 +0 +0 +4 +2 +2 /.test(line)),
      lines.join('\n')
    )
    assert.ok(lines.includes('10 entered + 4 forked = 8 delivered + 2 dropped + 2 dead + 2 unmatched'))
    assert.ok(lines.includes('0 lines unaccounted'))
  })

  await t.test('its time stands still once it is over', async () => {
    const over = await statsWhen(url, 'the exit code', ({ exit_code: code }) => code !== null)
    await new Promise(resolve => setTimeout(resolve, 20))
    assert.equal((await getStats(url)).uptime_seconds, over.uptime_seconds)
    assert.equal(JSON.parse(await getText(url, '/health')).uptime_seconds, over.uptime_seconds)
    assert.ok(over.uptime_seconds > 0)
  })

  await t.test('--json is the answer of the API, however the run is named', async () => {
    const wanted = (await getStats(url)).ledger
    for (const args of [
      ['pipeline.yaml'],
      [],
      ['--url', url],
      ['--url', `${url}/#token=x`],
      ['--state', '.linescope']
    ]) {
      const ended = await ask('stats', '--json', ...args)
      assert.deepEqual([ended.code, ended.stderr], [0, ''])
      assert.deepEqual(jsonOf(ended).ledger, wanted, args.join(' '))
    }
  })

  await t.test('stats --watch goes on until nobody reads it', async () => {
    const watching = start(t, ['stats', '--watch', '--interval', '0.1', '--json'], { cwd: folder })
    while (watching.stdout.toString().split('\n').length < 4) await new Promise(resolve => setTimeout(resolve, 20))
    watching.process.stdout!.destroy()
    assert.equal((await watching.ended).code, 0)
  })

  await t.test('paths shows each way with its share and outcomes', async () => {
    const lines = linesOf(await ask('paths', 'pipeline.yaml'))
    assert.match(lines[0], /^LINES +SHARE +DELIVERED +DROPPED +DEAD +UNMATCHED +PATH$/)
    assert.ok(lines.some(line => /^ +2 +14 % +0 +0 +2 +0 {2}start > 日本 "x"$/.test(line)))
    assert.equal(jsonOf(await ask('paths', '--json', '--limit', '1')).paths.length, 1)
  })

  await t.test('errors shows each kind with its newest line, and its stack when asked [A15]', async () => {
    const lines = linesOf(await ask('errors', 'pipeline.yaml'))
    assert.equal(lines[0], '1 kind of error, 4 failed tries')
    assert.equal(lines[2], String.raw`4 × TypeError in "日本 \"x\"": cannot work on bad \x1b[31m2\u{202e}`)
    assert.match(lines[3], /^ {2}first 2\d{3}-.* · last 2\d{3}-.* · 2 for good$/)
    assert.match(lines[4], /in\.log:8 · 0:\d+$/)
    assert.equal(lines[5], String.raw`  │ bad \x1b[31m2\u{202e}`)
    assert.equal(lines.length, 6)
    const withStack = linesOf(await ask('errors', '--stack'))
    assert.match(withStack[7], /^ {8}at .*work\.ts:\d+/)
  })

  await t.test('trace lists the newest first, and shows one as a tree', async () => {
    const [head, ...rows] = linesOf(await ask('trace', 'pipeline.yaml'))
    assert.match(head, /^ID +PLACE +OUTCOME +PATH +LINE$/)
    assert.equal(rows.length, 10)
    assert.match(rows[0], /◇ unmatched .* start .* lost 2$/)
    assert.match(rows[7], /✗ dead .* start > 日本 "x" .* bad \\x1b\[31m1\\u\{202e\}$/)
    const id = /^\S+/.exec(rows[8])?.[0] ?? ''
    for (const args of [
      [id, 'pipeline.yaml'],
      ['pipeline.yaml', id]
    ]) {
      const tree = linesOf(await ask('trace', ...args))
      // Behind each name are its time and value.
      const names = tree.slice(tree.indexOf('') + 1).map(row => row.replace(/ {2,}~?[\d.]+ \S+ {2}.*$/, ''))
      assert.deepEqual(names, [
        'start',
        '├ end',
        '│   ✓ delivered',
        '├ other',
        '│   ✓ delivered',
        '└ loud',
        '  end',
        '    ✓ delivered'
      ])
    }
    assert.equal(jsonOf(await ask('trace', id, '--json')).id, id)
    const unknown = await ask('trace', '0:99999')
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /^linescope: the journey 0:99999 is not kept, among the newest lines, or in flight\n/)
  })

  await t.test('trace --search finds what matches, and shows where a query is wrong', async () => {
    const found = await ask('trace', '--search', 'outcome == dead')
    assert.equal(found.code, 0, found.stderr)
    const [, ...rows] = found.stdout.toString().trimEnd().split('\n')
    assert.ok(rows.length > 0 && rows.every(row => row.includes('dead')), found.stdout.toString())
    assert.match(found.stderr, /\d+ journeys? found\. Looked at /)
    assertRefused(await ask('trace', '--search', 'visited('), /column \d+/)
  })

  await t.test('tap says what there is where nothing is named so', async () => {
    assertRefused(await ask('tap', 'strat'), /Nothing is named "strat": "start"/)
    const ended = await ask('tap', 'start', '--seconds', '0.5')
    assert.deepEqual([ended.code, ended.stdout.toString()], [0, ''])
    assert.match(ended.stderr, /Shown 0 of about 0\. It ended: /)
  })

  await t.test('graph --live has the lines that went each way', async () => {
    const lines = linesOf(await ask('graph', 'pipeline.yaml', '--live', '--format', 'text'))
    for (const wanted of ['  ├╌ dropped  [2]', '  └╌ unmatched  [2]', '  └─ → end  [2]', '  └╌ dead letters  [2]']) {
      assert.ok(lines.includes(wanted), lines.join('\n'))
    }
    const fromRun = jsonOf(await ask('graph', '--live', '--json'))
    const fromFile = jsonOf(await ask('graph', 'pipeline.yaml', '--live', '--json'))
    const bare = (graph: typeof fromRun) => graph.edges.map(({ from, to, lines: count }: never) => [from, to, count])
    assert.deepEqual(bare(fromRun), bare(fromFile))
  })

  await t.test('top prints one table where stdout is no terminal', async () => {
    const lines = linesOf(await ask('top', 'pipeline.yaml'))
    assert.match(
      lines.join('\n'),
      /^name +in\/s +out\/s +err\/s +busy +waiting +blocked +idle +p50 +p99 +retries +dropped +dead +held$/m
    )
    assert.match(lines.at(-1) ?? '', /^→ other/)
    assert.equal(jsonOf(await ask('top', '--json')).state, 'finished')
  })

  await t.test('a second one that is up must be told from the first', async () => {
    const second = start(t, ['run', 'pipeline.yaml', '--port', '0', '-o', 'end=second.log'], { cwd: folder })
    await second.url()
    assertRefused(await ask('stats', 'pipeline.yaml'), /^linescope: 2 runs are up; name one:\n.*--state \.linescope\//)
  })
})

test('a run that is over', async t => {
  const { folder, run } = await startScopeRun(t)
  run.process.kill('SIGTERM')
  await run.end()
  const ask = (...args: string[]): Promise<Ended> => linescope(t, args, { cwd: folder })

  await t.test('stats answers from its last commit, and says from when that is', async () => {
    const ended = await ask('stats', 'pipeline.yaml')
    assert.equal(ended.code, 0)
    assert.match(
      ended.stderr,
      /^No run of "pipeline\.yaml" is up: these are the numbers of its last commit, of \d{4}-\d\d-\d\dT/
    )
    assert.match(
      ended.stdout.toString(),
      /^10 entered \+ 4 forked = 8 delivered \+ 2 dropped \+ 2 dead \+ 2 unmatched$/m
    )
    const json = jsonOf(await ask('stats', '--json'))
    assert.deepEqual([json.from, json.is_complete, json.ledger.unaccounted], ['checkpoint', true, 0])
    assert.deepEqual(
      json.processors.map(({ name, received }: { name: string; received: number }) => [name, received]),
      [
        ['start', 10],
        ['日本 "x"', 2],
        ['loud', 2]
      ]
    )
  })

  await t.test('errors answers from its dead letters', async () => {
    const ended = await ask('errors', 'pipeline.yaml', '--stack')
    assert.equal(ended.code, 0)
    assert.match(ended.stderr, /these are the errors of the 4 dead letters, the newest of /)
    assert.match(ended.stdout.toString(), /^4 × TypeError in "日本 \\"x\\"": cannot work on bad \\x1b/m)
    assert.match(ended.stdout.toString(), /^ {8}at .*work\.ts:\d+/m)
    assert.equal(jsonOf(await ask('errors', '--json')).from, 'dead_letters')
  })

  await t.test('what only a process knows is not there: exit 1, and how to start it', async () => {
    for (const args of [['paths'], ['trace'], ['trace', '0:7'], ['top'], ['graph', '--live'], ['stats', '--watch']]) {
      const ended = await ask(...args, 'pipeline.yaml')
      assert.deepEqual([ended.code, ended.stdout.toString()], [1, ''], args.join(' '))
      assert.match(
        ended.stderr,
        /^linescope: no run of "pipeline\.yaml" is up.*\n {2}Start it: linescope run pipeline\.yaml/
      )
    }
  })
})

test('where there is no run at all', async t => {
  const folder = makeFolder(t, { ...PASS_FILES, token: 'secret' })
  const ask = (...args: string[]): Promise<Ended> => linescope(t, args, { cwd: folder })

  await t.test('each command says so and what to do, with exit 1', async () => {
    const named = await ask('stats', 'pipeline.yaml')
    assert.equal(named.code, 1)
    assert.match(
      named.stderr,
      /none has left anything in "\.linescope"\n {2}Start it: linescope run pipeline\.yaml\. Was it/
    )
    const unnamed = await ask('errors')
    assert.equal(unnamed.code, 1)
    assert.match(unnamed.stderr, /Name the pipeline, or the address with --url/)
    const nobody = await ask('paths', '--url', 'http://127.0.0.1:1')
    assert.equal(nobody.code, 1)
    assert.match(nobody.stderr, /^linescope: no run answers at http:\/\/127\.0\.0\.1:1: /)
  })

  await t.test('wrong usage is exit 2', async () => {
    assertRefused(await ask('stats', 'nowhere.yaml'), /there is no file "nowhere\.yaml"/)
    assertRefused(await ask('stats', '--url', 'ftp://x'), /this is no address of a dashboard/)
    assertRefused(await ask('stats', '--token-file', 'token'), /--token-file goes with --url only/)
    assertRefused(await ask('trace', 'a', 'b'), /neither a nor b is the id of a line/)
    assertRefused(await ask('graph', '--format', 'png'), /Allowed choices are mermaid, dot, json, text/)
    assertRefused(await ask('graph', 'pipeline.yaml', '--url', 'http://localhost'), /they go with --live/)
  })

  await t.test('graph needs none', async () => {
    const ended = await ask('graph', 'pipeline.yaml', '--format', 'text', '--no-asides')
    assert.deepEqual(linesOf(ended), ['file', '  └─ pass', 'pass  (./pass.ts#pass)', '  └─ → end'])
    assert.match((await ask('graph')).stdout.toString(), /^flowchart TD\n/)
  })

  await t.test('a server that is no run is told from one', async () => {
    const url = await serve(t, '<html>\x1b[31mhello')
    const ended = await ask('stats', '--url', url)
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, /^linescope: what answers at http\S+ is no run of Linescope \(status 200\)\n/)
    assert.ok(!ended.stderr.includes('\x1b'))
  })
})

test('a run that wants its token', async t => {
  const folder = makeFolder(t, { ...PASS_FILES, 'in.log': 'a\n', wrong: 'not this one' })
  writeFileSync(join(folder, 'token'), 'the-token-of-this-run')
  const run = start(t, ['run', 'pipeline.yaml', '--host', '0.0.0.0', '--port', '0', '--token-file', 'token'], {
    cwd: folder
  })
  const url = (await run.url()).replace('0.0.0.0', '127.0.0.1')
  const ask = (...args: string[]): Promise<Ended> => linescope(t, ['stats', '--json', ...args], { cwd: folder })
  assertRefused(await ask('--url', url), /refuses to answer \(401\)/, /--token-file FILE/)
  assertRefused(await ask('--url', url, '--token-file', 'wrong'), /refuses to answer \(401\)/)
  assert.equal((await ask('--url', url, '--token-file', 'token')).code, 0)
  assert.equal((await ask('pipeline.yaml')).code, 0, 'the state folder has the token')
})

async function serve(t: TestContext, body: string): Promise<string> {
  const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise(resolve => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
