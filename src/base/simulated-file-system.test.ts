import assert from 'node:assert/strict'
import { constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { type FileSystem, nodeFileSystem } from './file-system.ts'
import { seededRandom } from './simulated-disk-fixtures.ts'
import { type Fault, SimulatedFileSystem } from './simulated-file-system-fixtures.ts'
import { systemErrorCode } from './system-error.ts'

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND } = constants

function withFile(text: string): { fileSystem: SimulatedFileSystem; descriptor: number } {
  const fileSystem = new SimulatedFileSystem()
  fileSystem.put('/file', text)
  fileSystem.syncAll()
  return { fileSystem, descriptor: fileSystem.openSync('/file', O_RDWR | O_APPEND) }
}

function write(fileSystem: FileSystem, descriptor: number, text: string): number {
  const bytes = Buffer.from(text)
  return fileSystem.writeSync(descriptor, bytes, 0, bytes.length)
}

/** What a file may hold after a crash now, over many seeds. */
function outcomes(fileSystem: SimulatedFileSystem, path = '/file', seeds = 300): Set<string | undefined> {
  return new Set(Array.from({ length: seeds }, (_, seed) => fileSystem.crash(seed).bytesOf(path)?.toString('latin1')))
}

function syncFolder(fileSystem: FileSystem, path: string): void {
  const descriptor = fileSystem.openSync(path, O_RDONLY)
  fileSystem.fsyncSync(descriptor)
  fileSystem.closeSync(descriptor)
}

function hasCode(code: string): (error: unknown) => boolean {
  return error => systemErrorCode(error) === code
}

describe('a simulated file system', () => {
  test('does what a real one does, errors included', t => {
    const folder = mkdtempSync(join(tmpdir(), 'linescope-base-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const flags = [O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND, O_WRONLY | O_CREAT, O_RDWR | O_CREAT | O_EXCL]
    const modes = [...flags, O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT | O_APPEND]
    const paths = ['a', 'b', 'c', 'd', 'd/a', 'd/b', 'e/a', 'a/b']
    for (let seed = 0; seed < 40; seed++) {
      const root = join(folder, String(seed))
      const simulated = new SimulatedFileSystem()
      nodeFileSystem.mkdirSync(root, 0o700)
      simulated.mkdirSync('/root')
      const real = play(nodeFileSystem, root, seed)
      const played = play(simulated, '/root', seed)
      for (const [step, outcome] of real.entries()) {
        assert.deepEqual(
          played[step],
          outcome,
          `seed ${seed}, step ${step}: ${JSON.stringify([played[step], outcome])}`
        )
      }
    }

    function play(fileSystem: FileSystem, root: string, seed: number): unknown[] {
      const random = seededRandom(seed)
      const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]
      const open: number[] = []
      const outcome: unknown[] = []
      for (let step = 0; step < 150; step++) {
        const [path, other, mode] = [join(root, one(paths)), join(root, one(paths)), one(modes)]
        const [choice, which, size] = [random(), Math.floor(random() * open.length), Math.floor(random() * 3000)]
        outcome.push(attempt(() => act(fileSystem, open, { path, other, mode, choice, which, size })))
      }
      for (const descriptor of open) fileSystem.closeSync(descriptor)
      return outcome
    }
  })

  test('never undoes a synced name by an older change of it', () => {
    const fileSystem = new SimulatedFileSystem()
    for (const path of ['/a', '/b']) fileSystem.mkdirSync(path)
    fileSystem.put('/a/file', 'text')
    fileSystem.syncAll()
    fileSystem.closeSync(fileSystem.openSync('/b/file', O_WRONLY | O_CREAT | O_EXCL))
    fileSystem.renameSync('/a/file', '/b/file')

    syncFolder(fileSystem, '/a')
    syncFolder(fileSystem, '/b')

    assert.deepEqual(outcomes(fileSystem, '/b/file'), new Set(['text']))
    assert.deepEqual(outcomes(fileSystem, '/a/file'), new Set([undefined]))
  })

  test('keeps what was synced, and of the rest any part', () => {
    const { fileSystem, descriptor } = withFile('a')
    assert.deepEqual(outcomes(fileSystem), new Set(['a']))
    write(fileSystem, descriptor, 'b')
    // The length without the byte: a zero.
    assert.deepEqual(outcomes(fileSystem), new Set(['a', 'ab', 'a\0']))
    fileSystem.fdatasyncSync(descriptor)
    assert.deepEqual(outcomes(fileSystem), new Set(['ab']))
    fileSystem.ftruncateSync(descriptor, 0)
    assert.deepEqual(outcomes(fileSystem), new Set(['', 'ab']))
    assert.equal(fileSystem.bytesOf('/file')?.toString(), '')
  })

  test('loses each sector by itself', () => {
    const { fileSystem, descriptor } = withFile('')
    write(fileSystem, descriptor, 'x'.repeat(512 * 3))
    const kept = new Set(
      [...outcomes(fileSystem)].filter(text => text?.length === 1536).map(text => text?.replace(/(.)\1{511}/gs, '$1'))
    )
    assert.equal(kept.size, 8)
  })

  test('keeps names only by a sync of the folder, each by itself, a renaming as a whole', () => {
    const fileSystem = new SimulatedFileSystem()
    const descriptor = fileSystem.openSync('/new', O_WRONLY | O_CREAT)
    write(fileSystem, descriptor, 'text')
    fileSystem.fsyncSync(descriptor)
    assert.deepEqual(outcomes(fileSystem, '/new'), new Set([undefined, 'text']))
    syncFolder(fileSystem, '/')
    assert.deepEqual(outcomes(fileSystem, '/new'), new Set(['text']))

    fileSystem.renameSync('/new', '/newer')
    fileSystem.mkdirSync('/folder')
    const found = new Set(
      Array.from({ length: 200 }, (_, seed) => fileSystem.crash(seed).readdirSync('/').sort().join(' '))
    )
    assert.deepEqual(found, new Set(['new', 'newer', 'folder new', 'folder newer']))
    fileSystem.unlinkSync('/newer')
    syncFolder(fileSystem, '/')
    assert.deepEqual(fileSystem.crash(1).readdirSync('/'), ['folder'])
  })

  test('crashes the same way for the same seed, and goes on itself', () => {
    const { fileSystem, descriptor } = withFile('a')
    for (let at = 0; at < 20; at++) write(fileSystem, descriptor, 'x'.repeat(400))
    for (let seed = 0; seed < 20; seed++) {
      assert.deepEqual(fileSystem.crash(seed).bytesOf('/file'), fileSystem.crash(seed).bytesOf('/file'))
    }
    assert.equal(fileSystem.bytesOf('/file')?.length, 8001)
  })

  test('keeps a file with two names one file', () => {
    const { fileSystem } = withFile('a')
    fileSystem.linkSync('/file', '/second')
    syncFolder(fileSystem, '/')
    const after = fileSystem.crash(1)
    write(after, after.openSync('/file', O_WRONLY | O_APPEND), 'b')
    assert.equal(after.bytesOf('/second')?.toString(), 'ab')
    assert.equal(after.statSync('/second').ino, after.statSync('/file').ino)
  })

  test('takes what has room, then says that the disk is full, and goes on when there is room', () => {
    const { fileSystem, descriptor } = withFile('aa')
    fileSystem.capacityBytes = 5
    assert.equal(write(fileSystem, descriptor, 'bbbbb'), 3)
    assert.throws(() => write(fileSystem, descriptor, 'b'), hasCode('ENOSPC'))
    fileSystem.capacityBytes = 6
    assert.equal(write(fileSystem, descriptor, 'bb'), 1)
    fileSystem.ftruncateSync(descriptor, 0)
    assert.equal(write(fileSystem, descriptor, 'cccc'), 4)
    assert.equal(fileSystem.bytesOf('/file')?.toString(), 'cccc')
  })

  test('fails where a test wants it to, and writes less where it wants that', () => {
    const { fileSystem, descriptor } = withFile('')
    const calls: string[] = []
    fileSystem.intercept = ({ name, path }): Fault => {
      calls.push(`${name} ${path}`)
      return calls.length === 1 ? { error: 'EIO' } : { bytes: 2 }
    }
    assert.throws(() => write(fileSystem, descriptor, 'abc'), hasCode('EIO'))
    assert.equal(write(fileSystem, descriptor, 'abc'), 2)
    assert.deepEqual(calls, ['write /file', 'write /file'])
    assert.equal(fileSystem.bytesOf('/file')?.toString(), 'ab')
  })

  test('never brings to the disk what a failed sync was to bring there', () => {
    const { fileSystem, descriptor } = withFile('a')
    write(fileSystem, descriptor, 'b')
    fileSystem.intercept = ({ name }) => (name === 'fdatasync' ? { error: 'EIO' } : undefined)
    assert.throws(() => fileSystem.fdatasyncSync(descriptor), hasCode('EIO'))
    fileSystem.intercept = () => undefined
    assert.equal(fileSystem.bytesOf('/file')?.toString(), 'ab')
    write(fileSystem, descriptor, 'c')
    fileSystem.fdatasyncSync(descriptor)
    assert.deepEqual(outcomes(fileSystem), new Set(['a\0c']))
  })
})

interface Step {
  readonly path: string
  readonly other: string
  readonly mode: number
  readonly choice: number
  readonly which: number
  readonly size: number
}

function act(fileSystem: FileSystem, open: number[], { path, other, mode, choice, which, size }: Step): unknown {
  if (choice < 0.3) return open.push(fileSystem.openSync(path, mode, 0o600))
  if (choice < 0.34) return fileSystem.mkdirSync(path, 0o700)
  if (choice < 0.4) return fileSystem.unlinkSync(path)
  if (choice < 0.45) return fileSystem.renameSync(path, other)
  if (choice < 0.5) return fileSystem.linkSync(path, other)
  if (choice < 0.55) return fileSystem.readdirSync(path).sort()
  if (choice < 0.6) return fileSystem.statSync(path).isDirectory()
  if (open.length === 0) return undefined
  const descriptor = open[which]
  if (choice < 0.8) return fileSystem.writeSync(descriptor, Buffer.alloc(size, size), 0, size)
  if (choice < 0.85) return fileSystem.ftruncateSync(descriptor, size)
  if (choice < 0.9) return fileSystem.fsyncSync(descriptor)
  if (choice < 0.93) return fileSystem.closeSync(open.splice(which, 1)[0])
  const target = Buffer.alloc(size)
  const count = fileSystem.readSync(descriptor, target, 0, size, choice < 0.96 ? null : 1000)
  return [count, target.toString('latin1')]
}

/** What a call returned, or the code of its error. */
function attempt(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return systemErrorCode(error) ?? error
  }
}
