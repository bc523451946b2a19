// Files that are followed, from outside: lines that come, logs that are rotated, runs that are killed meanwhile.

import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { setTimeout as sleep } from 'node:timers/promises'

import { assertBalanced, assertRefused, reportOf } from './support/answers.ts'
import { linescope, makeFolder, start } from './support/cli.ts'
import { followThroughKills } from './support/follow-runs.ts'
import { randomOf } from './support/kill-runs.ts'
import { ALONE } from './support/pipelines.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const LINES = IS_LONG ? 400_000 : 20_000
const KILLS = IS_LONG ? 60 : 4

const PIPELINE = `
source: { file: { path: in.log, follow: true } }
processors: { up: { uppercase: {}, to: end } }
sinks: { end: { file: { path: out.log } } }
`

async function untilOutput(folder: string, text: string): Promise<void> {
  const giveUpAt = performance.now() + 60_000
  const output = (): string => {
    try {
      return readFileSync(join(folder, 'out.log'), 'utf8')
    } catch {
      return ''
    }
  }
  while (output() !== text && performance.now() < giveUpAt) await sleep(10)
  assert.equal(output(), text)
}

describe('a file that is followed', () => {
  test('gives its lines as they come, through rotation and truncation; stopped, the next run goes on [C1] [C3]', async t => {
    const folder = makeFolder(t, { 'pipeline.yaml': PIPELINE, 'in.log': 'one\nhalf' })
    const log = join(folder, 'in.log')
    const first = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    await untilOutput(folder, 'ONE\n')
    appendFileSync(log, ' and half\n')
    await untilOutput(folder, 'ONE\nHALF AND HALF\n')
    renameSync(log, `${log}.1`)
    appendFileSync(`${log}.1`, 'late\n')
    writeFileSync(log, 'new\n')
    await untilOutput(folder, 'ONE\nHALF AND HALF\nLATE\nNEW\n')
    truncateSync(log)
    await first.says(/"in\.log" was truncated or written anew/)
    appendFileSync(log, 'again\n')
    await untilOutput(folder, 'ONE\nHALF AND HALF\nLATE\nNEW\nAGAIN\n')
    first.process.kill('SIGTERM')
    assert.equal((await first.end()).code, 0)
    assert.match(first.stderr, /"in\.log" was renamed or replaced: what the file still has is read to its end\./)

    appendFileSync(log, 'while nobody read\n')
    renameSync(log, `${log}.2`)
    writeFileSync(log, 'newest\n')
    const second = start(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder })
    await untilOutput(folder, 'ONE\nHALF AND HALF\nLATE\nNEW\nAGAIN\nWHILE NOBODY READ\nNEWEST\n')
    second.process.kill('SIGTERM')
    const ended = await second.end()
    assert.equal(ended.code, 0)
    assert.match(ended.stderr, /"in\.log" is called "in\.log\.2" now: it is read to its end from byte 6 on\./)
    assertBalanced(reportOf(ended).ledger)
    assert.equal(reportOf(ended).ledger.entered, 7)
  })

  test('is not given when it is compressed, and that is said before anything runs', async t => {
    const folder = makeFolder(t, {
      'pipeline.yaml': PIPELINE.replace('follow: true', 'follow: true, compression: gzip')
    })
    assertRefused(
      await linescope(t, ['run', 'pipeline.yaml', ...ALONE], { cwd: folder }),
      /compressed files cannot be followed/
    )
  })

  test(`loses no line and doubles none in ${KILLS} kills while it is rotated [C1] [C2]`, async t => {
    const seed = Number(process.env['LINESCOPE_SEED'] ?? Date.now() % 1_000_000)
    t.diagnostic(`LINESCOPE_SEED=${seed}`)
    const settings = { lineCount: LINES, kills: KILLS, lifeMilliseconds: 400, random: randomOf(seed) }
    const { lines, expected, kills, rotations, ledger } = await followThroughKills(t, settings)
    t.diagnostic(`${kills} kills, ${rotations} rotations`)
    assert.ok(rotations > KILLS / 2)
    assert.equal(new Set(lines).size, lines.length, 'a line came twice')
    // A comparison of all at once takes minutes to say what differs.
    const came = new Set(lines)
    assert.deepEqual(expected.filter(line => !came.has(line)).slice(0, 10), [])
    assert.equal(lines.length, expected.length)
    assert.deepEqual(lines.filter(comesTooLate(new Map())).slice(0, 10), [], 'in another order than in its file')
    assertBalanced(ledger)
    assert.equal(ledger.entered, expected.length)
  })
})

/** A line that a later one of its file has come before. Lines of one name between two rotations are of one file. */
function comesTooLate(lastOf: Map<string, number>): (line: string) => boolean {
  return line => {
    const [name, rotation, number] = line.split(' ', 3)
    const file = `${name} ${rotation}`
    const last = lastOf.get(file) ?? -1
    lastOf.set(file, Math.max(last, Number(number)))
    return Number(number) < last
  }
}
