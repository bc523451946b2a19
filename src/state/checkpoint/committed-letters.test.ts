import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { SimulatedFileSystem } from '../../base/simulated-file-system-fixtures.ts'
import type { LogPosition } from '../dead-letter-log/layout.ts'
import { letters, readLog } from '../dead-letter-log/log-fixtures.ts'
import { DeadLetterLog } from '../dead-letter-log/writer.ts'
import { CommittedLetters } from './committed-letters.ts'
import { SyncError } from './sync.ts'

const STATE = '/state'
/** A segment takes a few letters. */
const OPTIONS = { segmentBytes: 900 }

/** Appends and commits, and at every call looks at what a power failure would leave. */
function commitLetters(fileSystem: SimulatedFileSystem, seeds: number): number {
  fileSystem.mkdirSync(STATE)
  fileSystem.syncAll()
  const log = new DeadLetterLog(STATE, fileSystem, OPTIONS)
  const committer = new CommittedLetters(STATE, log, fileSystem)
  let committed: { readonly position: LogPosition; readonly count: number } = { position: log.position, count: 0 }
  let calls = 0
  const crash = (): undefined => {
    calls++
    for (let seed = 0; seed < seeds; seed++) {
      const after = fileSystem.crash(calls * seeds + seed)
      new DeadLetterLog(STATE, after, OPTIONS).cutTo(committed.position)
      const found = readLog(STATE, { committed: committed.position }, after)
      assert.deepEqual(found.damage, [])
      assert.deepEqual(found.letters, letters(committed.count))
    }
  }
  fileSystem.intercept = crash
  let count = 0
  for (const step of [1, 2, 1, 0, 9, 3]) {
    log.append(letters(step, count))
    count += step
    assert.deepEqual(committer.sync(log.length), log.position)
    committed = { position: log.position, count }
    crash()
  }
  committer.close()
  log.close()
  assert.ok(committed.position.segment > 3)
  return calls
}

describe('the committer of dead letters', () => {
  test('loses none that it committed to a power failure at any call, in no segment [E2]', () => {
    assert.ok(commitLetters(new SimulatedFileSystem(), 20) > 40)
  })

  test('tells where an older snapshot stood, though the log has gone on', () => {
    const fileSystem = new SimulatedFileSystem()
    fileSystem.mkdirSync(STATE)
    const log = new DeadLetterLog(STATE, fileSystem, OPTIONS)
    log.append(letters(1))
    const committer = new CommittedLetters(STATE, log, fileSystem)
    const snapshots: { readonly length: number; readonly position: LogPosition }[] = []
    for (let number = 1; number < 12; number++) {
      snapshots.push({ length: log.length, position: log.position })
      log.append(letters(1, number))
    }
    assert.ok(log.position.segment > 3)
    for (const { length, position } of snapshots) assert.deepEqual(committer.sync(length), position)
  })

  test('is caught when it leaves out a sync: of the bytes, of the names', () => {
    class WithoutBytes extends SimulatedFileSystem {
      override fdatasyncSync(): void {}
    }
    class WithoutNames extends SimulatedFileSystem {
      override fsyncSync(): void {}
    }
    assert.throws(() => commitLetters(new WithoutBytes(), 20))
    assert.throws(() => commitLetters(new WithoutNames(), 20))
  })

  test('syncs nothing when there is nothing new', () => {
    const fileSystem = new SimulatedFileSystem()
    fileSystem.mkdirSync(STATE)
    const log = new DeadLetterLog(STATE, fileSystem)
    const committer = new CommittedLetters(STATE, log, fileSystem)
    const calls: string[] = []
    const note = ({ name }: { readonly name: string }): undefined => {
      if (name.includes('sync')) calls.push(name)
    }
    fileSystem.intercept = note
    committer.sync(log.length)
    assert.deepEqual(calls, [])
    log.append(letters(1))
    committer.sync(log.length)
    log.append(letters(1, 1))
    calls.length = 0
    committer.sync(log.length)
    committer.sync(log.length)
    assert.deepEqual(calls, ['fdatasync'])
  })

  test('says that a sync failed [F4]', () => {
    const fileSystem = new SimulatedFileSystem()
    fileSystem.mkdirSync(STATE)
    const log = new DeadLetterLog(STATE, fileSystem)
    const committer = new CommittedLetters(STATE, log, fileSystem)
    log.append(letters(1))
    fileSystem.intercept = ({ name }) => (name === 'fdatasync' ? { error: 'EIO' } : undefined)
    assert.throws(() => committer.sync(log.length), SyncError)
  })
})
