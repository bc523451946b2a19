// System calls that fail for a while, or for good, in the middle of a run, and crashes of the start that mends a crash.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { stateFoldersIn } from '../../src/state/state-folder.ts'
import { reportOf } from './support/answers.ts'
import { Cli, cleanEnvironment, type Ended, LINESCOPE, linescope, makeFolder, start, until } from './support/cli.ts'
import { KILLED_PIPELINES } from './support/kill-pipelines.ts'
import { ledgerOfCompleteRun, outcomeOf, prepare, randomOf, runThroughKills } from './support/kill-runs.ts'
import { ALONE, pipelineOf } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const LINE_COUNT = 3_000
const TEXT = Array.from({ length: LINE_COUNT }, (_, index) => `line ${index} ${'x'.repeat(index % 40)}\n`).join('')
const ARGS = ['run', 'pipeline.yaml', '--no-dashboard', '--json']

/** Slow enough for several commits. */
function folderFor(t: TestContext, step = '{ delay: { ms: 0.3ms, block: true }, to: end }'): string {
  return makeFolder(t, { 'in.log': TEXT, 'pipeline.yaml': pipelineOf(step) })
}

function outputOf(folder: string): string {
  return existsSync(join(folder, 'out.log')) ? readFileSync(join(folder, 'out.log'), 'utf8') : ''
}

/** `injected` as strace takes it; only of calls on these paths, when there are some. */
async function underStrace(
  t: TestContext,
  folder: string,
  injected: string,
  paths: readonly string[] = [],
  args: readonly string[] = ARGS
): Promise<Ended> {
  const call = injected.slice(0, injected.indexOf(':'))
  const only = paths.flatMap(path => ['-P', join(folder, path)])
  const options = ['-f', '-qqq', '-o', '/dev/null', ...only, '-e', `trace=${call}`, '-e', `inject=${injected}`]
  const cli = new Cli('strace', [...options, process.execPath, LINESCOPE, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: cleanEnvironment()
  })
  t.after(async () => {
    cli.process.kill('SIGKILL')
    await cli.ended.catch(() => undefined)
  })
  return await cli.end()
}

/** Path of the checkpoint under way; a first run makes the folder that it is in. */
async function checkpointOf(t: TestContext, folder: string): Promise<string> {
  const cut = await linescope(t, [...ARGS, '--lines', '1'], { cwd: folder })
  assert.equal(cut.code, 0, cut.stderr)
  const [state] = stateFoldersIn(join(folder, '.linescope'))
  return join(state.slice(folder.length + 1), 'checkpoint.tmp')
}

const WAITED_OUT = [
  ['EIO', /i\/o error/],
  ['EDQUOT', /quota/],
  ['ENOSPC', /no space/]
] as const

const SKIP = process.platform !== 'linux' && 'strace is for Linux'

describe('calls that fail', { skip: SKIP, concurrency: 2 }, () => {
  for (const [code, words] of IS_LONG ? WAITED_OUT : WAITED_OUT.slice(0, 2)) {
    test(`${code} of an output is waited out, and every line is there once [F4 F5 F6]`, async t => {
      const folder = folderFor(t)
      // By turns: it fails, goes through, and fails again.
      const ended = await underStrace(t, folder, `write:error=${code}:when=3..9+2`, ['out.log'])
      assert.equal(ended.code, 0, ended.stderr)
      assert.match(ended.stderr, new RegExp(`waiting: cannot write "out\\.log": .*\\(${code}\\)`))
      assert.match(ended.stderr, words)
      assert.match(ended.stderr, /goes on after [\d.]+ s: end can be written again/)
      assert.ok(outputOf(folder) === TEXT)
      assert.equal(reportOf(ended).ledger.delivered, LINE_COUNT)
    })
  }

  test('an output that has become read-only ends the run, and the next one is complete [F6]', async t => {
    const folder = folderFor(t)
    const ended = await underStrace(t, folder, 'write:error=EROFS:when=3+', ['out.log'])
    assert.equal(ended.code, 1, ended.stderr)
    assert.match(ended.stderr, /cannot write "out\.log": read-only file system \(EROFS\)/)
    const next = await linescope(t, ARGS, { cwd: folder })
    assert.equal(next.code, 0, next.stderr)
    assert.ok(outputOf(folder) === TEXT)
  })

  for (const code of IS_LONG ? ['EMFILE', 'ENFILE'] : ['EMFILE']) {
    test(`${code} while a run goes on is waited out, and every line is there once [C13]`, async t => {
      const folder = folderFor(t)
      const temporary = await checkpointOf(t, folder)
      const args = [...ARGS, '--fresh']
      const ended = await underStrace(t, folder, `openat:error=${code}:when=3..5`, [temporary], args)
      assert.equal(ended.code, 0, ended.stderr)
      assert.match(
        ended.stderr,
        new RegExp(`waiting: The checkpoint .*(too many open files|file table overflow) \\(${code}\\)`, 'i')
      )
      assert.match(ended.stderr, /goes on after [\d.]+ s: the checkpoint can be written again/)
      assert.ok(outputOf(folder) === TEXT)
    })
  }

  test('too few descriptors to begin with are said in words [C13]', async t => {
    const folder = folderFor(t)
    const ended = await underStrace(t, folder, 'openat:error=EMFILE', ['in.log'])
    assert.equal(ended.code, 2, ended.stderr)
    assert.match(ended.stderr, /in\.log.*too many open files/)
    assert.doesNotMatch(ended.stderr, /^ +at /m)
    const script = 'ulimit -n 21 && exec "$0" "$@"'
    const few = new Cli('/bin/sh', ['-c', script, process.execPath, LINESCOPE, ...ARGS], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnvironment()
    })
    t.after(() => few.process.kill('SIGKILL'))
    const { code } = await few.end()
    if (code === 0) assert.ok(outputOf(folder) === TEXT)
    else {
      const next = await linescope(t, ARGS, { cwd: folder })
      assert.equal(next.code, 0, next.stderr)
      assert.ok(outputOf(folder) === TEXT)
    }
  })

  test('a state folder that becomes read-only ends the run, and the next one is complete [C19 F6]', async t => {
    const folder = folderFor(t)
    const temporary = await checkpointOf(t, folder)
    const ended = await underStrace(t, folder, 'openat:error=EROFS:when=3+', [temporary], [...ARGS, '--fresh'])
    assert.equal(ended.code, 1, ended.stderr)
    assert.match(ended.stderr, /The checkpoint .*read-only file system \(EROFS\)/)
    const next = await linescope(t, ARGS, { cwd: folder })
    assert.equal(next.code, 0, next.stderr)
    assert.ok(outputOf(folder) === TEXT)
  })

  test('a closed stderr takes nothing, and that is no crash [C22]', async t => {
    const folder = folderFor(t)
    const script = 'exec "$0" "$@" 2>&-'
    for (const args of [ARGS, [...ARGS, '--fresh', '-i', 'nowhere.log']]) {
      const cli = new Cli('/bin/sh', ['-c', script, process.execPath, LINESCOPE, ...args], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: cleanEnvironment()
      })
      t.after(() => cli.process.kill('SIGKILL'))
      const ended = await cli.end()
      assert.equal(ended.code, args === ARGS ? 0 : 2)
    }
    assert.ok(outputOf(folder) === TEXT)
  })
})

describe('a start after a crash', { skip: SKIP, concurrency: 2 }, () => {
  const [sort] = KILLED_PIPELINES
  const settings = { lineCount: 6_000, spinMicroseconds: 100, random: randomOf(1) }
  const calls = IS_LONG ? ['ftruncate', 'fsync', 'fdatasync', 'unlink', 'rename', 'link', 'openat'] : ['ftruncate']

  for (const call of calls) {
    test(`that is killed at its ${call} leaves what the next one goes on from, and the one after that [E11]`, async t => {
      const { files, letters, ledger } = await runThroughKills(t, sort, { ...settings, kills: 0 })
      const folder = prepare(t, sort, settings)
      for (let crash = 1; crash <= (IS_LONG ? 12 : 1); crash++) {
        const first = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
        const before = readAll(folder, sort.sinks)
        await until('lines', () => readAll(folder, sort.sinks) !== before || first.process.exitCode !== null)
        await sleep(60)
        first.process.kill('SIGKILL')
        await first.end()
        // Twice in a row, at the same call of the same work.
        for (let twice = 0; twice < 2; twice++) {
          await underStrace(t, folder, `${call}:signal=SIGKILL:when=${crash}`, [], ['run', 'pipeline.yaml', ...ALONE])
          if (ledgerOfCompleteRun(folder) !== undefined) break
        }
        if (ledgerOfCompleteRun(folder) !== undefined) break
      }
      const complete = ledgerOfCompleteRun(folder)
      if (complete === undefined) {
        const ended = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
        assert.equal(ended.code, 0, ended.stderr)
      }
      assert.deepEqual(outcomeOf(folder, sort), { files, letters })
      assert.deepEqual(ledgerOfCompleteRun(folder), ledger)
    })
  }
})

function readAll(folder: string, names: readonly string[]): string {
  return names.map(name => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')).join('')
}
