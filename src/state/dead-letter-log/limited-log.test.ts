import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { SimulatedFileSystem } from '../../base/simulated-file-system-fixtures.ts'
import { CommittedLetters } from '../checkpoint/committed-letters.ts'
import { acquireLock, tryLock } from '../lock.ts'
import { temporaryFolder } from '../state-fixtures.ts'
import { discardLetters } from './discard.ts'
import { readDropped } from './discards-reader.ts'
import { logFolder } from './layout.ts'
import { LimitedLog, LogFullError } from './limited-log.ts'
import { letter, letters, readLog } from './log-fixtures.ts'
import { readDeadLetters } from './reader.ts'
import { DeadLetterLog } from './writer.ts'

/** Eight segments of two letters each. */
const MAX_BYTES = 8 * 520
const FITTING = 16

type WhenFull = 'pause' | 'drop_oldest'

function open(folder: string, whenFull: WhenFull, said: string[] = [], fileSystem?: FileSystem): LimitedLog {
  return new LimitedLog(folder, { maxBytes: MAX_BYTES, whenFull }, message => said.push(message), fileSystem)
}

function appendEach(log: LimitedLog, count: number, first: number): void {
  for (const one of letters(count, first)) {
    assert.equal(log.append([one]), undefined)
    // As the committer says it: the newest two checkpoints are of this segment.
    log.committed(log.position.segment)
  }
}

/** Of a run that is going on: nobody else deletes segments. */
function stateFolder(t: TestContext): string {
  const folder = temporaryFolder(t)
  const lock = acquireLock(folder)
  t.after(() => lock.release())
  return folder
}

function full(t: TestContext, whenFull: WhenFull): { readonly folder: string; readonly log: LimitedLog } {
  const folder = stateFolder(t)
  const log = open(folder, whenFull)
  t.after(() => log.close())
  appendEach(log, FITTING, 0)
  return { folder, log }
}

function keptBytes(folder: string): number {
  const names = readdirSync(logFolder(folder)).filter(name => name.endsWith('.dll'))
  return names.reduce((sum, name) => sum + statSync(join(logFolder(folder), name)).size, 0)
}

function sequences(folder: string): number[] {
  return readLog(folder).stored.map(({ sequence }) => sequence)
}

/** Of a path, itself included, the outermost first. */
function parents(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [...parents(parent), path]
}

function discard(folder: string, ...wanted: number[]): void {
  discardLetters(
    folder,
    readLog(folder).stored.filter(({ sequence }) => wanted.includes(sequence))
  )
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

describe('a full log that pauses', () => {
  test('takes no letter and loses none, and says what to do [F3]', t => {
    const { folder, log } = full(t, 'pause')
    const before = log.length
    for (let attempt = 0; attempt < 3; attempt++) {
      assert.throws(
        () => log.append(letters(3, FITTING)),
        (error: unknown) =>
          error instanceof LogFullError && error.retryable && /linescope dlq discard.*max_bytes/.test(error.message)
      )
    }
    assert.equal(log.length, before)
    assert.deepEqual(sequences(folder), range(0, FITTING))
    assert.deepEqual(readLog(folder).damage, [])
  })

  test('goes on once whole segments at its beginning are discarded [F3]', t => {
    const { folder, log } = full(t, 'pause')
    discard(folder, 1, 2, 3)
    assert.throws(() => log.append(letters(1, FITTING)), LogFullError)
    discard(folder, 0)
    void log.append(letters(1, FITTING))
    assert.deepEqual(sequences(folder), range(4, FITTING + 1))
    assert.deepEqual(readLog(folder).damage, [])
    assert.ok(keptBytes(folder) <= MAX_BYTES)
  })

  test('reads none of its segments again as long as nobody discards', t => {
    const folder = stateFolder(t)
    let reads = 0
    const counting: FileSystem = {
      ...nodeFileSystem,
      readSync: (...call) => {
        reads++
        return nodeFileSystem.readSync(...call)
      }
    }
    const log = open(folder, 'pause', [], counting)
    appendEach(log, FITTING, 0)
    discard(folder, 0)
    assert.throws(() => log.append(letters(1, FITTING)), LogFullError)
    const before = reads
    for (let attempt = 0; attempt < 5; attempt++) assert.throws(() => log.append(letters(1, FITTING)), LogFullError)
    assert.equal(reads, before)
    log.close()
  })

  test('keeps the segment that a checkpoint names, and waits for the next one', async t => {
    const { folder, log } = full(t, 'pause')
    log.committed(1)
    discard(folder, 0, 1)
    const appended = log.append(letters(1, FITTING))
    assert.ok(appended instanceof Promise)
    await sleep(20)
    assert.deepEqual(sequences(folder), range(2, FITTING))
    log.committed(2)
    await appended
    assert.deepEqual(sequences(folder), range(2, FITTING + 1))
  })

  test('gives up waiting for a checkpoint in a way that is tried again', async t => {
    const { folder, log } = full(t, 'pause')
    log.committed(1)
    discard(folder, 0, 1)
    await assert.rejects(Promise.resolve(log.append(letters(1, FITTING))), { name: 'LogFullError', retryable: true })
  })

  test('waits for who is discarding at this moment', t => {
    const { folder, log } = full(t, 'pause')
    discard(folder, 0, 1)
    const lock = tryLock(logFolder(folder))
    assert.throws(() => log.append(letters(1, FITTING)), /somebody is discarding/)
    lock?.release()
    void log.append(letters(1, FITTING))
    assert.equal(sequences(folder).length, FITTING - 1)
  })

  test('takes more letters at once than it may hold when nothing else is left in it', t => {
    const folder = stateFolder(t)
    const log = open(folder, 'pause')
    appendEach(log, 1, 0)
    assert.throws(() => log.append(letters(40, 1)), LogFullError)
    discard(folder, 0)
    void log.append(letters(40, 1))
    assert.deepEqual(sequences(folder), range(1, 41))
    log.close()
  })

  test('stays a log that others read, and a successor goes on with', t => {
    const { folder, log } = full(t, 'pause')
    const reading = readDeadLetters(folder)
    assert.equal(reading.next().value?.kind, 'letter')
    discard(folder, ...range(0, 6))
    void log.append(letters(1, FITTING))
    log.close()
    const rest = [...reading]
    assert.deepEqual(
      rest.filter(({ kind }) => kind === 'damage'),
      []
    )
    const next = open(folder, 'pause')
    assert.equal(next.length, keptBytes(folder))
    void next.append(letters(1, FITTING + 1))
    next.close()
    assert.deepEqual(sequences(folder), range(6, FITTING + 2))
  })
})

describe('a full log that drops the oldest', () => {
  test('keeps within its limit, counts what it dropped and says so [F3]', t => {
    const folder = stateFolder(t)
    const said: string[] = []
    const log = open(folder, 'drop_oldest', said)
    appendEach(log, 200, 0)
    log.close()
    const { stored, damage, dropped } = { ...readLog(folder), dropped: readDropped(folder) }
    assert.deepEqual(damage, [])
    assert.ok(keptBytes(folder) <= MAX_BYTES)
    const first = stored[0].sequence
    assert.deepEqual(sequences(folder), range(first, 200))
    assert.equal(dropped.letters, first)
    assert.ok(dropped.bytes > 0)
    assert.equal(said.length, 1)
    assert.match(said[0], /the oldest are dropped: 2 letters .* so far/)
  })

  test('does not count letters that were discarded before', t => {
    const { folder, log } = full(t, 'drop_oldest')
    discard(folder, 0, 2, 3)
    appendEach(log, 3, FITTING)
    assert.deepEqual(sequences(folder), range(4, FITTING + 3))
    assert.equal(readDropped(folder).letters, 1)
    log.close()
    const next = open(folder, 'drop_oldest')
    appendEach(next, 2, FITTING + 3)
    assert.equal(readDropped(folder).letters, 3)
    next.close()
  })

  test('waits for the next checkpoint before it drops what one names', async t => {
    const { folder, log } = full(t, 'drop_oldest')
    log.committed(1)
    const appended = log.append(letters(1, FITTING))
    assert.ok(appended instanceof Promise)
    assert.equal(sequences(folder).length, FITTING)
    log.committed(8)
    await appended
    assert.deepEqual(sequences(folder), range(2, FITTING + 1))
  })

  test('begins a new segment when the only one is larger than all may be', t => {
    const folder = stateFolder(t)
    const before = new DeadLetterLog(folder)
    before.append(letters(60))
    before.close()
    const log = open(folder, 'drop_oldest')
    log.committed(1)
    void log.append(letters(1, 60))
    log.committed(2)
    void log.append(letters(1, 61))
    log.close()
    assert.deepEqual(sequences(folder), [60, 61])
    assert.equal(readDropped(folder).letters, 60)
  })

  test('leaves the committer in no doubt where the log ends', t => {
    const folder = stateFolder(t)
    const log = open(folder, 'drop_oldest')
    const committed = new CommittedLetters(folder, { position: log.position, length: log.length })
    for (let number = 0; number < 100; number++) {
      void log.append([letter(number)])
      assert.deepEqual(committed.sync(log.length), log.position)
      log.committed(log.position.segment)
    }
    committed.close()
    log.close()
  })

  test('on a disk that fails or dies at any call loses nothing that it has not dropped', t => {
    // The lock is a real file, whatever the disk is.
    const folder = stateFolder(t)
    const fileSystem = new SimulatedFileSystem()
    for (const path of parents(folder)) fileSystem.mkdirSync(path)
    const log = open(folder, 'drop_oldest', [], fileSystem)
    void log.append(letters(1))
    nodeFileSystem.mkdirSync(logFolder(folder), 0o700)
    appendEach(log, FITTING - 1, 1)
    fileSystem.syncAll()
    let crashes = 0
    fileSystem.intercept = (): undefined => {
      for (let seed = 0; seed < 10; seed++) {
        const { damage, stored } = readLog(folder, {}, fileSystem.crash(crashes++))
        const found = stored.map(({ sequence }) => sequence)
        assert.deepEqual(
          damage.filter(({ isTorn }) => !isTorn),
          []
        )
        assert.ok([0, 2].includes(found[0]), `begins with ${found[0]}`)
        for (let number = 2; number < FITTING; number++) assert.ok(found.includes(number))
      }
    }
    void log.append(letters(1, FITTING))
    assert.ok(crashes > 100)
    log.close()
  })
})
