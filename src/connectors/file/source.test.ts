import assert from 'node:assert/strict'
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { UserError, UserErrors } from '../../base/user-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import { collect, collectAll, onlyInput, sourceSetup, systemError, temporaryFolder } from '../test-support.ts'
import { createFileSource, fileSource } from './source.ts'

function open(folder: string, paths: string | string[], outputFiles: string[] = [], fileSystem = nodeFileSystem) {
  const options = fileSource.options.parse(typeof paths === 'string' ? { path: paths } : { paths })
  return createFileSource(fileSystem).open(options, sourceSetup(folder, outputFiles))
}

/** The real file system with some calls replaced, and a count of the descriptors that are open. */
function altered(changes: Partial<FileSystem>): FileSystem & { openCount: number } {
  return {
    ...nodeFileSystem,
    openCount: 0,
    openSync(path, flags) {
      const descriptor = nodeFileSystem.openSync(path, flags)
      this.openCount += 1
      return descriptor
    },
    closeSync(descriptor) {
      nodeFileSystem.closeSync(descriptor)
      this.openCount -= 1
    },
    ...changes
  }
}

describe('file source: which files', () => {
  test('reads files in the order given and the matches of a glob sorted by bytes', async t => {
    const folder = temporaryFolder(t)
    for (const name of ['b.log', 'a.log', 'Z.log', 'é.log', 'last.txt']) writeFileSync(join(folder, name), `${name}\n`)

    const inputs = await collectAll(open(folder, ['last.txt', '*.log']))

    assert.deepEqual(
      inputs.map(({ name }) => name),
      ['last.txt', 'Z.log', 'a.log', 'b.log', 'é.log']
    )
    assert.equal(inputs[1].text, 'Z.log\n')
  })

  test('a glob leaves out what the list names before it; a path that is written twice is read twice', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'a\n')
    writeFileSync(join(folder, 'b.log'), 'b\n')

    const inputs = await collectAll(open(folder, ['b.log', '*.log', 'b.log']))

    assert.deepEqual(
      inputs.map(({ name }) => name),
      ['b.log', 'a.log', 'b.log']
    )
  })

  test('a path with glob characters that exists is that file', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'app[1].log'), 'brackets\n')
    writeFileSync(join(folder, 'app1.log'), 'digit\n')

    assert.deepEqual(await collectAll(open(folder, 'app[1].log')), [{ name: 'app[1].log', text: 'brackets\n' }])
  })

  test('a glob takes regular files, links to them included, and nothing else [C8 C9]', async t => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'folder.log'))
    writeFileSync(join(folder, 'a.txt'), 'text\n')
    symlinkSync('a.txt', join(folder, 'link.log'))

    assert.deepEqual(await collectAll(open(folder, '*.log')), [{ name: 'link.log', text: 'text\n' }])
  })

  test('gives sizes, absolute paths and the bytes read', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'one\n')
    writeFileSync(join(folder, 'b.log'), 'two two\n')

    const source = open(folder, ['a.log', 'b.log'])
    t.after(() => source.close())
    const input = await onlyInput(source)
    assert.equal(source.totalBytes, 12)
    assert.equal(input.sizeBytes, 4)
    assert.equal(input.file, join(folder, 'a.log'))
    await collect(input)
    assert.equal(input.readBytes, 4)
  })

  test('takes path or paths, not both and not neither', () => {
    assert.equal(fileSource.options.safeParse({ path: 'a', paths: ['b'] }).success, false)
    assert.equal(fileSource.options.safeParse({}).success, false)
    assert.equal(fileSource.options.safeParse({ path: 'a', compresion: 'gzip' }).success, false)
  })
})

describe('file source: mistakes that the user can mend', () => {
  const refusals: [what: string, paths: string | string[], message: RegExp][] = [
    [
      'a file that is not there, with the near one',
      'acess.log',
      /^no such file: "acess.log"\. Did you mean "access.log"\?$/
    ],
    ['a file that is not there, with the place', 'x/y.log', /^no such file: "x\/y.log"\. Looked for ".+\/x\/y.log"\.$/],
    ['a folder', 'folder', /^cannot read "folder": it is a folder\. Use a glob such as "folder\/\*\.log"\.$/],
    ['a path through a file', 'access.log/x', /^no such file: "access.log\/x"\. A part of its path is a file/],
    ['globs without a match', ['*.txt', 'b*'], /^no file matches "\*\.txt" and "b\*"\. Looked in ".+"\.$/],
    ['a glob that matches only folders', 'fold*', /^no file matches "fold\*"/],
    ['a link in a circle', 'circle', /^cannot read "circle": too many symbolic links encountered \(ELOOP\)$/],
    ['a control character in a name', 'a\u001b]0;x.log', /^no such file: "a\\u\{1b\}\]0;x\.log"/],
    ['zstd data', 'packed', /^cannot read "packed": it holds zstd data\. Decompress it first/]
  ]
  for (const [what, paths, message] of refusals) {
    test(`refuses ${what}`, t => {
      const folder = temporaryFolder(t)
      writeFileSync(join(folder, 'access.log'), 'line\n')
      writeFileSync(join(folder, 'packed'), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]))
      mkdirSync(join(folder, 'folder'))
      symlinkSync('circle', join(folder, 'circle'))

      assert.throws(
        () => open(folder, paths),
        (error: unknown) => {
          assert.ok(error instanceof UserError)
          assert.match(String(error), message)
          return true
        }
      )
    })
  }

  test('names every mistake, and leaves no file open', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'a\n')
    const fileSystem = altered({})

    assert.throws(
      () => open(folder, ['a.log', 'one', 'two'], [], fileSystem),
      (error: unknown) => error instanceof UserErrors && error.errors.length === 2
    )
    assert.equal(fileSystem.openCount, 0)
  })

  test('a glob without a match is no mistake beside one that has some', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'a\n')

    assert.equal((await collectAll(open(folder, ['*.txt', '*.log']))).length, 1)
  })

  test('a glob without a match beside one that has some is said once, in one line', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'a\n')
    const said: string[] = []
    const setup = { ...sourceSetup(folder), log: (message: string) => void said.push(message) }
    const openWith = (paths: string[], resume?: []): void =>
      createFileSource(nodeFileSystem)
        .open(fileSource.options.parse({ paths }), { ...setup, resume })
        .close()

    openWith(['*.log'])
    assert.deepEqual(said, [])
    openWith(['*.txt', '*.log', 'b*'])
    assert.deepEqual(said, ['warning: no file matches "*.txt" and "b*"; what the others match is read.'])
    openWith(['*.txt', '*.log'], [])
    assert.equal(said.length, 1)
  })

  test('says so when permission is missing [C11]', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'a\n')
    const fileSystem = altered({
      openSync() {
        throw systemError('EACCES')
      }
    })

    assert.throws(() => open(folder, 'a.log', [], fileSystem), /cannot read "a.log": no permission/)
  })

  test('refuses an input that is an output, also through a symbolic or a hard link [C17]', t => {
    const folder = temporaryFolder(t)
    const output = join(folder, 'out.log')
    writeFileSync(output, 'line\n')
    symlinkSync('out.log', join(folder, 'symbolic.log'))
    linkSync(output, join(folder, 'hard.log'))

    for (const name of ['out.log', 'symbolic.log', 'hard.log', '*.log']) {
      assert.throws(
        () => open(folder, name, [join(folder, 'missing'), output]),
        /it is the output ".+out\.log" as well/
      )
    }
  })

  test('refuses to follow compressed files, and to start at the end without following', () => {
    const refusal = (options: object) =>
      fileSource.options.safeParse({ path: 'a.log', ...options }).error?.issues[0].message
    assert.match(String(refusal({ follow: true, compression: 'gzip' })), /^compressed files cannot be followed/)
    assert.match(String(refusal({ start_at: 'end' })), /^start_at: end is for follow: true/)
  })
})

describe('file source: reading', () => {
  test('reads straight to the place it is told', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'abcdef')
    const source = open(folder, 'a.log')
    t.after(() => source.close())
    const input = await onlyInput(source)
    const target = Buffer.from('........')

    assert.equal(input.read(target, 2, 4), 4)
    assert.equal(target.toString(), '..abcd..')
    assert.equal(input.read(target, 0, 8), 2)
    assert.equal(input.read(target, 0, 8), 0)
    assert.equal(target.toString(), 'efabcd..')
  })

  test('reads a file that grows to its end, and takes one that shrank as ended', async t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'a.log')
    writeFileSync(path, 'one\n')
    const source = open(folder, ['a.log', 'a.log'])
    const target = Buffer.alloc(8)
    const grown = await onlyInput(source)
    assert.equal(grown.read(target, 0, 4), 4)
    appendFileSync(path, 'two\n')
    assert.equal((await collect(grown)).text, 'two\n')

    const shrunk = await onlyInput(source)
    assert.equal(shrunk.read(target, 0, 4), 4)
    truncateSync(path, 2)
    assert.equal(shrunk.read(target, 0, 4), 0)
    source.close()
  })

  test('reads what was there at the start, whatever is renamed or deleted since [C15]', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'new\n')
    writeFileSync(join(folder, 'a.log.1'), 'old\n')

    const source = open(folder, 'a.log*')
    renameSync(join(folder, 'a.log'), join(folder, 'a.log.1'))
    rmSync(join(folder, 'a.log.1'))

    assert.deepEqual(await collectAll(source), [
      { name: 'a.log', text: 'new\n' },
      { name: 'a.log.1', text: 'old\n' }
    ])
  })

  test('beyond the files that it holds, a replaced or missing one is an error of its own and the next is read', async t => {
    const folder = temporaryFolder(t)
    const names = Array.from({ length: 19 }, (_, index) => `${index + 10}.log`)
    for (const name of names) writeFileSync(join(folder, name), `${name}\n`)
    const source = open(folder, '*.log')
    t.after(() => source.close())
    writeFileSync(join(folder, 'other'), 'other\n')
    renameSync(join(folder, 'other'), join(folder, '26.log'))
    rmSync(join(folder, '27.log'))

    const outcomes: unknown[] = []
    for (const _ of names) {
      const { text, error } = await collect(await onlyInput(source))
      outcomes.push(error instanceof SourceError ? error.code : text)
    }

    assert.deepEqual(outcomes.slice(15), ['25.log\n', 'FILE_REPLACED', 'ENOENT', '28.log\n'])
  })

  test('after an error in the middle the next read goes on at the same byte [C20]', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.log'), 'abcdefgh')
    let failures = 2
    const fileSystem = altered({
      readSync(descriptor, target, offset, length, position) {
        if (position === 3 && failures-- > 0) throw systemError('EIO')
        return nodeFileSystem.readSync(descriptor, target, offset, length, position)
      }
    })
    const source = open(folder, 'a.log', [], fileSystem)
    t.after(() => source.close())
    const input = await onlyInput(source)
    const target = Buffer.alloc(3)
    assert.equal(input.read(target, 0, 3), 3)

    for (let attempt = 0; attempt < 2; attempt++) {
      assert.throws(
        () => input.read(target, 0, 3),
        (error: unknown) => {
          assert.ok(error instanceof SourceError)
          assert.equal(error.code, 'EIO')
          assert.equal(error.retryable, true)
          assert.equal(error.message, 'cannot read on in "a.log" at byte 3: i/o error (EIO)')
          return true
        }
      )
    }

    assert.equal((await collect(input)).text, 'defgh')
  })

  test('counts positions beyond 2³² exactly [C21]', async t => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'huge.log')
    const size = 5 * 2 ** 30 + 17
    writeFileSync(path, '')
    truncateSync(path, size - 5)
    appendFileSync(path, 'last\n')
    const sliceBytes = 65_521
    let expected = 0
    const fileSystem = altered({
      readSync(descriptor, target, offset, length, position) {
        if (length < sliceBytes) return nodeFileSystem.readSync(descriptor, target, offset, length, position)
        assert.equal(position, expected)
        // The hole itself is not read: that would take seconds and prove nothing more.
        const isNearEnd = expected > size - 2 * sliceBytes
        const count = isNearEnd ? nodeFileSystem.readSync(descriptor, target, offset, length, position) : length
        expected += count
        return count
      }
    })
    const source = open(folder, 'huge.log', [], fileSystem)
    t.after(() => source.close())
    const input = await onlyInput(source)
    const target = Buffer.alloc(sliceBytes)
    let lastCount = 0
    for (;;) {
      const count = input.read(target, 0, sliceBytes) as number
      if (count === 0) break
      lastCount = count
    }

    assert.equal(input.sizeBytes, size)
    assert.equal(input.readBytes, size)
    assert.equal(target.toString('latin1', lastCount - 5, lastCount), 'last\n')
  })

  test('closes every file, the ones never read as well, and only once', async t => {
    const folder = temporaryFolder(t)
    for (const name of ['a.log', 'b.log', 'c.log']) writeFileSync(join(folder, name), 'x\n')
    const fileSystem = altered({})
    const source = open(folder, '*.log', [], fileSystem)
    const input = await onlyInput(source)
    await collect(input)
    await onlyInput(source)

    source.close()
    input.close()
    source.close()

    assert.equal(fileSystem.openCount, 0)
    assert.equal(await input.read(Buffer.alloc(4), 0, 4), 0)
  })
})
