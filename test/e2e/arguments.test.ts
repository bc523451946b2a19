// The arguments of the command line: what each does, and what is said when one is wrong.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { assertRefused, getStats, reportOf, statsWhen } from './support/answers.ts'
import { type CliOptions, type Ended, linescope, makeFolder, start } from './support/cli.ts'
import { ALONE, pipelineOf } from './support/pipelines.ts'

const FILES = { 'pipeline.yaml': pipelineOf('{ uppercase: {}, to: end }'), 'in.log': 'a\nb\nc\n' }
const TOGETHER = { concurrency: 2 }

const run = async (t: TestContext, args: readonly string[], options: CliOptions = {}): Promise<Ended> =>
  await linescope(t, ['run', 'pipeline.yaml', ...args], { cwd: makeFolder(t, FILES), ...options })

describe('a wrong argument is said in a line, with exit code 2', TOGETHER, () => {
  const mistakes: readonly (readonly [args: string, message: RegExp])[] = [
    ['run pipeline.yaml --port 70000', /^error: .*--port.*'70000'.* whole number from 0 to 65535\.$/m],
    ['run pipeline.yaml --lines 0', /^error: .*--lines.*'0'.* whole number from 1 up\.$/m],
    ['run pipeline.yaml --lanes many', /^error: .*--lanes.*'many'.* whole number from 1 to 1024\.$/m],
    ['run pipeline.yaml --resume --fresh', /^error: .*'--resume' cannot be used with option '--fresh'$/m],
    ['run pipeline.yaml --prot 8000', /^error: unknown option '--prot'\n\(Did you mean --port\?\)$/m],
    ['run pipeline.yaml -o nosuch=out', /^linescope: --output: no sink is named "nosuch"\. The pipeline has "end"\.$/m],
    ['run pipline.yaml', /^linescope: there is no file "pipline\.yaml"\. Did you mean "pipeline\.yaml"\?$/m],
    ['run in.log', /^linescope: "in\.log" is not a pipeline file: .* To read lines from it, write --input in\.log\.$/m],
    ['run .', /^linescope: "\." is a folder, not a pipeline file\. Did you mean "\.\/pipeline\.yaml"\?$/m],
    [
      'run pipeline.yaml --host nowhere.invalid',
      /^linescope: --host nowhere\.invalid .* needs a token\. Set LINESCOPE_TOKEN/m
    ],
    ['run pipeline.yaml --token-file nope', /^linescope: --token-file: cannot read "?nope"?/m],
    ['rnu', /^error: unknown command 'rnu'\n\(Did you mean run\?\)$/m],
    ['validate', /^error: missing required argument 'pipeline'$/m]
  ]
  for (const [args, message] of mistakes) {
    test(args, async t => {
      const folder = makeFolder(t, FILES)
      const ended = await linescope(t, args.split(' '), { cwd: folder })
      assertRefused(ended, message)
      assert.ok(ended.stderr.trimEnd().split('\n').length <= 2, ended.stderr)
      assert.equal(existsSync(join(folder, 'out.log')), false)
    })
  }

  test('--host that is no name', async t => {
    const ended = await run(t, ['--host', 'nowhere.invalid'], { env: { LINESCOPE_TOKEN: 'a-token-of-mine' } })
    assertRefused(ended, /^linescope: --host "nowhere\.invalid" is not a known name or address\./m)
  })

  test('a port that is taken [D9]', async t => {
    const server = createServer().listen(0, '127.0.0.1')
    t.after(() => server.close())
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as { port: number }

    const folder = makeFolder(t, { ...FILES, 'out.log': 'from before\n' })
    const ended = await linescope(t, ['run', 'pipeline.yaml', '--port', String(port)], { cwd: folder })

    assertRefused(ended, new RegExp(`^linescope: port ${port} is in use; choose another with --port$`, 'm'))
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'from before\n')
  })
})

describe('arguments of run', TOGETHER, () => {
  test('--lanes 2 says that there is one yet, --fresh is taken, --quiet is quiet', async t => {
    const lanes = await run(t, ['--lanes', '2', '--quiet', '--no-dashboard'])
    assert.deepEqual([lanes.code, lanes.stdout.toString()], [0, ''])
    assert.match(lanes.stderr, /^--lanes 2: several lanes come with a later version; this run has one\.\n$/)

    const quiet = await run(t, ['--lanes', 'auto', '--fresh', '--quiet', '--no-dashboard'])
    assert.deepEqual([quiet.code, quiet.stderr, quiet.stdout.toString()], [0, '', ''])
  })

  test('--resume without a checkpoint says that it starts from the beginning', async t => {
    const ended = await run(t, ['--resume', '--no-dashboard'])
    assert.equal(ended.code, 0)
    assert.match(ended.stderr, /^There is no checkpoint to go on from: this run starts from the beginning\.$/m)
  })

  test('--lines stops after so many, and that is a whole run', async t => {
    const folder = makeFolder(t, FILES)
    const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--lines', '2'], { cwd: folder })
    assert.equal(ended.code, 0)
    assert.equal(reportOf(ended).ledger.entered, 2)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'A\nB\n')
  })

  test('without --json the report is a table with the ledger, on stderr', async t => {
    const ended = await run(t, ['--no-dashboard'])
    assert.equal(ended.stdout.toString(), '')
    assert.match(
      ended.stderr,
      /^\s+received\s+emitted\s+dropped\s+errors\s+retries\s+dead\s+time\s+share\s+p50\s+p99$/m
    )
    assert.match(ended.stderr, /^step\s+3\s+3\s+0\s+0/m)
    assert.match(ended.stderr, /^→ end\s+3\s/m)
    assert.match(ended.stderr, /^3 entered = 3 delivered\n0 lines unaccounted$/m)
  })

  test('-i and -o replace source and sink: several files, globs in the order of their bytes, NAME=PATH', async t => {
    const folder = makeFolder(t, { ...FILES, 'b1.txt': 'two\n', 'b0.txt': 'one\n', 'last.txt': 'three' })
    const args = ['-i', 'b*.txt', '-i', 'last.txt', '-o', 'end=new.log']
    const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, ...args], { cwd: folder })
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(readFileSync(join(folder, 'new.log'), 'utf8'), 'ONE\nTWO\nTHREE')
    assert.equal(existsSync(join(folder, 'out.log')), false)
  })

  test('--port 0 picks a port and prints it; without --exit the dashboard stays up', async t => {
    const cli = start(t, ['run', 'pipeline.yaml', '--port', '0'], { cwd: makeFolder(t, FILES) })
    const url = await cli.url()
    await cli.says(/The dashboard stays up/)
    assert.equal((await getStats(url)).state, 'finished')
    cli.process.kill('SIGTERM')
    assert.equal((await cli.end()).code, 0)
  })

  test('on another host everything asks for the token, and with it answers [D9]', async t => {
    const token = 'a-token-that-is-long-enough'
    const cli = start(t, ['run', 'pipeline.yaml', '--port', '0', '--host', '0.0.0.0'], {
      cwd: makeFolder(t, FILES),
      env: { LINESCOPE_TOKEN: token }
    })
    const port = new URL(await cli.url()).port
    const address = `http://127.0.0.1:${port}/stats`
    assert.equal((await fetch(address)).status, 401)
    assert.equal((await fetch(address, { headers: { authorization: `Bearer ${token}` } })).status, 200)
    cli.process.kill('SIGTERM')
    assert.ok(!(await cli.end()).stderr.includes(token))
  })
})

describe('the state folder', TOGETHER, () => {
  test('lies beside the pipeline, is private, unseen by git, and holds the dead letters', async t => {
    const folder = makeFolder(t, {
      ...FILES,
      'pipeline.yaml': pipelineOf(`{ fail: { when: 'line == "b"' }, to: end }`)
    })

    const ended = await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard', '--fail-on-dead'], { cwd: folder })

    assert.equal(ended.code, 3)
    const [name, ...others] = readdirSync(join(folder, '.linescope'))
    assert.deepEqual(others, [])
    assert.match(name, /^pipeline-[0-9a-f]{8}$/)
    const state = join(folder, '.linescope', name)
    assert.equal(statSync(state).mode & 0o777, 0o700)
    assert.equal(readFileSync(join(state, '.gitignore'), 'utf8'), '*\n')
    const [log] = readdirSync(join(state, 'dead-letters'))
    assert.equal(statSync(join(state, 'dead-letters', log)).mode & 0o777, 0o600)
  })

  test('takes one run at a time: a second is refused and told the pid; one of its own is let in [C18]', async t => {
    const folder = makeFolder(t, FILES)
    const first = start(t, ['run', 'pipeline.yaml', '--port', '0', '--state', 'state'], { cwd: folder })
    const url = await first.url()
    await statsWhen(url, 'the end of the input', ({ state }) => state === 'finished')

    const second = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--state', 'state'], { cwd: folder })
    assertRefused(
      second,
      new RegExp(`running already \\(process ${first.pid}, since .*\\)\\..*kill ${first.pid}.*--state`)
    )
    const other = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--state', 'other'], { cwd: folder })
    assert.equal(other.code, 0, other.stderr)

    // However it dies, nothing is left behind that would keep the next one out.
    first.process.kill('SIGKILL')
    await first.ended
    const next = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '--state', 'state'], { cwd: folder })
    assert.equal(next.code, 0, next.stderr)
  })

  test('that cannot be written is refused', async t => {
    const ended = await run(t, [...ALONE, '--state', '/dev/null/here'])
    assertRefused(
      ended,
      /^linescope: The state folder \/dev\/null\/here\S* cannot be used: .*\. Name another place with --state DIR\.$/m
    )
  })

  test('in which a file cannot be replaced is refused before a line is read', async t => {
    const folder = makeFolder(t, FILES)
    const before = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    assert.equal(before.code, 0, before.stderr)
    rmSync(join(folder, 'out.log'))
    const [name = ''] = readdirSync(join(folder, '.linescope'))
    const masks = join(folder, '.linescope', name, 'masks.json')
    rmSync(masks)
    mkdirSync(masks)

    const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })

    assertRefused(ended, /^linescope: The state folder .* cannot be used: .*\. Name another place with --state DIR\.$/m)
    assert.equal(existsSync(join(folder, 'out.log')), false)
  })
})
