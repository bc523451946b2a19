import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { Command } from 'commander'

import { crc32c } from '../../base/crc32c.ts'
import { UserError } from '../../base/user-error.ts'
import type { DeadLetter } from '../../state/dead-letter-log/letter.ts'
import { letter as anyLetter } from '../../state/dead-letter-log/log-fixtures.ts'
import { DeadLetterLog } from '../../state/dead-letter-log/writer.ts'
import { createReveal } from '../../threads/reveal.ts'
import { addFilters, type FilterArguments } from './filter.ts'
import type { OpenLog } from './open-log.ts'
import { LogScan } from './scan.ts'

const MINUTE = 60_000
const NOW = Date.now()

function letter(number: number, changes: Partial<DeadLetter>): DeadLetter {
  const bytes = new Uint8Array(Buffer.from(`line ${number}\n`))
  return anyLetter(number, {
    id: `0:${number * 7}`,
    original: { bytes, byteLength: bytes.length, sha256: undefined },
    processor: 'parse',
    tag: 'parse',
    error: { name: 'TypeError', message: `no code ${number}`, stack: undefined, code: undefined },
    attempts: [],
    journey: ['parse'],
    source: 'in.log',
    offset: number * 7,
    atMilliseconds: NOW - (10 - number) * MINUTE,
    ...changes
  })
}

const LETTERS = [
  letter(0, {}),
  letter(1, { kind: 'unmatched', tag: 'nowhere', error: undefined }),
  letter(2, { processor: 'store', tag: 'stored', valueBefore: { user: 'ann' } }),
  letter(3, { valueBefore: 'LINE 3', error: { name: 'RangeError', message: 'far', stack: undefined, code: 'E1' } })
]

function logOf(t: TestContext, letters: readonly DeadLetter[] = LETTERS): OpenLog {
  const stateFolder = mkdtempSync(join(tmpdir(), 'linescope-scan-'))
  t.after(() => rmSync(stateFolder, { recursive: true, force: true }))
  const log = new DeadLetterLog(stateFolder)
  log.append(letters)
  log.close()
  return { stateFolder, shownAs: 'here', reveal: createReveal() }
}

function optionsOf(...args: string[]): FilterArguments {
  const command = addFilters(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return command.parse(args, { from: 'user' }).opts()
}

function found(log: OpenLog, ...args: string[]): number[] {
  return [...new LogScan(log, optionsOf(...args)).wanted()].map(({ sequence }) => sequence)
}

test('the filters choose, each for itself and all together', t => {
  const log = logOf(t)
  const cases: [string, number[]][] = [
    ['', [0, 1, 2, 3]],
    ['--processor parse', [0, 1, 3]],
    ['--processor parse --processor store --limit 2', [0, 1]],
    ['--processor pars', []],
    ['--tag nowhere', [1]],
    ['--kind unmatched', [1]],
    ['--kind dead --text 3', [3]],
    ['--error code', [0, 2]],
    ['--error /^range/i', [3]],
    ['--error nowhere', [1]],
    ['--text "ann"', [2]],
    ['--text /^LINE/', [3]],
    ['--text /^LINE/gi', [0, 1, 2, 3]],
    ['--since 9m30s', []],
    ['--since 8.5m', [2, 3]],
    ['--until 8.5m', [0, 1]],
    ['--since 9.5m --until 7.5m', [1, 2]],
    ['--until 2000-01-01', []],
    ['--id 1 --id 0:21', [1, 3]],
    ['--id 0:7 --kind dead', []]
  ]
  for (const [args, expected] of cases) {
    if (args.includes('9m30s')) assert.throws(() => optionsOf(...args.split(' ')), /It must be a time/)
    else assert.deepEqual(found(log, ...args.split(' ').filter(Boolean)), expected, args)
  }
})

test('a filter that makes no sense is refused', () => {
  for (const args of ['--text /(/', '--limit 0', '--limit x', '--kind dad', '--since soon']) {
    assert.throws(() => optionsOf(...args.split(' ')), { name: 'CommanderError' }, args)
  }
})

test('secrets can be neither seen nor searched for', t => {
  const log = { ...logOf(t), reveal: createReveal(['code 2']) }
  assert.deepEqual(found(log, '--error', 'code 2'), [])
  assert.deepEqual(found(log, '--error', '***'), [2])
})

test('of a letter that is not there, the nearest or the range is named', t => {
  const log = logOf(t)
  const message = (id: string): string => {
    const scan = new LogScan(log, optionsOf('--id', id))
    assert.deepEqual([...scan.wanted()], [])
    try {
      scan.requireIds()
    } catch (error) {
      assert.ok(error instanceof UserError)
      return error.toString()
    }
    return ''
  }
  assert.match(message('0:22'), /^there is no dead letter "0:22" in "here"\. Did you mean "0:21"\?$/)
  assert.match(message('17'), /Their numbers are 0 to 3\.$/)
})

test('what a newer version wrote is not called damaged', t => {
  const log = logOf(t)
  const path = join(log.stateFolder, 'dead-letters', '000000000001.dll')
  const bytes = readFileSync(path)
  bytes.writeUInt32LE(2, 8)
  bytes.writeUInt32LE(crc32c(bytes, 0, 28), 28)
  writeFileSync(path, bytes)

  const scan = new LogScan(log, optionsOf())
  assert.deepEqual([...scan.wanted()], [])
  assert.deepEqual([scan.damaged, scan.end()], [0, 2])
})
