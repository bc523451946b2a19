// A watched folder from outside: a batch that ends, and files dropped while the run is killed.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { setTimeout as sleep } from 'node:timers/promises'

import { assertBalanced, assertRefused, reportOf } from './support/answers.ts'
import { linescope, makeFolder, start } from './support/cli.ts'
import { dropThroughKills, namesIn } from './support/folder-runs.ts'
import { randomOf } from './support/kill-runs.ts'
import { ALONE } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const FILES = IS_LONG ? 20_000 : 600
const KILLS = IS_LONG ? 50 : 4

function makeInbox(t: TestContext, options: string): string {
  const folder = makeFolder(t, {
    'pipeline.yaml': `
source: { folder: { path: inbox, ${options} } }
processors: { up: { uppercase: {}, to: end } }
sinks: { end: { file: { path: out.log } } }
`
  })
  mkdirSync(join(folder, 'inbox', 'unprocessed'), { recursive: true })
  return folder
}

function seedOf(t: TestContext): number {
  const seed = Number(process.env['LINESCOPE_SEED'] ?? Date.now() % 1_000_000)
  t.diagnostic(`LINESCOPE_SEED=${seed}`)
  return seed
}

describe('a watched folder', () => {
  test('is emptied by a batch, which then ends; the next batch takes only what has come since', async t => {
    const folder = makeInbox(t, 'exit_when_empty: true, settle: 10ms, order: name')
    const drop = (name: string, text: string) => writeFileSync(join(folder, 'inbox', 'unprocessed', name), text)
    drop('a.log', 'a1\na2\n')
    drop('b.log', 'b1')
    const first = await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    assert.equal(first.code, 0, first.stderr)
    assert.equal(reportOf(first).ledger.entered, 3)
    assert.equal(readFileSync(join(folder, 'out.log'), 'utf8'), 'A1\nA2\nB1')
    assert.deepEqual(namesIn(folder, 'processed').sort(), ['a.log', 'b.log'])

    drop('a.log', 'c1\n')
    const second = await linescope(t, ['run', 'pipeline.yaml', ...ALONE, '-o', 'second.log'], { cwd: folder })
    assert.equal(second.code, 0, second.stderr)
    assert.equal(readFileSync(join(folder, 'second.log'), 'utf8'), 'C1\n')
    assert.deepEqual(namesIn(folder, 'processed').sort(), ['a-2.log', 'a.log', 'b.log'])
  })

  test('is waited on until the run is stopped, which is no failure', async t => {
    const folder = makeInbox(t, 'settle: 10ms')
    const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    while (!readdirSync(join(folder, 'inbox')).includes('quarantine')) await sleep(20)
    writeFileSync(join(folder, 'inbox', 'unprocessed', 'a.log'), 'a\n')
    while (!namesIn(folder, 'processed').includes('a.log')) await sleep(20)
    run.process.kill('SIGTERM')
    const ended = await run.end()
    assert.equal(ended.code, 0, ended.stderr)
    assertBalanced(reportOf(ended).ledger)
  })

  test('that is not there is refused', async t => {
    const folder = makeInbox(t, 'settle: 10ms')
    rmSync(join(folder, 'inbox'), { recursive: true })
    assertRefused(
      await linescope(t, ['run', 'pipeline.yaml', '--no-dashboard'], { cwd: folder }),
      /no such folder: "inbox"/
    )
  })

  test('loses no line and gives none twice when the run is killed again and again while files arrive [E1]', async t => {
    const dropped = await dropThroughKills(t, {
      fileCount: FILES,
      kills: KILLS,
      lifeMilliseconds: 200,
      random: randomOf(seedOf(t))
    })
    t.diagnostic(`${dropped.kills} kills, ${dropped.lines.length} lines`)
    assert.deepEqual(dropped.lines, dropped.expected)
    assertBalanced(dropped.ledger)
    assert.equal(dropped.ledger.entered, dropped.expected.length)
    assert.equal(namesIn(dropped.folder, 'quarantine').length, 0)
    assert.ok(namesIn(dropped.folder, 'processed').length >= FILES)
  })

  for (const keepsState of [true, false]) {
    const what = keepsState
      ? 'goes on in the middle of the file that it was killed in'
      : 'without its checkpoints begins that file again: the comparison notices'
    test(what, async t => {
      const folder = makeInbox(t, 'exit_when_empty: true, settle: 10ms')
      const text = Array.from({ length: 400_000 }, (_, line) => `LINE ${line}\n`).join('')
      writeFileSync(join(folder, 'inbox', 'unprocessed', 'a.log'), text)
      const output = join(folder, 'out.log')
      // With its own mode a run that starts afresh would write the output anew.
      const args = ['run', 'append.yaml', ...ALONE]
      writeFileSync(
        join(folder, 'append.yaml'),
        readFileSync(join(folder, 'pipeline.yaml'), 'utf8').replace('path: out.log', 'path: out.log, mode: append')
      )
      const killed = start(t, args, { cwd: folder })
      while ((statSync(output, { throwIfNoEntry: false })?.size ?? 0) === 0) await sleep(2)
      killed.process.kill('SIGKILL')
      await killed.end()
      assert.deepEqual(namesIn(folder, 'underprocess'), ['a.log'])

      if (!keepsState) rmSync(join(folder, '.linescope'), { recursive: true })
      const ended = await linescope(t, args, { cwd: folder })
      assert.equal(ended.code, 0, ended.stderr)
      assert.equal(readFileSync(output, 'utf8') === text, keepsState)
      assert.equal(readFileSync(output, 'utf8').endsWith(text), true)
      assert.deepEqual(namesIn(folder, 'processed'), ['a.log'])
    })
  }
})
