import assert from 'node:assert/strict'
import fs, { appendFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { nodeFileSystem } from '../../base/file-system.ts'
import { temporaryFolder } from '../test-support.ts'
import { follow, Turns } from './follow-fixtures.ts'
import { systemFollowTools } from './follow-tools.ts'
import { createFileSource } from './source.ts'

const MEBIBYTE = 1024 * 1024

describe('following files: turns', () => {
  test('a line is given out when its newline has come, and others are read meanwhile [A3]', async t => {
    const { source, path, tools } = follow(t, {
      options: { paths: ['a.log', 'b.log'] },
      before(path) {
        writeFileSync(path('a.log'), 'whole\nhalf')
        writeFileSync(path('b.log'), '')
      }
    })
    const turns = await new Turns(source).read()
    assert.equal(turns.text('a.log'), 'whole\n')
    for (let line = 0; line < 3; line++) {
      appendFileSync(path('b.log'), `${line}\n`)
      tools.notify(path('b.log'))
      await turns.read()
    }
    assert.equal(turns.text('b.log'), '0\n1\n2\n')
    appendFileSync(path('a.log'), ' and half\n')
    tools.notify(path('a.log'))
    await turns.read()
    assert.equal(turns.text('a.log'), 'whole\nhalf and half\n')
  })

  test('files with much to read take turns of about 1 MiB that end behind a newline', async t => {
    const line = `${'x'.repeat(999)}\n`
    const { source } = follow(t, {
      options: { paths: ['*.log'] },
      before(path) {
        for (const name of ['a.log', 'b.log', 'c.log']) writeFileSync(path(name), line.repeat(3 * 1049))
      }
    })
    const { texts } = await new Turns(source).read()
    assert.deepEqual(
      texts.slice(0, 9).map(({ name }) => name),
      ['a.log', 'b.log', 'c.log', 'a.log', 'b.log', 'c.log', 'a.log', 'b.log', 'c.log']
    )
    for (const { text } of texts) {
      assert.ok(text.length <= MEBIBYTE + 256 * 1024)
      assert.ok(text.endsWith('\n'))
    }
    assert.equal(
      texts.reduce((sum, { text }) => sum + text.length, 0),
      3 * 3 * 1049 * 1000
    )
  })

  test('one file alone is one turn however long it is', async t => {
    const { source } = follow(t, {
      options: { path: 'a.log' },
      before: path => writeFileSync(path('a.log'), `${'x'.repeat(999)}\n`.repeat(4000))
    })
    const { texts } = await new Turns(source).read()
    assert.equal(texts.length, 1)
    assert.equal(texts[0].text.length, 4_000_000)
  })

  test('a line longer than a turn goes on to its newline; without one it is not held', async t => {
    const long = `${'x'.repeat(3 * MEBIBYTE)}\n`
    const { source, path, tools } = follow(t, {
      options: { paths: ['a.log', 'b.log'] },
      before(path) {
        writeFileSync(path('a.log'), 'y'.repeat(3 * MEBIBYTE))
        writeFileSync(path('b.log'), `${long}short\n`)
      }
    })
    const turns = await new Turns(source).read()
    assert.deepEqual(
      turns.texts.map(({ name, text }) => [name, text.length]),
      [['b.log', long.length + 6]]
    )
    appendFileSync(path('a.log'), '\n')
    tools.notify(path('a.log'))
    await turns.read()
    assert.equal(turns.text('a.log').length, 3 * MEBIBYTE + 1)
  })

  test('tells where each turn begins: file, number, offset, lines before, line end', async t => {
    const { source, path, tools } = follow(t, {
      options: { paths: ['a.log', 'b.log'] },
      before: path => writeFileSync(path('a.log'), 'one\r\ntwo\r\n')
    })
    const turns = await new Turns(source).read()
    writeFileSync(path('b.log'), 'b\n')
    tools.notify(path('b.log'))
    await turns.read()
    appendFileSync(path('a.log'), 'three\n')
    tools.notify(path('a.log'))
    await turns.read()
    const { ino, dev } = fs.statSync(path('a.log'))
    const [first, , last] = turns.texts.map(({ input }) => input)
    assert.deepEqual(first.start, { offset: 0, lineNumber: 0, lineEnd: '\n' })
    assert.deepEqual(last.start, { offset: 10, lineNumber: 2, lineEnd: '\r\n' })
    assert.deepEqual(
      turns.texts.map(({ input }) => input.sourceNumber),
      [0, 1, 0]
    )
    assert.equal(last.file, path('a.log'))
    assert.deepEqual(last.stored, { device: String(dev), inode: String(ino), isCompressed: false })
    assert.equal(last.canReadAgain, true)
  })

  test('what is left of a deleted file cannot be read again', async t => {
    const { source, path, tools } = follow(t, {
      options: { paths: ['a.log', 'b.log'] },
      before(path) {
        for (const name of ['a.log', 'b.log']) writeFileSync(path(name), 'first\n')
      }
    })
    const turns = await new Turns(source).read()
    appendFileSync(path('a.log'), 'last\n')
    unlinkSync(path('a.log'))
    tools.pass(1001)
    await turns.read()
    assert.equal(turns.text('a.log'), 'first\nlast\n')
    assert.equal(turns.texts.at(-1)!.input.canReadAgain, false)
  })

  test('closing ends a read that waits, and gives all descriptors back', async t => {
    let openCount = 0
    const fileSystem = {
      ...nodeFileSystem,
      openSync: (...call: Parameters<typeof nodeFileSystem.openSync>) => {
        openCount++
        return nodeFileSystem.openSync(...call)
      },
      closeSync(descriptor: number) {
        openCount--
        nodeFileSystem.closeSync(descriptor)
      }
    }
    const { source } = follow(t, {
      options: { path: '*.log' },
      fileSystem,
      before(path) {
        for (const name of ['a.log', 'b.log']) writeFileSync(path(name), 'line\n')
      }
    })
    const turns = await new Turns(source).read()
    const input = turns.texts.at(-1)!.input
    const waiting = input.read(Buffer.alloc(10), 0, 10)
    assert.ok(openCount > 0)
    input.close()
    source.close()
    assert.equal(await waiting, 0)
    assert.equal(await source.next(), undefined)
    assert.equal(openCount, 0)
  })
})

describe('following files: noticing', () => {
  test('a line is noticed when the system tells of it, long before anybody looks', async t => {
    const folder = temporaryFolder(t)
    const file = `${folder}/a.log`
    writeFileSync(file, '')
    // Nothing is looked at by the clock: only notices are left.
    const tools = { ...systemFollowTools(nodeFileSystem), after: () => () => {} }
    const definition = createFileSource(nodeFileSystem, tools)
    const options = definition.options.parse({ path: 'a.log', follow: true })
    const source = definition.open(options, { baseFolder: folder, outputFiles: [] })
    t.after(() => source.close())
    const next = source.next()
    appendFileSync(file, 'lone line\n')
    const input = (await next)!
    const target = Buffer.alloc(100)
    assert.equal(target.toString('utf8', 0, await input.read(target, 0, 100)), 'lone line\n')
    const more = input.read(target, 0, 100)
    appendFileSync(file, 'another\n')
    assert.equal(target.toString('utf8', 0, await more), 'another\n')
  })

  test('without any notice everything is found within a second [C12]', async t => {
    const { source, path, tools } = follow(t, {
      options: { paths: ['a.log', '*.txt'] },
      before: path => writeFileSync(path('a.log'), 'one\n')
    })
    const turns = await new Turns(source).read()
    tools.pass(20_000)
    appendFileSync(path('a.log'), 'two\n')
    writeFileSync(path('new.txt'), 'new\n')
    tools.pass(1001)
    await turns.read()
    assert.equal(turns.text('a.log'), 'one\ntwo\n')
    assert.equal(turns.text('new.txt'), 'new\n')
  })

  test('when notices do not work it says so once and looks by the clock [C12]', async t => {
    const failure = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 })
    const { source, path, tools, messages } = follow(t, {
      options: { paths: ['a/*.log', 'b/*.log'] },
      tools: manual => ({
        fileSystem: manual.fileSystem,
        now: () => manual.now(),
        after: (milliseconds, act) => manual.after(milliseconds, act),
        watchFolder() {
          throw failure
        }
      }),
      before(path) {
        for (const name of ['a', 'b']) {
          fs.mkdirSync(path(name))
          writeFileSync(path(`${name}/x.log`), 'one\n')
        }
      }
    })
    const turns = await new Turns(source).read()
    appendFileSync(path('b/x.log'), 'two\n')
    tools.pass(3000)
    await turns.read()
    assert.equal(turns.text('b/x.log'), 'one\ntwo\n')
    assert.equal(messages.filter(message => message.startsWith('the system tells of no changes')).length, 1)
    assert.match(messages[0], /no space left on device \(ENOSPC\)/)
  })

  test('thousands of idle files are looked at in parts, so that a second costs the same', async t => {
    let stats = 0
    const fileSystem = {
      ...nodeFileSystem,
      statSync(path: string) {
        stats++
        return nodeFileSystem.statSync(path)
      }
    }
    const { source, path, tools } = follow(t, {
      options: { path: '*.log' },
      fileSystem,
      before(path) {
        for (let file = 0; file < 2500; file++) writeFileSync(path(`${file}.log`), 'line\n')
      }
    })
    const turns = await new Turns(source).read()
    assert.equal(new Set(turns.texts.map(({ name }) => name)).size, 2500)
    tools.pass(10_000)
    stats = 0
    tools.pass(10_000)
    assert.ok(stats < 10 * 1100, `${stats} files were looked at in ten seconds`)
    appendFileSync(path('2345.log'), 'more\n')
    tools.pass(3000)
    assert.equal((await turns.read()).text('2345.log'), 'line\nmore\n')
  })
})

describe('following files: rotation', () => {
  test('a file that was renamed is over when nothing came for the time given, not before [C1]', async t => {
    const { source, path, tools, messages } = follow(t, {
      options: { path: 'a.log', rotated_wait: '10s' },
      before: path => writeFileSync(path('a.log'), 'one\n')
    })
    const turns = await new Turns(source).read()
    renameSync(path('a.log'), path('a.log.1'))
    writeFileSync(path('a.log'), 'new\n')
    tools.pass(8000)
    appendFileSync(path('a.log.1'), 'late\n')
    tools.pass(8000)
    appendFileSync(path('a.log.1'), 'without newline')
    tools.pass(8000)
    await turns.read()
    assert.equal(
      turns.texts.some(({ endsFile }) => endsFile === true),
      false
    )
    tools.pass(12_000)
    await turns.read()
    assert.equal(turns.texts.filter(({ endsFile }) => endsFile === true).length, 1)
    assert.equal(
      turns.texts
        .filter(({ input }) => input.sourceNumber === 0)
        .map(({ text }) => text)
        .join(''),
      'one\nlate\nwithout newline'
    )
    assert.ok(messages[0].startsWith('"a.log" was renamed or replaced'))
  })

  test('a truncated file begins again as another one, and what may be lost is said once [C3]', async t => {
    const { source, path, tools, messages } = follow(t, {
      options: { path: 'a.log' },
      before: path => writeFileSync(path('a.log'), 'one\ntwo\n')
    })
    const turns = await new Turns(source).read()
    truncateSync(path('a.log'))
    appendFileSync(path('a.log'), 'new\n')
    tools.notify(path('a.log'))
    await turns.read()
    assert.deepEqual(
      turns.texts.map(({ text, endsFile, input }) => [input.sourceNumber, input.start?.offset, text, endsFile]),
      [
        [0, 0, 'one\ntwo\n', true],
        [1, 0, 'new\n', undefined]
      ]
    )
    assert.deepEqual(messages, [
      '"a.log" was truncated or written anew: it is read from its beginning. ' +
        'What came after byte 8 and was not read before that is lost.'
    ])
  })

  test('the same bytes after a truncation are read again when it was seen, and otherwise not [C5]', async t => {
    const { source, path, tools } = follow(t, {
      options: { path: 'a.log' },
      before: path => writeFileSync(path('a.log'), 'one\ntwo\n')
    })
    const turns = await new Turns(source).read()
    truncateSync(path('a.log'))
    tools.pass(1001)
    await turns.read()
    writeFileSync(path('a.log'), 'one\ntwo\n')
    tools.pass(1001)
    await turns.read()
    assert.equal(turns.text('a.log'), 'one\ntwo\n'.repeat(2))
    truncateSync(path('a.log'))
    writeFileSync(path('a.log'), 'one\ntwo\nthree\n')
    tools.pass(1001)
    await turns.read()
    assert.equal(turns.text('a.log'), `${'one\ntwo\n'.repeat(2)}three\n`)
  })

  test('a hole of NUL bytes that a writer leaves after a truncation is passed over and said [C3]', async t => {
    const { source, path, tools, messages } = follow(t, {
      options: { path: 'a.log' },
      before: path => writeFileSync(path('a.log'), 'one\ntwo\n')
    })
    const turns = await new Turns(source).read()
    truncateSync(path('a.log'))
    const descriptor = fs.openSync(path('a.log'), 'r+')
    fs.writeSync(descriptor, 'three\n', 8)
    fs.closeSync(descriptor)
    tools.pass(1001)
    await turns.read()
    assert.deepEqual(turns.texts.at(-1)!.input.start, { offset: 8, lineNumber: 0, lineEnd: '\n' })
    assert.equal(turns.texts.at(-1)!.text, 'three\n')
    assert.equal(messages[1], '"a.log": 8 NUL bytes at its start are a hole that its writer left.')
  })

  test('positions beyond 4 GiB are exact [C21]', async t => {
    const { source, path, tools } = follow(t, {
      options: { path: 'a.log', start_at: 'end' },
      before(path) {
        const descriptor = fs.openSync(path('a.log'), 'w')
        fs.writeSync(descriptor, 'end\npart', 2 ** 32 - 4)
        fs.closeSync(descriptor)
      }
    })
    appendFileSync(path('a.log'), 'ial\nnext\n')
    tools.pass(1001)
    const { texts } = await new Turns(source).read()
    assert.equal(texts[0].input.start?.offset, 2 ** 32)
    assert.equal(texts[0].text, 'partial\nnext\n')
  })
})
