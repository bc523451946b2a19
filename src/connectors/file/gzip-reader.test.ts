import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { constants, createGzip, gunzipSync, gzipSync } from 'node:zlib'

import fc from 'fast-check'

import { UserError } from '../../base/user-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import {
  type Collected,
  collect,
  gzipInParts,
  manyLines,
  onlyInput,
  sourceSetup,
  temporaryFolder
} from '../test-support.ts'
import { fileSource } from './source.ts'

interface Settings {
  readonly name?: string
  readonly compression?: 'auto' | 'none' | 'gzip'
  readonly sliceBytes?: number
}

async function readFileOf(t: TestContext, bytes: Uint8Array, settings: Settings = {}): Promise<Collected> {
  const folder = temporaryFolder(t)
  const { name = 'a.log.gz', compression, sliceBytes } = settings
  writeFileSync(join(folder, name), bytes)
  const options = fileSource.options.parse({ path: name, compression })
  const source = fileSource.open(options, sourceSetup(folder))
  t.after(() => source.close())
  return collect(await onlyInput(source), sliceBytes)
}

function sourceErrorOf({ error }: Collected): SourceError {
  assert.ok(error instanceof SourceError, String(error))
  return error
}

describe('gzip', () => {
  test('is told by its first bytes, whatever the name [B6]', async t => {
    assert.equal((await readFileOf(t, gzipSync('packed\n'), { name: 'a.log' })).text, 'packed\n')
    assert.equal((await readFileOf(t, Buffer.from('plain\n'), { name: 'a.gz' })).text, 'plain\n')
  })

  test('is left alone with compression: none', async t => {
    const bytes = gzipSync('packed\n')
    assert.deepEqual((await readFileOf(t, bytes, { compression: 'none' })).bytes, bytes)
  })

  test('compression: gzip refuses other bytes and takes an empty file as empty', async t => {
    await assert.rejects(
      readFileOf(t, Buffer.from('plain\n'), { compression: 'gzip' }),
      (error: unknown) => error instanceof UserError && /it is not gzip data/.test(error.message)
    )
    assert.deepEqual((await readFileOf(t, Buffer.alloc(0), { compression: 'gzip' })).text, '')
  })

  test('may have any number of members, with zero bytes after and between them [B3]', async t => {
    const members = [gzipSync('one\n'), gzipSync(''), gzipSync('two\n'), gzipSync('three\n')]
    assert.equal((await readFileOf(t, Buffer.concat(members))).text, 'one\ntwo\nthree\n')

    const zeros = Buffer.alloc(100_000)
    const padded = Buffer.concat([members[0], zeros, members[2], Buffer.alloc(1), members[3], zeros])
    const { text, error } = await readFileOf(t, padded)
    assert.equal(error, undefined)
    assert.equal(text, 'one\ntwo\nthree\n')
  })

  test('gives the same bytes as gunzipSync for any members, padding and slice size', async t => {
    const member = fc.record({
      text: fc.string({ maxLength: 400 }),
      repeat: fc.integer({ min: 0, max: 600 }),
      level: fc.integer({ min: 0, max: 9 }),
      zeros: fc.integer({ min: 0, max: 3 })
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 70_000 }),
        async (members, sliceBytes) => {
          const packed = members.map(({ text, repeat, level }) => gzipSync(text.repeat(repeat), { level }))
          const bytes = Buffer.concat(packed.flatMap((part, index) => [part, Buffer.alloc(members[index].zeros)]))
          const read = await readFileOf(t, bytes, { sliceBytes: Math.max(sliceBytes, 100) })
          assert.equal(read.error, undefined)
          assert.deepEqual(read.bytes, Buffer.concat(packed.map(part => gunzipSync(part))))
        }
      ),
      { numRuns: 60 }
    )
  })

  test('counts compressed bytes as read and knows the compressed size', async t => {
    const folder = temporaryFolder(t)
    const bytes = gzipSync(manyLines(10_000))
    writeFileSync(join(folder, 'a.gz'), bytes)
    const source = fileSource.open(fileSource.options.parse({ path: 'a.gz' }), sourceSetup(folder))
    t.after(() => source.close())
    const input = await onlyInput(source)
    await collect(input)

    assert.equal(source.totalBytes, bytes.length)
    assert.equal(input.readBytes, bytes.length)
  })

  test('takes little memory for much text [B1]', async t => {
    const folder = temporaryFolder(t)
    const gzip = createGzip({ level: 1 })
    const chunks: Buffer[] = []
    gzip.on('data', (chunk: Buffer) => chunks.push(chunk))
    const ended = new Promise(resolve => gzip.on('end', resolve))
    const megabyte = Buffer.alloc(2 ** 20)
    for (let written = 0; written < 256; written++) await new Promise(resolve => gzip.write(megabyte, resolve))
    gzip.end()
    await ended
    writeFileSync(join(folder, 'zeros.gz'), Buffer.concat(chunks))
    const source = fileSource.open(fileSource.options.parse({ path: 'zeros.gz' }), sourceSetup(folder))
    t.after(() => source.close())
    const input = await onlyInput(source)
    const target = Buffer.alloc(64 * 1024)
    let total = 0
    let peak = 0
    const before = process.memoryUsage().rss
    for (;;) {
      const count = await input.read(target, 0, target.length)
      if (count === 0) break
      total += count
      peak = Math.max(peak, process.memoryUsage.rss())
    }

    assert.equal(total, 256 * 2 ** 20)
    assert.ok(peak - before < 100 * 2 ** 20, `${Math.round((peak - before) / 2 ** 20)} MiB more`)
  })

  test('closing ends a pending read', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.gz'), gzipSync(manyLines(1000)))
    const source = fileSource.open(fileSource.options.parse({ path: 'a.gz' }), sourceSetup(folder))
    const input = await onlyInput(source)
    const pending = input.read(Buffer.alloc(16), 0, 16)

    source.close()

    assert.equal(await pending, 0)
  })
})

describe('damaged gzip', () => {
  test('everything before the damage is read, and its place is named exactly [B3]', async t => {
    const parts = [manyLines(40_000), manyLines(3), manyLines(50_000)]
    const { bytes, places } = await gzipInParts(parts)
    for (const [index, place] of places.entries()) {
      const damaged = Buffer.from(bytes)
      // Three set bits start a block of a type that does not exist.
      damaged[place] = 0xff

      const collected = await readFileOf(t, damaged)

      assert.equal(collected.text, parts.slice(0, index + 1).join(''))
      const error = sourceErrorOf(collected)
      assert.equal(error.code, 'GZIP_DAMAGED')
      assert.equal(error.retryable, false)
      assert.equal(
        error.message,
        `"a.log.gz": the gzip data is damaged (invalid block type) at byte ${place} of the compressed data. What came before it was read.`
      )
    }
  })

  test('a checksum that does not match is told after the text [B3]', async t => {
    const text = manyLines(5000)
    const bytes = gzipSync(text)
    bytes[bytes.length - 8] ^= 1

    const collected = await readFileOf(t, bytes)

    assert.equal(collected.text, text)
    assert.match(sourceErrorOf(collected).message, /damaged \(incorrect data check\) at byte \d+/)
  })

  test('a file that is cut off anywhere gives what it holds [B3]', async t => {
    const bytes = gzipSync(manyLines(40))
    for (let length = 2; length < bytes.length; length += 7) {
      const cut = bytes.subarray(0, length)

      const collected = await readFileOf(t, cut)

      assert.equal(collected.text, gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH }).toString())
      const error = sourceErrorOf(collected)
      assert.equal(error.code, 'GZIP_CUT_OFF')
      assert.match(error.message, new RegExp(`cut off at byte ${length} of the compressed data`))
    }
  })

  test('other bytes after the last member are an error at their first byte [B3]', async t => {
    const text = manyLines(20_000)
    const member = gzipSync(text)
    for (const zeros of [0, 5]) {
      const collected = await readFileOf(t, Buffer.concat([member, Buffer.alloc(zeros), Buffer.from('garbage')]))

      assert.equal(collected.text, text)
      const error = sourceErrorOf(collected)
      assert.equal(error.code, 'GZIP_TRAILING_BYTES')
      assert.match(error.message, new RegExp(`starts at byte ${member.length + zeros} of`))
    }
  })

  test('a read after the damage fails again, and the file after it is read', async t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'a.gz'), gzipSync('cut off\n').subarray(0, -4))
    writeFileSync(join(folder, 'b.gz'), gzipSync('whole\n'))
    const source = fileSource.open(fileSource.options.parse({ path: '*.gz' }), sourceSetup(folder))
    t.after(() => source.close())
    const first = await onlyInput(source)

    assert.equal(sourceErrorOf(await collect(first)), sourceErrorOf(await collect(first)))
    assert.equal((await collect(await onlyInput(source))).text, 'whole\n')
  })
})
