// What the kernel says and when the process dies, call by call: strace fails a system call, or kills at it.

import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { reportOf } from './support/answers.ts'
import { Cli, cleanEnvironment, type Ended, LINESCOPE, linescope } from './support/cli.ts'
import { KILLED_PIPELINES, type KilledPipeline } from './support/kill-pipelines.ts'
import { ledgerOfCompleteRun, type Outcome, outcomeOf, prepare, runThroughKills } from './support/kill-runs.ts'
import { ALONE } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
/** Calls that make something durable, or change what is there. Each is counted for itself. */
const CALLS = IS_LONG
  ? ['fsync', 'fdatasync', 'rename', 'link', 'unlink', 'ftruncate', 'write']
  : ['fsync', 'rename', 'write']
/** Between two points of one call; the long test takes each until a run has no more. */
const POINT_STEP = IS_LONG ? 1 : 2
const POINTS_OF_A_CALL = IS_LONG ? Number.POSITIVE_INFINITY : 1
/** At which it must have been killed, of all calls together. */
const POINTS_AT_LEAST = IS_LONG ? 300 : 1

const SORT = KILLED_PIPELINES[0]
const PIPELINES = IS_LONG ? KILLED_PIPELINES.slice(0, 3) : [SORT]
const SETTINGS = { lineCount: 9_000, spinMicroseconds: 100, random: Math.random }
const ARGS = ['run', 'pipeline.yaml', ...ALONE]

async function underStrace(t: TestContext, folder: string, options: readonly string[]): Promise<Ended> {
  // Not with --seccomp-bpf: a signal is not sent then.
  const quiet = ['-f', '-qqq', '-o', '/dev/null']
  const cli = new Cli('strace', [...quiet, ...options, process.execPath, LINESCOPE, ...ARGS], {
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

/** To the end of what is left, and what came of it. */
async function goOn(t: TestContext, folder: string, killed: KilledPipeline): Promise<Omit<Outcome, 'kills'>> {
  const ledger = ledgerOfCompleteRun(folder)
  if (ledger !== undefined) return { ...outcomeOf(folder, killed), ledger }
  const ended = await linescope(t, ARGS, { cwd: folder })
  assert.equal(ended.code, 0, ended.stderr)
  return { ...outcomeOf(folder, killed), ledger: reportOf(ended).ledger }
}

const SKIP = process.platform !== 'linux' && 'strace is for Linux'

describe('with strace', { skip: SKIP }, () => {
  for (const [call, what] of [
    ['fdatasync', 'an output that cannot be synced'],
    ['fsync', 'a checkpoint that cannot be synced']
  ] as const) {
    test(`${what} (EIO) ends the run with 1, and the next one is complete [F4]`, async t => {
      const folder = prepare(t, SORT, SETTINGS)
      const ended = await underStrace(t, folder, [
        '--seccomp-bpf',
        '-e',
        `trace=${call}`,
        '-e',
        `inject=${call}:error=EIO:when=12+`
      ])
      assert.equal(ended.code, 1, ended.stderr)
      assert.match(ended.stderr, /could not be made durable: i\/o error \(EIO\)\. A failed sync is never tried again/)
      assert.deepEqual(await goOn(t, folder, SORT), await undisturbed(t, SORT))
    })
  }

  test('SIGKILL at each call that makes something durable: what is left is gone on with [E2]', async t => {
    let points = 0
    for (const killed of PIPELINES) {
      const expected = await undisturbed(t, killed)
      const queue = [...CALLS]
      const worker = async (): Promise<void> => {
        for (let call = queue.shift(); call !== undefined; call = queue.shift()) {
          points += await killAtEach(t, killed, call, expected)
        }
      }
      await Promise.all([worker(), worker()])
    }
    t.diagnostic(`killed at ${points} points`)
    assert.ok(points >= POINTS_AT_LEAST, `killed at ${points} points only`)
  })
})

/** Until a run ends before its call has come so often. Returns how many were killed. */
async function killAtEach(
  t: TestContext,
  killed: KilledPipeline,
  call: string,
  expected: Omit<Outcome, 'kills'>
): Promise<number> {
  for (let points = 0; points < POINTS_OF_A_CALL; points++) {
    const when = (IS_LONG ? 1 : 2) + points * POINT_STEP
    const folder = prepare(t, killed, SETTINGS)
    // The other writes are messages between threads and text for people.
    const sinks = call === 'write' ? killed.sinks.flatMap(sink => ['-P', join(folder, sink)]) : []
    const options = [...sinks, '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${when}`]
    const ended = await underStrace(t, folder, options)
    const wasKilled = ended.signal === 'SIGKILL' || ended.code === 128 + 9
    if (!wasKilled) assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(await goOn(t, folder, killed), expected, `killed at ${call} number ${when}`)
    rmSync(folder, { recursive: true })
    if (!wasKilled) return points
  }
  return POINTS_OF_A_CALL
}

async function undisturbed(t: TestContext, killed: KilledPipeline): Promise<Omit<Outcome, 'kills'>> {
  const { files, letters, ledger } = await runThroughKills(t, killed, { ...SETTINGS, kills: 0 })
  return { files, letters, ledger }
}
