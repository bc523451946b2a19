import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { UserError } from '../../base/user-error.ts'
import { SinkError } from '../../sdk/errors.ts'
import type { Sink } from '../../sdk/sink.ts'
import { sinkSetup, systemError, temporaryFolder } from '../test-support.ts'
import { createFileSink, fileSink } from './sink.ts'

interface Settings {
  readonly path?: string
  readonly mode?: 'auto' | 'append' | 'replace' | 'refuse' | undefined
  readonly replace?: boolean
  readonly isContinued?: boolean
  readonly fileSystem?: FileSystem
  blockThread?(milliseconds: number): void
}

interface SynchronousSink extends Sink {
  write(bytes: Uint8Array): void
  close(): void
}

function open(folder: string, settings: Settings = {}): SynchronousSink {
  const { path = 'out.log', mode, fileSystem = nodeFileSystem, ...setup } = settings
  const options = fileSink.options.parse({ path, mode })
  return createFileSink(fileSystem).open(options, sinkSetup(folder, setup))
}

function writeAndClose(folder: string, text: string, settings: Settings = {}): string {
  const sink = open(folder, settings)
  sink.write(Buffer.from(text))
  sink.close()
  const written = readFileSync(join(folder, settings.path ?? 'out.log'), 'latin1')
  assert.equal(sink.length, written.length)
  return written
}

/** A disk with room for so many bytes: short counts first, then the error, as Node shows a full one. */
function smallDisk(room: { bytes: number }): FileSystem {
  return {
    ...nodeFileSystem,
    writeSync(descriptor, bytes, offset, length) {
      const count = Math.min(length, room.bytes)
      if (count === 0) throw systemError('ENOSPC')
      room.bytes -= count
      return nodeFileSystem.writeSync(descriptor, bytes, offset, count)
    }
  }
}

describe('file sink', () => {
  test('makes the file, with the permissions that the umask leaves', t => {
    const folder = temporaryFolder(t)
    const old = process.umask(0o027)
    t.after(() => process.umask(old))

    assert.equal(writeAndClose(folder, 'one\ntwo\n'), 'one\ntwo\n')
    assert.equal(statSync(join(folder, 'out.log')).mode & 0o777, 0o640)
  })

  const modes: [mode: Settings['mode'], replace: boolean, expected: string][] = [
    ['auto', true, 'new\n'],
    ['auto', false, 'old\nnew\n'],
    ['append', true, 'old\nnew\n'],
    ['replace', false, 'new\n']
  ]
  for (const [mode, replace, expected] of modes) {
    test(`mode ${mode} ${expected === 'new\n' ? 'replaces' : 'appends'} when replace is ${replace}`, t => {
      const folder = temporaryFolder(t)
      writeFileSync(join(folder, 'out.log'), 'old\n')

      assert.equal(writeAndClose(folder, 'new\n', { mode, replace }), expected)
    })
  }

  test('mode refuse takes a new file and refuses one that exists, even an empty one [F12]', t => {
    const folder = temporaryFolder(t)
    assert.equal(writeAndClose(folder, 'new\n', { mode: 'refuse' }), 'new\n')

    assert.throws(() => open(folder, { mode: 'refuse' }), /^cannot write "out.log": it exists already/)
    assert.equal(readFileSync(join(folder, 'out.log'), 'latin1'), 'new\n')
  })

  for (const mode of ['replace', 'refuse', 'auto'] as const) {
    test(`a run that goes on appends, with mode ${mode} as well`, t => {
      const folder = temporaryFolder(t)
      writeFileSync(join(folder, 'out.log'), 'before\nhalf')

      const written = writeAndClose(folder, ' a line\n', { mode, replace: true, isContinued: true })

      assert.equal(written, 'before\nhalf a line\n')
    })
  }

  test('does not glue its first line to a line without an end [F12]', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'out.log'), 'no end')

    open(folder).close()
    assert.equal(readFileSync(join(folder, 'out.log'), 'latin1'), 'no end')

    const sink = open(folder)
    assert.equal(sink.length, 6)
    sink.write(Buffer.from('one\n'))
    sink.write(Buffer.from('two\n'))
    assert.equal(sink.length, 15)
    assert.equal(readFileSync(join(folder, 'out.log'), 'latin1'), 'no end\none\ntwo\n')
    sink.close()
  })

  test('what others append stays, and a file that is emptied gets no hole', t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'out.log')
    const sink = open(folder)
    sink.write(Buffer.from('one\n'))
    appendFileSync(path, 'other\n')
    sink.write(Buffer.from('two\n'))
    assert.equal(readFileSync(path, 'latin1'), 'one\nother\ntwo\n')

    truncateSync(path)
    sink.write(Buffer.from('three\n'))
    assert.equal(readFileSync(path, 'latin1'), 'three\n')
    sink.close()
  })

  test('takes any byte, and names its file absolutely', t => {
    const folder = temporaryFolder(t)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
    const sink = open(folder)
    sink.write(bytes)
    sink.close()

    assert.deepEqual(readFileSync(join(folder, 'out.log')), bytes)
    assert.equal(fileSink.file?.(fileSink.options.parse({ path: 'out.log' }), folder), join(folder, 'out.log'))
  })
})

describe('file sink: mistakes that the user can mend', () => {
  const refusals: [what: string, path: string, message: RegExp][] = [
    [
      'a missing folder',
      'no/out.log',
      /^cannot write "no\/out.log": there is no folder ".+\/no"\. Make it first: mkdir -p ".+\/no"$/
    ],
    ['a folder', 'folder', /^cannot write "folder": it is a folder\. Name a file in it, such as "folder\/out\.log"\.$/],
    ['a path that ends as a folder', 'folder/', /^cannot write "folder\/": it is a folder\. .+"folder\/out\.log"\.$/],
    [
      'a path through a file',
      'file/out.log',
      /^cannot write "file\/out.log": a part of its path is a file, not a folder$/
    ],
    ['a name that is too long', 'x'.repeat(300), /: name too long \(ENAMETOOLONG\)$/],
    ['a link in a circle', 'circle', /: too many symbolic links encountered \(ELOOP\)$/]
  ]
  for (const [what, path, message] of refusals) {
    test(`refuses ${what}`, t => {
      const folder = temporaryFolder(t)
      mkdirSync(join(folder, 'folder'))
      writeFileSync(join(folder, 'file'), '')
      symlinkSync('circle', join(folder, 'circle'))

      assert.throws(
        () => open(folder, { path }),
        (error: unknown) => {
          assert.ok(error instanceof UserError)
          assert.match(String(error), message)
          return true
        }
      )
    })
  }

  for (const [code, message] of [
    ['EACCES', /no permission\. Allow writing in/],
    ['EROFS', /its file system is read-only/],
    ['ENOSPC', /no space left on device \(ENOSPC\)/]
  ] as const) {
    test(`says what ${code} means [F6]`, t => {
      const fileSystem: FileSystem = {
        ...nodeFileSystem,
        openSync() {
          throw systemError(code)
        }
      }
      assert.throws(
        () => open(temporaryFolder(t), { fileSystem }),
        (error: unknown) => error instanceof UserError && message.test(String(error))
      )
    })
  }

  test('refuses a pipe that nothing reads instead of waiting for ever', t => {
    const folder = temporaryFolder(t)
    execFileSync('mkfifo', [join(folder, 'pipe')])

    assert.throws(() => open(folder, { path: 'pipe' }), /nothing reads this pipe/)
  })
})

describe('file sink: writes that do not go through', () => {
  test('a full disk keeps an exact count, and the rest goes in when there is room [F1]', t => {
    const folder = temporaryFolder(t)
    const room = { bytes: 10 }
    const sink = open(folder, { fileSystem: smallDisk(room) })
    sink.write(Buffer.from('one\n'))
    const bytes = Buffer.from('two\nthree\nfour\n')
    let inFile = 0

    for (const more of [0, 3, 0]) {
      room.bytes += more
      assert.throws(
        () => sink.write(bytes.subarray(inFile)),
        (error: unknown) => {
          assert.ok(error instanceof SinkError)
          assert.equal(error.code, 'ENOSPC')
          assert.equal(error.retryable, true)
          assert.equal(error.message, 'cannot write "out.log": no space left on device (ENOSPC)')
          inFile += error.bytesWritten
          return true
        }
      )
      assert.equal(sink.length, 4 + inFile)
      assert.equal(statSync(join(folder, 'out.log')).size, 4 + inFile)
    }
    assert.equal(inFile, 9)
    room.bytes = 1000
    sink.write(bytes.subarray(inFile))

    assert.equal(readFileSync(join(folder, 'out.log'), 'latin1'), 'one\ntwo\nthree\nfour\n')
    sink.close()
  })

  test('a full disk at the newline before the first line counts none of the caller’s bytes', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'out.log'), 'no end')
    const room = { bytes: 0 }
    const sink = open(folder, { fileSystem: smallDisk(room) })
    const bytes = Buffer.from('one\n')

    assert.throws(() => sink.write(bytes), { code: 'ENOSPC', bytesWritten: 0 })
    room.bytes = 3
    assert.throws(() => sink.write(bytes), { code: 'ENOSPC', bytesWritten: 2 })
    room.bytes = 2
    sink.write(bytes.subarray(2))

    assert.equal(readFileSync(join(folder, 'out.log'), 'latin1'), 'no end\none\n')
    sink.close()
  })

  test('the kernel’s own full device is reported as one [F1]', t => {
    const sink = open(temporaryFolder(t), { path: '/dev/full', mode: 'append' })
    t.after(() => sink.close())

    assert.equal(sink.length, undefined)
    assert.throws(() => sink.write(Buffer.from('line\n')), { name: 'SinkError', code: 'ENOSPC', bytesWritten: 0 })
  })

  test('an error that waiting does not mend is not retryable', t => {
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      writeSync() {
        throw systemError('EFBIG')
      }
    }
    const sink = open(temporaryFolder(t), { fileSystem })
    t.after(() => sink.close())

    assert.throws(() => sink.write(Buffer.from('line\n')), { code: 'EFBIG', retryable: false, bytesWritten: 0 })
  })

  test('an error at closing is not swallowed, and closing again does nothing', t => {
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      closeSync(descriptor) {
        nodeFileSystem.closeSync(descriptor)
        throw systemError('EDQUOT')
      }
    }
    const sink = open(temporaryFolder(t), { fileSystem })

    assert.throws(() => sink.close(), { name: 'SinkError', code: 'EDQUOT' })
    sink.close()
  })

  test('waits for the reader of a pipe, and says EPIPE when it has left [C22]', async t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const reader = spawn('sh', ['-c', '(sleep 0.2; head -c 300000 >/dev/null; sleep 0.1) < "$1"', 'sh', path])
    t.after(() => reader.kill('SIGKILL'))
    const gone = new Promise(resolve => reader.on('exit', resolve))
    let waits = 0
    let sink: ReturnType<typeof open> | undefined
    while (sink === undefined) {
      try {
        sink = open(folder, { path: 'pipe', blockThread: pass(() => waits++) })
      } catch {
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    }
    sink.write(Buffer.alloc(300_000))
    await gone

    assert.ok(waits > 0)
    assert.throws(() => sink.write(Buffer.from('line\n')), { name: 'SinkError', code: 'EPIPE', retryable: false })
    sink.close()
  })
})

function pass(count: () => void): (milliseconds: number) => void {
  return milliseconds => {
    count()
    const until = performance.now() + milliseconds
    while (performance.now() < until);
  }
}

describe('a file that was renamed or deleted under the sink', () => {
  test('has all lines up to the reopening, and the new one those after it [F11]', t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'out.log')
    const sink = open(folder)
    sink.write(Buffer.from('one\n'))
    const before = sink.identity
    renameSync(path, `${path}.1`)
    sink.write(Buffer.from('two\n'))
    sink.reopen?.()
    assert.equal(sink.length, 0)
    assert.notEqual(sink.identity, before)
    sink.write(Buffer.from('three\n'))
    rmSync(path)
    sink.reopen?.()
    sink.write(Buffer.from('four\n'))
    sink.close()
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'one\ntwo\n')
    assert.equal(readFileSync(path, 'utf8'), 'four\n')
  })

  test('goes on behind what is in the new one, on a line of its own', t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'out.log')
    const sink = open(folder)
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'half a line')
    sink.reopen?.()
    assert.equal(sink.length, 11)
    sink.write(Buffer.from('whole\n'))
    sink.close()
    assert.equal(readFileSync(path, 'utf8'), 'half a line\nwhole\n')
  })

  test('stays the one that is written when its path leads to no file', t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'out.log')
    const sink = open(folder)
    renameSync(path, `${path}.1`)
    mkdirSync(path)
    assert.throws(() => sink.reopen?.(), /it is a folder/)
    rmSync(path, { recursive: true })
    execFileSync('mkfifo', [path])
    assert.throws(() => sink.reopen?.(), UserError)
    sink.write(Buffer.from('still\n'))
    sink.close()
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'still\n')
  })
})
