import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { nodeFileSystem } from '../../base/file-system.ts'
import { systemError } from '../test-support.ts'
import { filesIn, makeInbox, open, put, runAll } from './test-support.ts'

describe('folder source: quarantine', () => {
  test('damaged gzip keeps what came before the damage and says where it is; the run goes on', async t => {
    const folder = makeInbox(t)
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index * 7919}\n`)
    const whole = gzipSync(lines.join(''))
    put(folder, { 'a.gz': whole.subarray(0, whole.length - 40), 'b.log': 'b\n' })
    const opened = open(t, folder, { options: { order: 'name' } })
    const [damaged, good] = await runAll(opened)
    assert.equal(good.text, 'b\n')
    assert.ok(damaged.text.endsWith('\n') && damaged.text.length > 1_000)
    assert.ok(lines.join('').startsWith(damaged.text))
    const { 'a.gz.error': note } = filesIn(folder, 'quarantine')
    assert.match(note, /the gzip data is cut off at byte \d+/)
    assert.ok(note.includes(`${damaged.text.length} bytes of its text have been processed, whole lines only.`))
    assert.deepEqual(Object.keys(filesIn(folder, 'processed')), ['b.log'])
    assert.match(opened.messages[0], /It goes to ".*quarantine"\.$/)
  })

  test('a disk that answers again in time costs nothing; one that does not makes a file go to quarantine', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a1\na2\n', 'b.log': 'b1\nb2\n' })
    const descriptors = new Map<number, string>()
    let failures = 0
    const fileSystem = {
      ...nodeFileSystem,
      openSync(path: string, flags: number, mode?: number) {
        const descriptor = nodeFileSystem.openSync(path, flags, mode)
        descriptors.set(descriptor, path)
        return descriptor
      },
      readSync(descriptor: number, target: Uint8Array, offset: number, length: number, position: number | null) {
        const path = descriptors.get(descriptor)!
        if (path.endsWith('a.log') && position === 0 && length > 10 && failures++ < 2) throw systemError('EIO')
        if (path.endsWith('b.log') && position! >= 4) throw systemError('EIO')
        return nodeFileSystem.readSync(descriptor, target, offset, Math.min(length, 4), position)
      }
    }
    const opened = open(t, folder, { options: { order: 'name' }, system: { fileSystem } })
    const inputs = await runAll(opened)
    assert.deepEqual(
      inputs.map(({ text }) => text),
      ['a1\na2\n', 'b1\n']
    )
    assert.match(
      filesIn(folder, 'quarantine')['b.log.error'],
      /at byte 4: i\/o error \(EIO\)\n.*\n?3 bytes of its text/s
    )
  })

  test('a format that cannot be read is not taken for text', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3, 0x0a]) })
    const [input] = await runAll(open(t, folder))
    assert.equal(input.text, '')
    assert.match(filesIn(folder, 'quarantine')['a.log.error'], /"inbox\/unprocessed\/a\.log": it holds zstd data/)
    put(folder, { 'b.log': Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x0a]) })
    const [raw] = await runAll(open(t, folder, { options: { compression: 'none' } }))
    assert.match(raw.text, /^\(.*\n$/)
  })

  test('too many open files is no fault of a file, nor of the folder: both wait [C13]', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a\n' })
    const failures = { file: 0, folder: 0 }
    const fileSystem = {
      ...nodeFileSystem,
      openSync(path: string, flags: number, mode?: number) {
        if (path.endsWith('a.log') && failures.file++ < 2) throw systemError('EMFILE')
        return nodeFileSystem.openSync(path, flags, mode)
      },
      namesInFolder(path: string) {
        if (failures.folder++ < 2) throw systemError('EMFILE')
        return nodeFileSystem.namesInFolder(path)
      }
    }
    const opened = open(t, folder, { system: { fileSystem } })
    const [input] = await runAll(opened)
    assert.equal(input.text, 'a\n')
    assert.match(opened.messages[0], /cannot look through .*too many open files.*trying again/)
    assert.match(opened.messages[1], /cannot open .*too many open files.*trying again/)
  })

  test('a move that fails is tried again, and the file is released only then', async t => {
    const folder = makeInbox(t)
    put(folder, { 'a.log': 'a\n' })
    let failures = 0
    const fileSystem = {
      ...nodeFileSystem,
      renameSync(from: string | Buffer, to: string) {
        if (to.includes('/processed/') && failures++ < 2) throw systemError('ENOSPC')
        nodeFileSystem.renameSync(from, to)
      }
    }
    const opened = open(t, folder, { system: { fileSystem } })
    await runAll(opened)
    assert.deepEqual(filesIn(folder, 'processed'), { 'a.log': 'a\n' })
    assert.equal(opened.messages.filter(message => /cannot move .*no space left.*trying again/.test(message)).length, 1)
  })
})
