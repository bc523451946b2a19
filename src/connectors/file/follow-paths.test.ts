import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { UserError } from '../../base/user-error.ts'
import { systemError } from '../test-support.ts'
import { follow, Turns } from './follow-fixtures.ts'

describe('following files: what is followed', () => {
  test('what is no regular file is passed over with one message each, and blocks nothing [C9]', async t => {
    const { source, tools, messages, folder } = follow(t, {
      options: { path: '*.log' },
      before(path) {
        mkdirSync(path('folder.log'))
        execFileSync('mkfifo', [path('pipe.log')])
        symlinkSync('/dev/zero', path('device.log'))
        symlinkSync('loop.log', path('loop.log'))
        symlinkSync('nowhere', path('broken.log'))
        writeFileSync(path('plain.log'), 'plain\n')
      }
    })
    const server = createServer().listen(`${folder}/socket.log`)
    t.after(() => server.close())
    await new Promise(resolve => server.once('listening', resolve))
    tools.pass(10_000)
    const turns = await new Turns(source).read()
    assert.deepEqual(
      turns.texts.map(({ name, text }) => [name, text]),
      [['plain.log', 'plain\n']]
    )
    const rest = 'It is passed over until that changes.'
    assert.deepEqual(messages.sort(), [
      `cannot follow "device.log": it is a device. ${rest}`,
      `cannot follow "folder.log": it is a folder. ${rest}`,
      `cannot follow "pipe.log": it is a pipe. ${rest}`,
      `cannot follow "socket.log": it is a socket. ${rest}`,
      `cannot read "loop.log": too many symbolic links encountered (ELOOP). ${rest}`
    ])
  })

  test('a path that names such a thing is refused at the start', t => {
    const refused = (path: string, message: RegExp) =>
      assert.throws(
        () =>
          follow(t, {
            options: { path },
            outputFiles: folder => [`${folder}/out.log`],
            before(path) {
              mkdirSync(path('folder'))
              execFileSync('mkfifo', [path('pipe')])
              writeFileSync(path('out.log'), '')
            }
          }),
        (error: unknown) => error instanceof UserError && message.test(String(error))
      )
    refused('folder', /^cannot follow "folder": it is a folder\. Use a glob such as "folder\/\*\.log"\.$/)
    refused('pipe', /^cannot follow "pipe": it is a pipe\. Read it with follow: false\.$/)
    refused('out.log', /^cannot follow "out\.log": it is the output ".+out\.log" as well\. Write to another file\.$/)
  })

  test('a path or folder that is not there yet is waited for, and that is said once', async t => {
    const { source, path, tools, messages } = follow(t, { options: { paths: ['later/a.log', 'later/*.txt'] } })
    tools.pass(10_000)
    assert.equal(messages.length, 1)
    assert.match(messages[0], /^no file matches "later\/a\.log" and "later\/\*\.txt" yet: what appears there is read/)
    mkdirSync(path('later'))
    writeFileSync(path('later/a.log'), 'a\n')
    writeFileSync(path('later/b.txt'), 'b\n')
    tools.pass(1001)
    const turns = await new Turns(source).read()
    assert.equal(turns.text('later/a.log') + turns.text('later/b.txt'), 'a\nb\n')
    assert.equal(messages.length, 1)
  })

  test('an output among the matches is not read, also when it appears later [C17]', async t => {
    const { source, path, tools, messages } = follow(t, {
      options: { path: '*.log' },
      outputFiles: folder => [`${folder}/out.log`],
      before: path => writeFileSync(path('in.log'), 'in\n')
    })
    writeFileSync(path('out.log'), 'out\n')
    tools.pass(5000)
    const turns = await new Turns(source).read()
    assert.deepEqual(
      turns.texts.map(({ text }) => text),
      ['in\n']
    )
    assert.equal(messages.length, 1)
    assert.match(messages[0], /^cannot follow "out\.log": it is the output/)
  })

  test('compressed files among the matches are passed over with one message, whatever their names', async t => {
    const { source, path, tools, messages } = follow(t, {
      options: { path: '*' },
      before(path) {
        writeFileSync(path('a.log'), 'a\n')
        writeFileSync(path('old.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 10, 10]))
        writeFileSync(path('z.log'), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 10, 10]))
      }
    })
    const turns = await new Turns(source).read()
    appendFileSync(path('old.gz'), 'more\n')
    tools.pass(3000)
    await turns.read()
    assert.deepEqual(
      turns.texts.map(({ name }) => name),
      ['a.log']
    )
    assert.deepEqual(messages, [
      'cannot follow "old.gz": it holds gzip data. It is passed over; read it with follow: false.',
      'cannot follow "z.log": it holds zstd data. It is passed over; read it with follow: false.'
    ])
  })

  test('names with odd characters are read, and one that is not UTF-8 is named once [C10]', async t => {
    const names = [
      'new\nline.log',
      '😀.log',
      '"quote".log',
      '%2e%2e.log',
      '-dash.log',
      ' space .log',
      `${'x'.repeat(251)}.log`
    ]
    const { source, tools, messages } = follow(t, {
      options: { path: '*.log' },
      before(path) {
        for (const name of names) writeFileSync(path(name), 'text\n')
        writeFileSync(
          Buffer.concat([Buffer.from(path('x')).subarray(0, -1), Buffer.from([0xff]), Buffer.from('.log')]),
          'text\n'
        )
      }
    })
    tools.pass(5000)
    const turns = await new Turns(source).read()
    assert.deepEqual(turns.texts.map(({ name }) => name).sort(), names.sort())
    assert.deepEqual(messages, [
      'cannot follow "\ufffd.log": its name is not valid UTF-8. It is passed over; rename the file.'
    ])
  })

  test('start_at: end gives only what is added, whole lines, and new files from their beginning', async t => {
    const { source, path, tools } = follow(t, {
      options: { paths: ['a.log', '*.txt'], start_at: 'end' },
      before(path) {
        writeFileSync(path('a.log'), 'old\nhalf')
        writeFileSync(path('b.txt'), 'old\n')
      }
    })
    appendFileSync(path('a.log'), ' and half\n')
    writeFileSync(path('c.txt'), 'new\n')
    tools.pass(1001)
    const turns = await new Turns(source).read()
    assert.equal(turns.text('a.log'), 'half and half\n')
    assert.equal(turns.text('b.txt'), '')
    assert.equal(turns.text('c.txt'), 'new\n')
    assert.deepEqual(turns.texts[0].input.start, { offset: 4, lineNumber: 0, lineEnd: '\n' })
  })
})

describe('following files: what fails for a while', () => {
  test('a file that may not be read is tried again, with one message [C11]', async t => {
    let isAllowed = false
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      openSync(...call) {
        if (!isAllowed) throw systemError('EACCES')
        return nodeFileSystem.openSync(...call)
      }
    }
    const { source, tools, messages } = follow(t, {
      options: { path: 'a.log' },
      fileSystem,
      before: path => writeFileSync(path('a.log'), 'a\n')
    })
    tools.pass(20_000)
    assert.deepEqual(messages, ['cannot read "a.log": no permission. It is passed over until that changes.'])
    isAllowed = true
    tools.pass(1001)
    assert.equal((await new Turns(source).read()).text('a.log'), 'a\n')
  })

  test('a read that fails is tried again from the same byte, and others go on [C20]', async t => {
    let failing: string | undefined = 'EIO'
    let descriptorOfA = -1
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      openSync(path, flags) {
        const descriptor = nodeFileSystem.openSync(path, flags)
        if (path.endsWith('a.log')) descriptorOfA = descriptor
        return descriptor
      },
      readSync(descriptor, ...call) {
        if (descriptor === descriptorOfA && failing !== undefined) throw systemError('EIO')
        return nodeFileSystem.readSync(descriptor, ...call)
      }
    }
    const { source, tools, messages } = follow(t, {
      options: { paths: ['a.log', 'b.log'] },
      fileSystem,
      before(path) {
        for (const name of ['a.log', 'b.log']) writeFileSync(path(name), `${name}\n`)
      }
    })
    const turns = await new Turns(source).read()
    tools.pass(60_000)
    await turns.read()
    assert.equal(turns.text('b.log'), 'b.log\n')
    assert.deepEqual(messages, ['cannot read on in "a.log" at byte 0: i/o error (EIO). It is tried again.'])
    failing = undefined
    tools.pass(11_000)
    await turns.read()
    assert.equal(turns.text('a.log'), 'a.log\n')
    assert.equal(messages[1], '"a.log" can be read again.')
  })

  test('a stale handle of a network file system is opened anew [C20]', async t => {
    const stale = new Set<number>()
    let last = -1
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      openSync(...call) {
        last = nodeFileSystem.openSync(...call)
        stale.delete(last)
        return last
      },
      fstatSync(descriptor) {
        if (stale.has(descriptor)) throw systemError('ESTALE')
        return nodeFileSystem.fstatSync(descriptor)
      },
      readSync(descriptor, ...call) {
        if (stale.has(descriptor)) throw systemError('ESTALE')
        return nodeFileSystem.readSync(descriptor, ...call)
      }
    }
    const { source, path, tools } = follow(t, {
      options: { path: 'a.log' },
      fileSystem,
      before: path => writeFileSync(path('a.log'), 'one\n')
    })
    const turns = await new Turns(source).read()
    stale.add(last)
    appendFileSync(path('a.log'), 'two\n')
    tools.pass(1001)
    await turns.read()
    tools.pass(1001)
    assert.equal((await turns.read()).text('a.log'), 'one\ntwo\n')
  })

  test('with few descriptors the least recently used files are closed and opened again [C13]', async t => {
    const open = new Set<number>()
    let most = 0
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      openSync(...call) {
        if (open.size >= 20) throw systemError('EMFILE')
        const descriptor = nodeFileSystem.openSync(...call)
        open.add(descriptor)
        most = Math.max(most, open.size)
        return descriptor
      },
      closeSync(descriptor) {
        open.delete(descriptor)
        nodeFileSystem.closeSync(descriptor)
      }
    }
    const { source, path, tools, messages } = follow(t, {
      options: { path: '*.log' },
      fileSystem,
      before(path) {
        for (let file = 0; file < 200; file++) writeFileSync(path(`${file}.log`), `${file}\n`)
      }
    })
    const turns = await new Turns(source).read()
    for (let file = 0; file < 200; file += 7) {
      appendFileSync(path(`${file}.log`), 'more\n')
      if (file % 14 === 0) {
        renameSync(path(`${file}.log`), path(`${file}.old`))
        writeFileSync(path(`${file}.log`), 'new\n')
      }
    }
    tools.pass(3000)
    await turns.read()
    for (let file = 0; file < 200; file++) {
      const more = file % 7 === 0 ? 'more\n' : ''
      assert.equal(turns.text(`${file}.log`), `${file}\n${more}${file % 14 === 0 ? 'new\n' : ''}`)
    }
    assert.equal(most, 20)
    assert.ok(messages.every(message => message.includes('was renamed or replaced')))
  })

  test('a closed file that is deleted with bytes unread is named, with the place [C13]', async t => {
    const { source, path, tools, messages } = follow(t, {
      options: { path: '*.log' },
      fileSystem: limited(3),
      before(path) {
        for (let file = 0; file < 8; file++) writeFileSync(path(`${file}.log`), 'line\n')
      }
    })
    const turns = await new Turns(source).read()
    appendFileSync(path('0.log'), 'unread\n')
    unlinkSync(path('0.log'))
    tools.pass(2000)
    await turns.read()
    assert.match(
      messages[0],
      /^"0\.log" is gone from ".+"; it was closed to make room, and what came after byte 5 is not read\.$/
    )
    assert.equal(turns.texts.find(({ name, endsFile }) => name === '0.log' && endsFile === true)?.text, '')
  })
})

function limited(limit: number): FileSystem {
  const open = new Set<number>()
  return {
    ...nodeFileSystem,
    openSync(...call) {
      if (open.size >= limit) throw systemError('EMFILE')
      const descriptor = nodeFileSystem.openSync(...call)
      open.add(descriptor)
      return descriptor
    },
    closeSync(descriptor) {
      open.delete(descriptor)
      nodeFileSystem.closeSync(descriptor)
    }
  }
}
