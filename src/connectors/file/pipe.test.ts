import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import { SourceError } from '../../sdk/errors.ts'
import { collect, gzipInParts, manyLines, onlyInput, sourceSetup, temporaryFolder } from '../test-support.ts'
import { fileSource } from './source.ts'

function makePipe(t: TestContext): { folder: string; path: string } {
  const folder = temporaryFolder(t)
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  return { folder, path }
}

/** Runs a shell line with the pipe as $1 and ends it with the test. */
function shell(t: TestContext, line: string, ...args: string[]): void {
  const child = spawn('sh', ['-c', line, 'sh', ...args], { stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
}

function openFile(folder: string, path: string) {
  return fileSource.open(fileSource.options.parse({ path }), sourceSetup(folder))
}

describe('file source: pipes and devices', () => {
  test('waits for the writer of a pipe and reads to its end', async t => {
    const { folder, path } = makePipe(t)
    const source = openFile(folder, 'pipe')
    t.after(() => source.close())
    const reading = collect(await onlyInput(source))
    shell(t, 'sleep 0.1; (echo one; sleep 0.1; echo two) > "$1"', path)

    assert.equal((await reading).text, 'one\ntwo\n')
  })

  test('hands over one line while the writer stays', async t => {
    const { folder, path } = makePipe(t)
    const source = openFile(folder, 'pipe')
    t.after(() => source.close())
    const input = await onlyInput(source)
    shell(t, '(echo; sleep 60) > "$1"', path)

    assert.equal(await input.read(Buffer.alloc(16), 0, 16), 1)
  })

  test('a writer that leaves without a byte ends it', async t => {
    const { folder, path } = makePipe(t)
    const source = openFile(folder, 'pipe')
    t.after(() => source.close())
    const reading = collect(await onlyInput(source))
    shell(t, 'sleep 0.1; : > "$1"', path)

    assert.deepEqual(await reading, { bytes: Buffer.alloc(0), text: '', error: undefined })
  })

  test('closing ends a read that waits for a writer', async t => {
    const { folder } = makePipe(t)
    const source = openFile(folder, 'pipe')
    const input = await onlyInput(source)
    const pending = input.read(Buffer.alloc(16), 0, 16)
    await sleep(20)

    source.close()

    assert.equal(await pending, 0)
    assert.equal(await input.read(Buffer.alloc(16), 0, 16), 0)
  })

  test('knows no size, and no more of a pipe than what it was asked for', async t => {
    const { folder, path } = makePipe(t)
    const source = openFile(folder, 'pipe')
    t.after(() => source.close())
    assert.equal(source.totalBytes, undefined)
    const input = await onlyInput(source)
    assert.equal(input.sizeBytes, undefined)
    const megabytes = 3
    shell(t, `head -c ${megabytes * 2 ** 20} /dev/zero > "$1"`, path)
    let total = 0
    for (;;) {
      const count = await input.read(Buffer.alloc(1000), 0, 1000)
      if (count === 0) break
      total += count
      // Two buffers of 64 KiB: the stream's own and the one being handed out.
      assert.ok(input.readBytes - total <= 2 * 64 * 1024, `${input.readBytes - total} bytes ahead`)
    }
    assert.equal(total, megabytes * 2 ** 20)
  })

  test('recognizes gzip in a pipe', async t => {
    const { folder, path } = makePipe(t)
    const text = 'line of a pipe\n'.repeat(20_000)
    writeFileSync(join(folder, 'a.gz'), gzipSync(text))
    const source = openFile(folder, 'pipe')
    t.after(() => source.close())
    const reading = collect(await onlyInput(source))
    shell(t, 'cat "$2" > "$1"', path, join(folder, 'a.gz'))

    const { text: read, error } = await reading
    assert.equal(error, undefined)
    assert.equal(read, text)
  })

  test('with compression: gzip a pipe without a byte is empty', async t => {
    const { folder, path } = makePipe(t)
    const options = fileSource.options.parse({ path: 'pipe', compression: 'gzip' })
    const source = fileSource.open(options, sourceSetup(folder))
    t.after(() => source.close())
    const reading = collect(await onlyInput(source))
    shell(t, ': > "$1"', path)

    assert.deepEqual(await reading, { bytes: Buffer.alloc(0), text: '', error: undefined })
  })

  test('says of damaged gzip in a pipe that the last lines may be missing', async t => {
    const { folder, path } = makePipe(t)
    const { bytes, places } = await gzipInParts([manyLines(20_000), manyLines(20_000)])
    bytes[places[0]] = 0xff
    writeFileSync(join(folder, 'a.gz'), bytes)
    const source = openFile(folder, 'pipe')
    t.after(() => source.close())
    const reading = collect(await onlyInput(source))
    shell(t, 'cat "$2" > "$1"', path, join(folder, 'a.gz'))

    const { text, error } = await reading
    assert.ok(error instanceof SourceError)
    assert.equal(error.code, 'GZIP_DAMAGED')
    assert.match(error.message, /may be missing: a pipe cannot be read again/)
    assert.ok(manyLines(20_000).startsWith(text))
    assert.ok(manyLines(20_000).length - text.length < 4096)
  })

  test('reads devices', async t => {
    const folder = temporaryFolder(t)
    const empty = openFile(folder, '/dev/null')
    t.after(() => empty.close())
    assert.equal((await collect(await onlyInput(empty))).text, '')

    const endless = openFile(folder, '/dev/zero')
    t.after(() => endless.close())
    const input = await onlyInput(endless)
    const target = Buffer.from('..........')
    let count = 0
    while (count < 10) count += await input.read(target, count, 10 - count)
    assert.deepEqual(target, Buffer.alloc(10))
  })

  test('reading and writing one device is no loop', t => {
    const folder = temporaryFolder(t)
    const options = fileSource.options.parse({ path: '/dev/null' })
    fileSource.open(options, sourceSetup(folder, ['/dev/null'])).close()
  })
})
