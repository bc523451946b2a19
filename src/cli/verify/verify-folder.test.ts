import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { encodeCheckpoint } from '../../state/checkpoint/encoding.ts'
import { tryLock } from '../../state/lock.ts'
import type { Check } from '../checks/check.ts'
import { textOf } from '../checks/check-text.ts'
import { INPUT, type LeftState, leaveState, NOW, OFFSET, OUTPUT } from './state-fixtures.ts'
import { verifyFolder } from './verify-folder.ts'

function verified({ folder }: LeftState): Check[] {
  return verifyFolder(folder, undefined, NOW)
}

function faults(checks: readonly Check[]): Check[] {
  return checks.filter(({ level }) => level === 'damage')
}

function only(checks: readonly Check[]): Check {
  const found = faults(checks)
  assert.equal(found.length, 1, textOf(checks))
  return found[0]
}

function named(checks: readonly Check[], name: string): Check {
  const found = checks.find(check => check.name === name)
  assert.ok(found, textOf(checks))
  return found
}

function filesOf({ folder }: LeftState): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return new Map(
    names.map(entry => [join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name), 'latin1')])
  )
}

describe('of a run that was cut off, verify', () => {
  test('finds nothing wrong, says where it stood, and changes nothing', t => {
    const left = leaveState(t)
    const before = filesOf(left)
    const checks = verified(left)
    assert.deepEqual(faults(checks), [])
    assert.match(named(checks, 'checkpoint').text, /^Of 2026-01-01T.*has not come to its end/)
    const input = named(checks, 'input in.log')
    assert.match(input.text, /^Settled up to byte 1,200 \(line 60\); 800 B follow\.$/)
    assert.deepEqual([input.facts?.['byte'], input.facts?.['size_bytes']], [OFFSET, INPUT.length])
    const output = named(checks, 'output end')
    assert.match(output.text, /^1,200 bytes as committed, and 200 bytes behind them\.$/)
    assert.match(output.advice ?? '', /cuts them off, and writes them again/)
    assert.match(named(checks, 'output screen').advice ?? '', /a second time/)
    assert.match(named(checks, 'dead letters').text, /^4 whole letters and 1 discarded in 3 files/)
    assert.deepEqual(filesOf(left), before)
  })

  test('tells of an input that is another one, shorter, or gone, that the next start is refused', t => {
    const left = leaveState(t)
    writeFileSync(left.input, INPUT.replace('a line', 'A LINE'))
    const changed = only(verified(left))
    assert.match(changed.text, /^The input "in\.log" has changed since the checkpoint: its first 2000 bytes are others/)
    assert.match(changed.advice ?? '', /^The next start is refused, unless its source follows its files\. Put it back/)
    assert.equal(changed.facts?.['byte'], OFFSET)

    truncateSync(left.input, OFFSET - 1)
    assert.equal(only(verified(left)).facts?.['difference'], 'shorter')
    rmSync(left.input)
    assert.equal(only(verified(left)).facts?.['difference'], 'missing')
  })

  test('knows that a source which follows its files looks for them, and that one read to its end is not needed', t => {
    const left = leaveState(t)
    rmSync(left.input)
    const { configHash, inputs } = left.checkpoint
    assert.match(only(verifyFolder(left.folder, { configHash, isEndless: false }, NOW)).advice ?? '', /is refused\. /)
    assert.deepEqual(faults(verifyFolder(left.folder, { configHash, isEndless: true }, NOW)), [])
    const finished = { ...left.checkpoint, inputs: inputs.map(input => ({ ...input, isFinished: true })) }
    writeFileSync(join(left.folder, 'checkpoint'), encodeCheckpoint(finished))
    assert.equal(named(verified(left), 'input in.log').level, 'note')
  })

  test('tells of an output that was shortened, written over, or replaced', t => {
    const left = leaveState(t)
    truncateSync(left.output, OUTPUT.length - 1)
    assert.equal(only(verified(left)).facts?.['difference'], 'shorter')
    writeFileSync(left.output, `${OUTPUT.slice(0, -2)}x\n`)
    assert.match(only(verified(left)).text, /the 64 bytes before byte 1200 are others/)
    renameSync(left.output, `${left.output}.1`)
    writeFileSync(left.output, OUTPUT)
    assert.match(only(verified(left)).advice ?? '', /^The next start is refused\. Nothing was cut/)
  })

  test('warns when the pipeline has changed since [D13]', t => {
    const { folder, checkpoint } = leaveState(t)
    assert.equal(
      named(verifyFolder(folder, { configHash: 'another', isEndless: false }, NOW), 'pipeline').level,
      'warning'
    )
    assert.ok(
      !verifyFolder(folder, { configHash: checkpoint.configHash, isEndless: false }, NOW).some(
        ({ name }) => name === 'pipeline'
      )
    )
  })

  test('does without the newest checkpoint where the one before it is whole', t => {
    const left = leaveState(t)
    rmSync(join(left.folder, 'checkpoint'))
    const gone = only(verified(left))
    assert.match(gone.text, /checkpoint is gone\.$/)
    assert.match(gone.advice ?? '', /goes on from the one before it/)
    writeFileSync(join(left.folder, 'checkpoint.previous'), '')
    const both = faults(verified(left))
    assert.equal(both.length, 2)
    for (const { advice } of both) assert.match(advice ?? '', /^The next start is refused.*--fresh/)
  })

  test('tells a checkpoint of a newer Linescope from a damaged one', t => {
    const left = leaveState(t)
    writeFileSync(join(left.folder, 'checkpoint'), encodeCheckpoint(left.checkpoint, 99))
    const newer = only(verified(left))
    assert.match(newer.text, /was written by a newer Linescope: it has version 99/)
    assert.match(newer.advice ?? '', /^The next start is refused\. Go on with the newer Linescope/)
  })

  test('sees that the dead letters are not those that were committed', t => {
    const left = leaveState(t)
    const folder = join(left.folder, 'dead-letters')
    rmSync(join(folder, '000000000002.dll'))
    const between = faults(verified(left))
    assert.match(between[0]?.text ?? '', /segments are missing/)
    for (const { advice } of between) assert.match(advice ?? '', /^The next start goes on/)
    rmSync(folder, { recursive: true })
    const gone = only(verified(left))
    assert.match(gone.text, /000000000003\.dll is committed up to byte \d+, and letters of that are missing\.$/)
    assert.match(gone.advice ?? '', /^The next start is refused/)

    const { segment, length } = left.checkpoint.deadLetters
    const other = leaveState(t, { deadLetters: { segment, length: length - 1 } })
    assert.match(only(verified(other)).text, /where no letter ends: it is not the log that was committed/)
  })
})

test('of a run that has come to its end, what became of its files since is no damage, but a changed output is', t => {
  const left = leaveState(t, { isComplete: true })
  rmSync(left.input)
  truncateSync(left.output, OUTPUT.length)
  const checks = verified(left)
  assert.deepEqual(faults(checks), [])
  assert.match(named(checks, 'input in.log').text, /is gone/)
  rmSync(left.output)
  assert.equal(named(verified(left), 'output end').level, 'note')
  const changed = leaveState(t, { isComplete: true })
  truncateSync(changed.output, 10)
  assert.match(only(verified(changed)).advice ?? '', /is a fresh one/)
})

describe('of what else lies in a state folder, verify', () => {
  test('tells of files that are open to others, links, and times that are still to come', t => {
    const left = leaveState(t)
    assert.equal(named(verified(left), 'permissions').level, 'ok')
    chmodSync(join(left.folder, 'checkpoint'), 0o644)
    const open = named(verified(left), 'permissions')
    assert.deepEqual([open.level, open.text.includes('checkpoint is open to other users')], ['warning', true])
    assert.match(open.advice ?? '', /^chmod -R go= "/)
    symlinkSync('/etc/hosts', join(left.folder, 'run.json'))
    assert.match(named(verified(left), 'permissions').text, /run\.json is a link/)
    utimesSync(left.folder, NOW / 1000, NOW / 1000)
    utimesSync(join(left.folder, 'checkpoint'), NOW / 1000, NOW / 1000 + 3600)
    assert.match(named(verified(left), 'clock').text, /but checkpoint is of 2030-01-01T01:00:00/)
    assert.deepEqual(faults(verified(left)), [])
  })

  test('names what an unfinished write left, what was cut off, and what is none of ours', t => {
    const left = leaveState(t)
    writeFileSync(join(left.folder, 'checkpoint.tmp'), 'x')
    writeFileSync(join(left.folder, 'notes.txt'), 'x')
    writeFileSync(join(left.folder, 'dead-letters', 'copy.dll'), 'x')
    mkdirSync(join(left.folder, 'cut'))
    writeFileSync(join(left.folder, 'cut', 'end-from-byte-10'), 'x'.repeat(2000))
    const text = textOf(verified(left)).replace(/\s+/g, ' ')
    for (const pattern of [
      /checkpoint\.tmp was not finished/,
      /notes\.txt is nothing/,
      /copy\.dll is nothing/,
      /2\.00 kB\) with what was cut off/
    ]) {
      assert.match(text, pattern)
    }
    assert.deepEqual(faults(verified(left)), [])
    appendFileSync(join(left.folder, 'lock.db'), 'x'.repeat(100))
    assert.match(only(verified(left)).text, /lock\.db has 100 bytes; it must be empty/)
  })

  test('refuses while a run has the folder', t => {
    const left = leaveState(t)
    const lock = tryLock(left.folder)
    t.after(() => lock?.release())
    assert.throws(() => verified(left), /a run is using ".*state"/)
  })
})

test('a state folder in which nothing was committed yet is no fault', (t: TestContext) => {
  const left = leaveState(t)
  for (const name of ['checkpoint', 'checkpoint.previous', 'dead-letters'])
    rmSync(join(left.folder, name), { recursive: true })
  const checks = verified(left)
  assert.deepEqual(faults(checks), [])
  assert.match(named(checks, 'checkpoint').text, /^There is none/)
})
