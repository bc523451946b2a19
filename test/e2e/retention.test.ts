// Dead letters keep within their limit while a run goes on: it waits for whoever discards some, or drops the oldest.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

import { readDropped } from '../../src/state/dead-letter-log/discards-reader.ts'
import { readDeadLetters } from '../../src/state/dead-letter-log/reader.ts'
import { stateFoldersIn } from '../../src/state/state-folder.ts'
import { getText, reportOf } from './support/answers.ts'
import { linescope, makeFolder, start } from './support/cli.ts'
import { ledgerOfCompleteRun } from './support/kill-runs.ts'
import { ALONE, pipelineOf } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const MAX_BYTES = 1024 * 1024
const LINES = IS_LONG ? 60_000 : 3_000
const KILLS = IS_LONG ? 100 : 4

const TEXT = Array.from({ length: LINES }, (_, index) => `no JSON ${index} ${'x'.repeat(index % 50)}\n`).join('')

// A slow one, so that no batch has more letters than there may be. One line ends the thread of its lane.
const FAIL = `
import { defineProcessor } from 'linescope'
export const fail = defineProcessor({
  name: 'fail',
  summary: 'Fails.',
  emits: ['end'],
  create: () => line => {
    if (line.startsWith('no JSON 1500 ')) process.exit(3)
    for (const until = performance.now() + 0.15; performance.now() < until; );
    throw new Error('no')
  }
})
`

function files(whenFull: string): Record<string, string> {
  const pipeline = pipelineOf('{ use: ./fail.ts#fail, to: end }')
  return {
    'in.log': TEXT,
    'fail.ts': FAIL,
    'pipeline.yaml': `${pipeline}dead_letters: { max_bytes: 1MiB, when_full: ${whenFull} }\n`
  }
}

function stateOf(folder: string): string {
  return stateFoldersIn(join(folder, '.linescope'))[0]
}

/** Of one moment: the run may delete a segment and fill another while they are looked at. */
function logBytes(folder: string): number {
  const log = existsSync(join(folder, '.linescope')) ? join(stateOf(folder) ?? folder, 'dead-letters') : folder
  const sizesNow = (): readonly (readonly [string, number])[] =>
    (existsSync(log) ? readdirSync(log).filter(name => name.endsWith('.dll')) : [])
      .sort()
      .map(name => [name, statSync(join(log, name), { throwIfNoEntry: false })?.size ?? 0])
  for (let sizes = sizesNow(); ; ) {
    const again = sizesNow()
    if (isDeepStrictEqual(sizes, again)) return sizes.reduce((sum, [, size]) => sum + size, 0)
    sizes = again
  }
}

/** Line numbers of the letters that are kept. */
function keptLines(folder: string): number[] {
  const lines: number[] = []
  for (const entry of readDeadLetters(stateOf(folder))) {
    assert.notEqual(entry.kind, 'damage', JSON.stringify(entry))
    if (entry.kind === 'letter') lines.push(entry.letter.lineNumber)
  }
  return lines
}

describe('dead letters that have reached their limit', { concurrency: 2 }, () => {
  test('keep the run waiting until some are discarded, and it goes on by itself [F3]', async t => {
    const folder = makeFolder(t, files('pause'))
    const run = start(t, ['run', 'pipeline.yaml', '--port', '0', '--exit', '--json'], { cwd: folder })
    const url = await run.url()
    await run.says(/waiting: the dead letters have reached dead_letters: max_bytes .*linescope dlq discard/)
    const health = JSON.parse(await getText(url, '/health'))
    assert.equal(health.status, 'degraded')
    assert.match(health.problems.join(), /Waiting: the dead letters have reached/)
    let discarded = 0
    let hasEnded = false
    void run.ended.then(() => {
      hasEnded = true
    })
    while (!hasEnded) {
      assert.ok(logBytes(folder) <= MAX_BYTES)
      const discard = await linescope(t, ['dlq', 'discard', 'pipeline.yaml', '--yes', '--json'], { cwd: folder })
      if (discard.code === 0 && discard.stdout.length > 0) discarded += JSON.parse(discard.stdout.toString()).discarded
    }
    const ended = await run.end()
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(ended.stderr, /goes on after [\d.]+ s: the dead letters can be written again/)
    assert.equal(reportOf(ended).ledger.dead, LINES)
    assert.equal(discarded + keptLines(folder).length, LINES)
  })

  test('lose the oldest where the pipeline says so, exactly counted, also through kills [F3] [E1]', async t => {
    const folder = makeFolder(t, files('drop_oldest'))
    let kills = 0
    let tooLong = 0
    for (;;) {
      const run = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
      if (kills < KILLS) {
        const before = logBytes(folder)
        while (logBytes(folder) === before && run.process.exitCode === null) await sleep(3)
        await sleep(Math.random() * 150)
        run.process.kill('SIGKILL')
      }
      const ended = await run.end()
      tooLong = Math.max(tooLong, logBytes(folder) - MAX_BYTES)
      if (ended.signal !== 'SIGKILL') {
        assert.equal(ended.code, 0, ended.stderr)
        break
      }
      kills++
      if (ledgerOfCompleteRun(folder) !== undefined) break
    }
    const ledger = ledgerOfCompleteRun(folder)!
    assert.equal(ledger.dead, LINES)
    assert.equal(ledger.unaccounted, 0)
    const lines = keptLines(folder)
    const { letters } = readDropped(stateOf(folder))
    assert.ok(letters > 0)
    assert.deepEqual(
      lines,
      Array.from({ length: LINES - letters }, (_, index) => letters + index + 1)
    )
    assert.ok(tooLong <= 0, `${tooLong} bytes more than it may have`)
    const stats = await linescope(t, ['dlq', 'stats', 'pipeline.yaml', '--json'], { cwd: folder })
    assert.equal(JSON.parse(stats.stdout.toString()).dropped, letters)
  })
})
