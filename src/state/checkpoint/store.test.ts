import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { UserError } from '../../base/user-error.ts'
import { temporaryFolder } from '../state-fixtures.ts'
import { checkpoint, numberOf } from './checkpoint-fixtures.ts'
import { encodeCheckpoint } from './encoding.ts'
import { readCheckpoint } from './reader.ts'
import { SyncError } from './sync.ts'
import { CheckpointError, CheckpointWriter } from './writer.ts'

function folderWith(t: TestContext, count: number): string {
  const folder = temporaryFolder(t)
  const writer = new CheckpointWriter(folder)
  for (let number = 1; number <= count; number++) writer.write(checkpoint(number))
  return folder
}

function change(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] ^= 1
  writeFileSync(path, bytes)
}

function systemError(code: keyof typeof constants.errno): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code, errno: -constants.errno[code] })
}

describe('the checkpoint of a state folder', () => {
  test('is none before the first one, and then the newest', t => {
    const folder = temporaryFolder(t)
    assert.equal(readCheckpoint(folder), undefined)
    const writer = new CheckpointWriter(folder)
    assert.equal(readCheckpoint(folder), undefined)
    for (let number = 1; number <= 3; number++) {
      writer.write(checkpoint(number))
      assert.deepEqual(readCheckpoint(folder), { checkpoint: checkpoint(number), warning: undefined })
    }
    assert.deepEqual(readdirSync(folder).sort(), ['checkpoint', 'checkpoint.previous'])
    assert.equal(statSync(join(folder, 'checkpoint')).mode & 0o077, 0)
  })

  test('goes on from the one before it when it is damaged or gone, and says so [F8]', t => {
    const folder = folderWith(t, 3)
    change(join(folder, 'checkpoint'), 100)
    const damaged = readCheckpoint(folder)
    assert.equal(numberOf(damaged!.checkpoint), 2)
    assert.match(
      damaged!.warning ?? '',
      /\/checkpoint" is damaged: it has bytes that were changed.* before it, of 2026-01-01T/
    )

    rmSync(join(folder, 'checkpoint'))
    const gone = readCheckpoint(folder)
    assert.equal(numberOf(gone!.checkpoint), 2)
    assert.match(gone!.warning ?? '', /is gone\. The run goes on from the one before it/)
  })

  test('keeps a damaged one for a person, and the good one before it until there is a newer', t => {
    const folder = folderWith(t, 3)
    change(join(folder, 'checkpoint'), 100)
    const damaged = readFileSync(join(folder, 'checkpoint'))

    const writer = new CheckpointWriter(folder)
    assert.equal(numberOf(readCheckpoint(folder)!.checkpoint), 2)
    writer.write(checkpoint(4))

    assert.deepEqual(readFileSync(join(folder, 'checkpoint.damaged')), damaged)
    assert.deepEqual(readCheckpoint(folder), { checkpoint: checkpoint(4), warning: undefined })
    change(join(folder, 'checkpoint'), 100)
    assert.equal(numberOf(readCheckpoint(folder)!.checkpoint), 2)
  })

  test('is an error that names the file and the way out when there is no whole one', t => {
    const folder = folderWith(t, 1)
    change(join(folder, 'checkpoint'), 100)
    assertUserError(() => readCheckpoint(folder), /\/checkpoint" is damaged: .*there is none before it.*--fresh/)

    const two = folderWith(t, 2)
    writeFileSync(join(two, 'checkpoint'), '')
    writeFileSync(join(two, 'checkpoint.previous'), 'x')
    assertUserError(
      () => readCheckpoint(two),
      /it is empty, and the one before it, .*previous", is damaged too.*--fresh/
    )
  })

  test('is an error when a newer Linescope wrote it, even with an older one beside it', t => {
    const folder = folderWith(t, 2)
    writeFileSync(join(folder, 'checkpoint'), encodeCheckpoint(checkpoint(3), 2))
    assertUserError(
      () => readCheckpoint(folder),
      /written by a newer Linescope: it has version 2, .* knows 1\..*--fresh/
    )
  })

  test('is an error when it cannot be read', t => {
    const folder = folderWith(t, 1)
    const blind: FileSystem = {
      ...nodeFileSystem,
      openSync() {
        throw systemError('EACCES')
      }
    }
    assertUserError(() => readCheckpoint(folder, blind), /cannot be read: permission denied \(EACCES\)/)
  })

  test('is forgotten for a fresh start, with everything beside it', t => {
    const folder = folderWith(t, 3)
    writeFileSync(join(folder, 'checkpoint.damaged'), 'x')
    const writer = new CheckpointWriter(folder)
    writer.forget()
    assert.deepEqual(readdirSync(folder), [])
    assert.equal(readCheckpoint(folder), undefined)
    writer.write(checkpoint(9))
    assert.deepEqual(readdirSync(folder), ['checkpoint'])
  })
})

describe('writing a checkpoint', () => {
  test('takes away what an unfinished write left', t => {
    const folder = folderWith(t, 2)
    writeFileSync(join(folder, 'checkpoint.tmp'), 'half of a check')
    assert.equal(numberOf(readCheckpoint(folder)!.checkpoint), 2)
    new CheckpointWriter(folder)
    assert.equal(existsSync(join(folder, 'checkpoint.tmp')), false)
  })

  test('that fails leaves the old one, and can be tried again when waiting may help [F2 F4]', t => {
    const folder = temporaryFolder(t)
    for (const call of ['openSync', 'writeSync', 'renameSync', 'linkSync', 'closeSync'] as const) {
      for (const code of ['ENOSPC', 'EIO', 'EROFS'] as const) {
        let isBroken = false
        const fileSystem: FileSystem = {
          ...nodeFileSystem,
          [call](...parameters: never[]) {
            if (isBroken && call !== 'closeSync') throw systemError(code)
            const result = Reflect.apply(nodeFileSystem[call], nodeFileSystem, parameters)
            if (isBroken) throw systemError(code)
            return result
          }
        }
        const writer = new CheckpointWriter(folder, fileSystem)
        writer.write(checkpoint(1))
        isBroken = true
        assert.throws(
          () => writer.write(checkpoint(2)),
          (error: CheckpointError) => error instanceof CheckpointError && error.canTryAgain === (code !== 'EROFS')
        )
        isBroken = false
        assert.equal(numberOf(readCheckpoint(folder)!.checkpoint), 1, call)
        writer.write(checkpoint(3))
        assert.equal(numberOf(readCheckpoint(folder)!.checkpoint), 3, call)
      }
    }
  })

  test('is over after a failed sync, which is never tried again [F4]', t => {
    const folder = temporaryFolder(t)
    let syncs = 0
    let failAt = 3
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      fsyncSync(descriptor) {
        if (++syncs === failAt) throw systemError('EIO')
        nodeFileSystem.fsyncSync(descriptor)
      }
    }
    for (const [last, path] of [
      [3, /checkpoint\.tmp"/],
      [4, /"/]
    ] as const) {
      syncs = 0
      failAt = last
      const writer = new CheckpointWriter(folder, fileSystem)
      writer.write(checkpoint(1))
      const failure = (error: unknown): boolean => {
        assert.ok(error instanceof SyncError)
        assert.match(error.message, /could not be made durable: i\/o error \(EIO\).* never tried again.*--resume/)
        assert.match(error.message, path)
        return true
      }
      assert.throws(() => writer.write(checkpoint(2)), failure)
      assert.throws(() => writer.write(checkpoint(3)), failure)
      assert.throws(() => writer.forget(), failure)
      assert.equal(syncs, last)
    }
  })

  test('works where files have only one name, then without the one before it', t => {
    const folder = temporaryFolder(t)
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      linkSync() {
        throw systemError('EPERM')
      }
    }
    const writer = new CheckpointWriter(folder, fileSystem)
    for (let number = 1; number <= 3; number++) writer.write(checkpoint(number))
    assert.deepEqual(readdirSync(folder), ['checkpoint'])
    assert.equal(numberOf(readCheckpoint(folder)!.checkpoint), 3)
  })
})

function assertUserError(work: () => unknown, text: RegExp): void {
  assert.throws(work, (error: unknown) => {
    assert.ok(error instanceof UserError)
    assert.match(String(error), text)
    return true
  })
}
