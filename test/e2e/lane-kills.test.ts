// A lane whose thread is ended at any instruction, again and again: what comes out in the end is byte for byte what an
// undisturbed run writes, and the run goes on all the time.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'

import { reportOf } from './support/answers.ts'
import { makeFolder, start } from './support/cli.ts'
import { KILLED_PIPELINES, modulesOf } from './support/kill-pipelines.ts'
import { type Outcome, randomOf, runThroughKills } from './support/kill-runs.ts'
import { laneKills, seedOf } from './support/lane-kills.ts'
import { ALONE } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
/** In the short run only what differs in how a lane begins: several files and sinks, forks, asynchronous calls. */
const PIPELINES = IS_LONG ? KILLED_PIPELINES : KILLED_PIPELINES.slice(0, 3)
/** The last one may find standard input at its end before it has had all of them. */
const KILLS = IS_LONG ? Math.ceil(550 / (PIPELINES.length + 1)) : 5
const LINES = IS_LONG ? 600_000 : 10_000
const SPIN_MICROSECONDS = IS_LONG ? 100 : 40
/** With less, a lane would die more often than its supervisor puts up with. */
const WORKING_MILLISECONDS = IS_LONG ? 2_000 : 250
/** Short, so that nearly every kill takes away what is not committed. */
const CONTROL = { lines: 15_000, spinMicroseconds: 40, kills: 8, workingMilliseconds: 250, attempts: 5 }

function assertSame(disturbed: Outcome, undisturbed: Outcome, lines: number): void {
  assert.deepEqual(disturbed.files, undisturbed.files)
  assert.deepEqual(disturbed.letters, undisturbed.letters)
  assert.deepEqual(disturbed.ledger, undisturbed.ledger)
  assert.equal(disturbed.ledger.entered, lines)
  assert.equal(disturbed.ledger.unaccounted, 0)
}

describe('a run whose lane is ended again and again', { concurrency: 2 }, () => {
  for (const [index, killed] of PIPELINES.entries()) {
    test(`ends with the output of one that is not: ${killed.name} [E4]`, async t => {
      const kills = laneKills(t, { seed: seedOf(t, index), kills: KILLS, workingMilliseconds: WORKING_MILLISECONDS })
      const settings = { lineCount: LINES, spinMicroseconds: SPIN_MICROSECONDS, kills: 0, random: randomOf(1) }

      const undisturbed = await runThroughKills(t, killed, settings)
      const disturbed = await runThroughKills(t, killed, { ...settings, options: { env: kills.env } })

      t.diagnostic(`${kills.count()} kills`)
      assertSame(disturbed, undisturbed, LINES)
      assert.ok(kills.count() >= KILLS / 2, `only ${kills.count()} of ${KILLS} kills found it running`)
    })
  }

  test('loses nothing of standard input, and writes none of it twice [E4]', async t => {
    const kills = laneKills(t, {
      seed: seedOf(t, PIPELINES.length),
      kills: KILLS,
      workingMilliseconds: WORKING_MILLISECONDS
    })
    const input = Buffer.from(
      Array.from({ length: LINES }, (_, id) => `id=${id} ${'y'.repeat(id % 97)}${id % 2 === 0 ? '\r\n' : '\n'}`).join(
        ''
      )
    )

    const undisturbed = await runFromStdin(t, input, {})
    const disturbed = await runFromStdin(t, input, kills.env)

    t.diagnostic(`${kills.count()} kills`)
    assert.deepEqual(disturbed, undisturbed)
    assert.ok(kills.count() >= KILLS / 2, `only ${kills.count()} of ${KILLS} kills found it running`)
  })

  test('and whose outputs are not cut back is found out (negative control)', async t => {
    const [killed] = KILLED_PIPELINES
    const { lines, spinMicroseconds, kills, workingMilliseconds } = CONTROL
    const settings = { lineCount: lines, spinMicroseconds, kills: 0, random: randomOf(1) }
    const undisturbed = await runThroughKills(t, killed, settings)

    // A kill right behind a snapshot leaves nothing to cut: one run more then.
    for (let attempt = 0; attempt < CONTROL.attempts; attempt++) {
      const broken = laneKills(t, { seed: seedOf(t, attempt), kills, workingMilliseconds, fault: 'uncut' })
      const disturbed = await runThroughKills(t, killed, { ...settings, options: { env: broken.env } })
      t.diagnostic(`${broken.count()} kills`)
      if (!isDeepStrictEqual(disturbed.files, undisturbed.files)) return
    }
    assert.fail('every output is the same')
  })
})

async function runFromStdin(t: TestContext, input: Buffer, env: NodeJS.ProcessEnv): Promise<object> {
  const folder = makeFolder(t, {
    'pipeline.yaml': `
source: { stdin: {} }
processors:
  sort: { use: ./steps.ts#sort, to: { nowhere: unheard-of } }
sinks:
  even: { file: { path: even.log } }
  odd: { file: { path: odd.log } }
  unheard-of: { discard: {} }
`,
    'steps.ts': modulesOf(SPIN_MICROSECONDS),
    'package.json': '{ "type": "module" }'
  })
  const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder, env, stdin: 'pipe' })
  // When it ends before it has read all, its exit code tells.
  run.process.stdin!.on('error', () => undefined).end(input)
  const ended = await run.end()
  const { ledger, exit_code: exitCode } = reportOf(ended)
  const files = ['even.log', 'odd.log'].map(name =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
  )
  return { files, ledger, exitCode }
}
