import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import { nodeFileSystem } from '../../base/file-system.ts'
import { UserError } from '../../base/user-error.ts'
import { folderSource } from './source.ts'
import { filesIn, makeInbox, nextInput, open, positionOf, put, readOne, runAll, UNPROCESSED } from './test-support.ts'

function refusal(t: TestContext, folder: string, settings: Parameters<typeof open>[2]): UserError {
  try {
    open(t, folder, settings)
  } catch (error) {
    assert.ok(error instanceof UserError, String(error))
    return error
  }
  throw new Error('it was not refused')
}

describe('folder source: the way of a file', () => {
  test('each file is an input of its own and moves on when it is committed, not before', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a\n', 'b.log': 'b1\nb2\n' })
    const { source, released } = open(t, folder, { options: { order: 'name' } })

    const first = await nextInput(source)
    assert.deepEqual(await readOne(first), { name: 'inbox/unprocessed/a.log', number: 0, text: 'a\n' })
    assert.deepEqual(Object.keys(filesIn(folder, 'underprocess')), ['a.log', 'b.log'])
    const second = await nextInput(source)
    assert.deepEqual(await readOne(second), { name: 'inbox/unprocessed/b.log', number: 1, text: 'b1\nb2\n' })
    assert.deepEqual(filesIn(folder, 'processed'), {})

    source.committed!(0)
    assert.deepEqual(filesIn(folder, 'processed'), { 'a.log': 'a\n' })
    source.committed!(1)
    assert.equal(await source.next(), undefined)
    assert.deepEqual(filesIn(folder, 'processed'), { 'a.log': 'a\n', 'b.log': 'b1\nb2\n' })
    assert.deepEqual(filesIn(folder, 'underprocess'), {})
    // The last one stays in the checkpoint, so that its number is not given to another file.
    assert.deepEqual(released, [0])
  })

  test('a file that was deleted or kept after it was read, as the option says', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a\n' })
    await runAll(open(t, folder, { options: { after: 'delete' } }))
    for (const role of ['unprocessed', 'underprocess', 'processed']) assert.deepEqual(filesIn(folder, role), {})
  })

  test('ends only when all that it has read is committed', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a\n' })
    const { source } = open(t, folder)
    await readOne(await nextInput(source))

    let hasEnded = false
    const end = Promise.resolve(source.next()).then(input => {
      hasEnded = true
      return input
    })
    await sleep(150)
    assert.equal(hasEnded, false)
    source.committed!(0)
    assert.equal(await end, undefined)
  })

  test('the oldest file comes first, or the first by name', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'young\n', 'b.log': 'old\n', 'c.log': 'older\n' })
    utimesSync(join(folder, UNPROCESSED, 'b.log'), 2_000, 2_000)
    utimesSync(join(folder, UNPROCESSED, 'c.log'), 1_000, 1_000)
    const texts = (await runAll(open(t, folder))).map(({ text }) => text)
    assert.deepEqual(texts, ['older\n', 'old\n', 'young\n'])

    put(folder, { 'b.log': '2\n', 'a.log': '1\n', 'B.log': '0\n' })
    const byName = (await runAll(open(t, folder, { options: { order: 'name' } }))).map(({ text }) => text)
    assert.deepEqual(byName, ['0\n', '1\n', '2\n'])
  })

  test('a second file of the same name gets a number, and nothing is overwritten', async t => {
    const folder = makeInbox(t)
    for (const text of ['first\n', 'second\n', 'third\n']) {
      put(folder, { 'a.log': text })
      await runAll(open(t, folder))
    }
    const { source } = open(t, folder)
    put(folder, { 'a.log': 'fourth\n' })
    await readOne(await nextInput(source))
    put(folder, { 'a.log': 'fifth\n' })
    const fifth = await nextInput(source)
    assert.equal((await readOne(fifth)).text, 'fifth\n')
    for (const number of [0, 1]) source.committed!(number)
    source.close()
    const texts = Object.values(filesIn(folder, 'processed'))
    assert.deepEqual(texts.sort(), ['fifth\n', 'first\n', 'fourth\n', 'second\n', 'third\n'])
  })

  test('gzip is read as text whatever its name is, also where a run before has stopped', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': gzipSync('one\r\ntwo\r\nthree\r\n') })
    const before = open(t, folder)
    const begun = await nextInput(before.source)
    assert.equal(begun.stored!.isCompressed, true)
    const resume = [positionOf(begun, { offset: 5, lineNumber: 1 })]
    before.source.close()

    const { source } = open(t, folder, { resume })
    const input = await nextInput(source)
    assert.deepEqual(input.start, { ...resume[0], lineEnd: '\r\n' })
    assert.equal((await readOne(input)).text, 'two\r\nthree\r\n')
  })

  test('what is read and not committed is bounded: when commits wait, so does the reading', async t => {
    const folder = makeInbox(t)
    for (let index = 0; index < 1_100; index++) put(folder, { [`${index}.log`]: `${index}\n` })
    const { source } = open(t, folder)
    for (let index = 0; index < 1_024; index++) await readOne(await nextInput(source))
    let hasMore = false
    const next = nextInput(source).then(input => {
      hasMore = true
      return input
    })
    await sleep(150)
    assert.equal(hasMore, false)
    source.committed!(0)
    assert.equal((await next).sourceNumber, 1_024)
  })

  test('thousands of files come out once each, in the order of their names', async t => {
    const folder = makeInbox(t)
    const count = 9_000
    const names = Array.from({ length: count }, (_, index) => `${String(index).padStart(6, '0')}.log`)
    for (const name of names) put(folder, { [name]: `${name}\n` })
    const inputs = await runAll(open(t, folder, { options: { order: 'name', after: 'delete' } }))
    assert.deepEqual(
      inputs.map(({ text }) => text),
      names.map(name => `${name}\n`)
    )
    assert.deepEqual(readdirSync(join(folder, UNPROCESSED)), [])
  })
})

describe('folder source: going on', () => {
  test('files that were begun go on, files that were not begin, files that are finished are moved', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a1\na2\n', 'b.log': 'b1\nb2\n', 'c.log': 'c1\n', 'd.log': 'd1\n' })
    const before = open(t, folder, { options: { order: 'name' } })
    const [a, b] = [await nextInput(before.source), await nextInput(before.source)]
    before.source.close()
    put(folder, { '0.log': 'new\n' })
    const gone = { ...positionOf(a), sourceNumber: 7, path: '/gone', stored: { ...a.stored!, inode: '1' } }
    const resume = [
      positionOf(a, { offset: 6, lineNumber: 2, isFinished: true }),
      positionOf(b, { offset: 3, lineNumber: 1 }),
      { ...gone, name: 'taken.log', offset: 10, lineNumber: 3 },
      { ...gone, sourceNumber: 8, isFinished: true }
    ]

    const opened = open(t, folder, { options: { order: 'name' }, resume })
    const inputs = await runAll(opened)
    assert.deepEqual(inputs, [
      { name: 'inbox/unprocessed/b.log', number: 1, text: 'b2\n' },
      { name: 'inbox/unprocessed/c.log', number: 9, text: 'c1\n' },
      { name: 'inbox/unprocessed/d.log', number: 10, text: 'd1\n' },
      { name: 'inbox/unprocessed/0.log', number: 11, text: 'new\n' }
    ])
    assert.deepEqual(Object.keys(filesIn(folder, 'processed')), ['0.log', 'a.log', 'b.log', 'c.log', 'd.log'])
    assert.deepEqual(
      opened.released.sort((left, right) => left - right),
      [0, 1, 7, 8, 9, 10]
    )
    assert.match(opened.messages.join('\n'), /^"taken\.log" is not in ".*" any more: what follows its line 3 is not/)
  })

  test('another file that has the inode of one that was read is not taken for it [C6]', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'other\n' })
    const before = open(t, folder)
    const a = await nextInput(before.source)
    before.source.close()
    const head = { byteCount: 3, sha256: '0'.repeat(64) }
    const opened = open(t, folder, { resume: [positionOf(a, { offset: 3, lineNumber: 1, head })] })
    assert.deepEqual(await runAll(opened), [{ name: 'inbox/unprocessed/a.log', number: 1, text: 'other\n' }])
  })

  test('a file that was cut while the run was away goes to quarantine', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'one\ntwo\n' })
    const before = open(t, folder)
    const a = await nextInput(before.source)
    before.source.close()
    writeFileSync(a.file!, 'one\n')
    await runAll(open(t, folder, { resume: [positionOf(a, { offset: 8, lineNumber: 2 })] }))
    assert.match(filesIn(folder, 'quarantine')['a.log.error'], /it was cut to 4 bytes after 8 had been read of it/)
  })
})

describe('folder source: refused before the first file', () => {
  test('a folder that is not there, or is a file', t => {
    const folder = makeInbox(t)
    const missing = refusal(t, folder, { options: { path: 'inbx' } })
    assert.match(String(missing), /^no such folder: "inbx"\. Make it first: mkdir -p "/)
    writeFileSync(join(folder, 'file'), '')
    assert.match(String(refusal(t, folder, { options: { path: 'file' } })), /^"file" is no folder/)
    writeFileSync(join(folder, 'inbox', 'processed'), '')
    assert.match(String(refusal(t, folder, {})), /^"inbox\/processed" \(processed\) is no folder/)
  })

  test('an output in one of its folders, however its path is written [C17]', t => {
    const folder = makeInbox(t)
    symlinkSync('inbox', join(folder, 'link'))
    for (const output of ['inbox/unprocessed/out.log', 'link/unprocessed/sub/../out.log', 'inbox/processed/out.log']) {
      const error = refusal(t, folder, { outputFiles: [join(folder, output)] })
      assert.match(String(error), /^the output ".*out\.log" lies in "inbox\/(un)?processed", which the source uses/)
    }
    mkdirSync(join(folder, 'inbox', 'out'))
    const outputFiles = [join(folder, 'inbox/out/out.log')]
    open(t, folder, { outputFiles }).source.close()
    assert.match(String(refusal(t, folder, { outputFiles, options: { unprocessed: '.' } })), /lies in "inbox"/)
  })

  test('two of its folders that are one', t => {
    const folder = makeInbox(t)
    const error = refusal(t, folder, { options: { processed: '../inbox/unprocessed' } })
    assert.match(String(error), /^unprocessed and processed are the same folder/)
  })

  test('folders on different file systems', t => {
    const folder = makeInbox(t)
    const fileSystem = {
      ...nodeFileSystem,
      statSync(path: string) {
        const status = nodeFileSystem.statSync(path)
        if (path.endsWith('quarantine')) status.dev += 1n
        return status
      }
    }
    assert.match(
      String(refusal(t, folder, { system: { fileSystem } })),
      /^"inbox\/unprocessed" \(unprocessed\) and "inbox\/quarantine" \(quarantine\) lie on different file systems/
    )
  })

  test('a second run on the same folders', t => {
    const folder = makeInbox(t)
    const { source } = open(t, folder)
    assert.match(String(refusal(t, folder, {})), /^another run uses the folder/)
    source.close()
    open(t, folder).source.close()
  })

  test('a run that keeps no checkpoints', t => {
    const folder = makeInbox(t)
    const options = folderSource.options.parse({ path: 'inbox' })
    assert.throws(() => folderSource.open(options, { baseFolder: folder, outputFiles: [] }), /keeps checkpoints/)
  })

  test('missing folders are made, as their own folder would have it', t => {
    const folder = makeInbox(t)
    open(t, folder, { options: { processed: 'done', unprocessed: '.' } }).source.close()
    assert.deepEqual(readdirSync(join(folder, 'inbox')).sort(), ['done', 'quarantine', 'underprocess', 'unprocessed'])
    assert.equal(statSync(join(folder, 'inbox', 'done')).mode & 0o777, 0o777 & ~process.umask())
  })

  test('files beside the other folders can be watched: "." is the folder itself', async t => {
    const folder = makeInbox(t)
    rmSync(join(folder, UNPROCESSED), { recursive: true })
    writeFileSync(join(folder, 'inbox', 'a.log'), 'a\n')
    const opened = open(t, folder, { options: { unprocessed: '.' } })
    assert.deepEqual(await runAll(opened), [{ name: 'inbox/a.log', number: 0, text: 'a\n' }])
    assert.deepEqual(opened.messages, [])
  })
})
