import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { nodeFileSystem } from '../../base/file-system.ts'
import { systemError } from '../test-support.ts'
import { filesIn, makeInbox, nextInput, open, put, readOne, runAll, UNPROCESSED } from './test-support.ts'

describe('folder source: when a file is complete', () => {
  test('temporary names are left alone until they are renamed [C14]', async t => {
    const folder = makeInbox(t)
    put(folder, {
      'a.log.tmp': 'a\n',
      '.b.log.x8Zq1b': 'b\n',
      'c.part': 'c\n',
      'd.bak': 'd\n',
      'e.txt': 'e\n',
      'f.log': 'f\n'
    })
    const options = { pattern: '*.log*', ignore: ['*.bak'] }
    assert.deepEqual(
      (await runAll(open(t, folder, { options }))).map(({ text }) => text),
      ['f\n']
    )
    renameSync(join(folder, UNPROCESSED, 'a.log.tmp'), join(folder, UNPROCESSED, 'a.log'))
    renameSync(join(folder, UNPROCESSED, '.b.log.x8Zq1b'), join(folder, UNPROCESSED, 'b.log'))
    const texts = (await runAll(open(t, folder, { options }))).map(({ text }) => text)
    assert.deepEqual(texts.sort(), ['a\n', 'b\n'])
    assert.deepEqual(Object.keys(filesIn(folder, 'unprocessed')), ['c.part', 'd.bak', 'e.txt'])
  })

  test('a file that was moved in is taken at once, one that is being written when it has come to rest [C14]', async t => {
    const folder = makeInbox(t)
    put(folder, { 'written.log': 'half' })
    writeFileSync(join(folder, 'moved.log'), 'moved\n')
    await sleep(50)
    renameSync(join(folder, 'moved.log'), join(folder, UNPROCESSED, 'moved.log'))
    const { source } = open(t, folder, { options: { settle: '1.5s' } })

    assert.equal((await readOne(await nextInput(source))).text, 'moved\n')
    source.committed!(0)
    const next = nextInput(source)
    await sleep(700)
    appendFileSync(join(folder, UNPROCESSED, 'written.log'), ' a line\n')
    assert.equal((await readOne(await next)).text, 'half a line\n')
  })

  test('an empty file is not taken for complete because it was made a moment ago', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': '' })
    chmodSync(join(folder, UNPROCESSED, 'a.log'), 0o600)
    const { source } = open(t, folder, { options: { settle: '400ms' } })
    const next = nextInput(source)
    await sleep(50)
    assert.deepEqual(Object.keys(filesIn(folder, 'unprocessed')), ['a.log'])
    assert.equal((await readOne(await next)).text, '')
  })

  test('times in the future or long ago change nothing [C16]', async t => {
    const folder = makeInbox(t)
    put(folder, { 'future.log': 'f\n', 'past.log': 'p\n' })
    utimesSync(join(folder, UNPROCESSED, 'future.log'), 9e9, 9e9)
    utimesSync(join(folder, UNPROCESSED, 'past.log'), 0, 0)
    // A clock that was set back by an hour.
    const clock = {
      wallNanoseconds: () => BigInt(Date.now() - 3_600_000) * 1_000_000n,
      monotonicMilliseconds: () => performance.now()
    }
    const settings = { options: { settle: '100ms', order: 'name' as const }, system: { clock } }
    const inputs = await runAll(open(t, folder, settings))
    assert.deepEqual(inputs.map(({ text }) => text).sort(), ['f\n', 'p\n'])
  })

  test('what a writer adds while the file is read belongs to it, and is told of [C14]', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'one\n' })
    const path = join(folder, UNPROCESSED, 'a.log')
    utimesSync(path, 1_000, 1_000)
    const { source, messages } = open(t, folder, { options: { settle: '300ms' } })
    const input = await nextInput(source)
    const moved = join(folder, 'inbox', 'underprocess', 'a.log')
    appendFileSync(moved, 'two\n')
    const reading = readOne(input)
    await sleep(100)
    appendFileSync(moved, 'three\n')
    assert.equal((await reading).text, 'one\ntwo\nthree\n')
    assert.match(messages[0], /^"inbox\/unprocessed\/a\.log" is still being written: it is read on until/)
    source.committed!(0)
    assert.deepEqual(filesIn(folder, 'processed'), { 'a.log': 'one\ntwo\nthree\n' })
  })

  test('what is added after the end was read is not lost: the file goes to quarantine, which is said [C14]', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'one\n' })
    const { source, messages } = open(t, folder)
    assert.equal((await readOne(await nextInput(source))).text, 'one\n')
    appendFileSync(join(folder, 'inbox', 'underprocess', 'a.log'), 'two\n')
    source.committed!(0)
    const quarantined = filesIn(folder, 'quarantine')
    assert.equal(quarantined['a.log'], 'one\ntwo\n')
    assert.match(quarantined['a.log.error'], /it had 4 bytes then and has 8 now\.\nWhat was written since has not been/)
    assert.match(messages.join('\n'), /was written to after it had been read/)
  })

  test('a file that comes later is found by the watch, and without one by looking again [C12]', async t => {
    for (const watches of [true, false]) {
      const folder = makeInbox(t)
      const watch = () => {
        throw systemError('ENOSPC')
      }
      const options = { exit_when_empty: false, rescan: watches ? '1h' : '50ms' }
      const { source, messages } = open(t, folder, { options, system: watches ? {} : { watch } })
      const next = nextInput(source)
      await sleep(50)
      put(folder, { 'a.log': 'late\n' })
      assert.equal((await readOne(await next)).text, 'late\n')
      assert.equal(
        messages.some(message => /cannot watch .*no space left.*every 50 ms/.test(message)),
        !watches
      )
      source.close()
    }
  })

  test('a watched folder that is taken away and made anew is watched again [C11]', async t => {
    const folder = makeInbox(t)
    const { source, messages } = open(t, folder, { options: { exit_when_empty: false } })
    const next = nextInput(source)
    rmSync(join(folder, UNPROCESSED), { recursive: true })
    await sleep(150)
    assert.match(messages.join('\n'), /cannot look through "inbox\/unprocessed": no such file or directory/)
    mkdirSync(join(folder, UNPROCESSED))
    put(folder, { 'a.log': 'again\n' })
    assert.equal((await readOne(await next)).text, 'again\n')
  })
})

describe('folder source: what is no file to read', () => {
  test('links, pipes, sockets and folders are skipped with one message each, and never block [C8] [C9]', async t => {
    const folder = makeInbox(t)
    const inFolder = (name: string) => join(folder, UNPROCESSED, name)
    writeFileSync(join(folder, 'secret'), 'secret\n')
    symlinkSync(join(folder, 'secret'), inFolder('link'))
    symlinkSync('loop', inFolder('loop'))
    execFileSync('mkfifo', [inFolder('pipe')])
    mkdirSync(inFolder('folder.log'))
    const server = createServer().listen(inFolder('socket'))
    t.after(() => server.close())
    put(folder, { 'a.log': 'a\n' })

    const opened = open(t, folder)
    const inputs = await runAll(opened)
    assert.deepEqual(
      inputs.map(({ text }) => text),
      ['a\n']
    )
    const said = opened.messages.filter(message => message.startsWith('skipped')).sort()
    assert.deepEqual(said, [
      'skipped "inbox/unprocessed/folder.log": it is a folder; files in it are not read',
      'skipped "inbox/unprocessed/link": it is a symbolic link; links are not followed',
      'skipped "inbox/unprocessed/loop": it is a symbolic link; links are not followed',
      'skipped "inbox/unprocessed/pipe": it is a pipe, not a file',
      'skipped "inbox/unprocessed/socket": it is a socket, not a file'
    ])
    assert.match(opened.messages.at(-1)!, /^left 5 in "inbox\/unprocessed"/)
  })

  test('a link that takes the place of a file after it was looked at is not followed [C8]', async t => {
    const folder = makeInbox(t)
    writeFileSync(join(folder, 'secret'), 'secret\n')
    put(folder, { 'a.log': 'a\n' })
    const path = join(folder, UNPROCESSED, 'a.log')
    const fileSystem = {
      ...nodeFileSystem,
      renameSync(from: string | Buffer, to: string) {
        if (from === path) {
          rmSync(path)
          symlinkSync(join(folder, 'secret'), path)
        }
        nodeFileSystem.renameSync(from, to)
      }
    }
    const opened = open(t, folder, { system: { fileSystem } })
    const [input] = await runAll(opened)
    assert.equal(input.text, '')
    assert.match(opened.messages.join('\n'), /cannot be opened: .*\(ELOOP\)/)
    const names = readdirSync(join(folder, 'inbox', 'quarantine'))
    assert.deepEqual(names.sort(), ['a.log', 'a.log.error'])
  })

  test('a file that may not be read is told of once, stays, and is taken once it may be [C11]', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a\n' })
    let isAllowed = false
    // Root may read everything, so the answer of the system is made.
    const fileSystem = {
      ...nodeFileSystem,
      accessSync(path: string | Buffer, mode: number) {
        if (!isAllowed && String(path).endsWith('a.log')) throw systemError('EACCES')
        nodeFileSystem.accessSync(path, mode)
      }
    }
    const { source, messages } = open(t, folder, { options: { exit_when_empty: false }, system: { fileSystem } })
    const next = nextInput(source)
    await sleep(200)
    assert.equal(messages.filter(message => /a\.log.*permission denied.*taken once it can be/.test(message)).length, 1)
    isAllowed = true
    assert.equal((await readOne(await next)).text, 'a\n')
  })

  test('a file that vanishes before its turn is nobody’s loss', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a\n', 'b.log': 'b\n' })
    const path = join(folder, UNPROCESSED, 'a.log')
    const fileSystem = {
      ...nodeFileSystem,
      renameSync(from: string | Buffer, to: string) {
        if (from === path) rmSync(path, { force: true })
        nodeFileSystem.renameSync(from, to)
      }
    }
    const inputs = await runAll(open(t, folder, { system: { fileSystem } }))
    assert.deepEqual(
      inputs.map(({ text }) => text),
      ['b\n']
    )
  })

  test('names with newlines, quotes, emoji, 255 bytes and bytes that are no UTF-8 are read [C10]', async t => {
    const folder = makeInbox(t)
    const long = `${'x'.repeat(251)}.log`
    const names = ['new\nline', 'esc\u001b[2J', '"quoted"', '%2e%2e', '🎉.log', '-rf', 'space ', long]
    for (const name of names) put(folder, { [name]: `${JSON.stringify(name)}\n` })
    const odd = Buffer.concat([Buffer.from(join(folder, UNPROCESSED, '/')), Buffer.from([0xff]), Buffer.from('.log')])
    writeFileSync(odd, 'odd\n')
    const opened = open(t, folder)
    const texts = (await runAll(opened)).map(({ text }) => text)
    assert.deepEqual(texts.sort(), [...names.map(name => `${JSON.stringify(name)}\n`), 'odd\n'].sort())
    assert.deepEqual(Object.keys(filesIn(folder, 'processed')).sort(), [...names, '%FF.log'].sort())
  })

  test('a hard link is a file like any other; an output of the pipeline is not read [C8] [C17]', async t => {
    const folder = makeInbox(t)
    writeFileSync(join(folder, 'out.log'), 'out\n')
    linkSync(join(folder, 'out.log'), join(folder, UNPROCESSED, 'a.log'))
    const opened = open(t, folder, { outputFiles: [join(folder, 'out.log')] })
    assert.deepEqual(await runAll(opened), [])
    assert.match(opened.messages[0], /skipped "inbox\/unprocessed\/a\.log": it is the output ".*out\.log" of this/)
  })
})
