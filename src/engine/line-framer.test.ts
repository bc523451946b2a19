import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'

import { type GivenInput, type Piece, piecesSource } from '../testing/pieces-source.ts'
import { Batch } from './batch.ts'
import { LineFramer } from './line-framer.ts'

interface FramedLine {
  readonly text: unknown
  /** With its line end. */
  readonly bytes: string
  readonly place: string
  readonly lineEnd: string
  readonly oversize?: Batch['oversize']
}

interface Framed {
  readonly lines: FramedLine[]
  readonly batches: Batch[]
}

const MIB = 1024 * 1024

async function frame(
  inputs: readonly GivenInput[],
  { maxLineBytes = MIB, maxLines = 4096, keeps = false } = {}
): Promise<Framed> {
  const framer = new LineFramer(piecesSource(inputs), maxLineBytes)
  const batches: Batch[] = []
  const lines: FramedLine[] = []
  for (;;) {
    const batch = new Batch([])
    if ((await framer.next(batch, maxLines)) === 'end') break
    batches.push(batch)
    if (keeps) continue
    lines.push(...linesOf(batch))
    framer.release(batch)
  }
  if (keeps) lines.push(...batches.flatMap(linesOf))
  return { lines, batches }
}

function linesOf(batch: Batch): FramedLine[] {
  return Array.from({ length: batch.lineCount }, (_, line) => {
    const { input, offset, starts, bytes, firstLineNumber, oversize } = batch
    const isUnfinished = batch.isUnterminated && line === batch.lineCount - 1
    return {
      text: batch.values[line],
      bytes: bytes.toString('latin1', starts[line], starts[line + 1]),
      place: `${input.sourceNumber}:${firstLineNumber + line}:${offset + starts[line] - starts[0]}`,
      lineEnd: isUnfinished ? `missing ${batch.addedLineEnd}` : batch.lineEndLength(line) === 2 ? '\r\n' : '\n',
      ...(oversize === undefined ? {} : { oversize })
    }
  })
}

const one = (...pieces: Piece[]): GivenInput[] => [{ pieces }]
const textsOf = ({ lines }: Framed) => lines.map(({ text }) => text)
const endsOf = ({ lines }: Framed) => lines.map(({ lineEnd }) => lineEnd)

describe('lines', () => {
  const whole = Buffer.concat([
    Buffer.from('\uFEFFfirst\r\n\n\r\nžluť €\u2028\u{1F600}\nlone \r inside\n\r\r\n'),
    Buffer.from([0xff, 0xc3, 0x0a, 0x00, 0x0a]),
    Buffer.from('\uFEFFno mark\nlast\r')
  ])

  test('are the same wherever a read ends [A5 A7]', async () => {
    const expected = await frame(one(whole))
    assert.deepEqual(
      expected.lines.map(({ text, place, lineEnd }) => [text, place, lineEnd]),
      [
        ['first', '0:1:0', '\r\n'],
        ['', '0:2:10', '\n'],
        ['', '0:3:11', '\r\n'],
        ['žluť €\u2028\u{1F600}', '0:4:13', '\n'],
        ['lone \r inside', '0:5:31', '\n'],
        ['\r', '0:6:45', '\r\n'],
        ['\uFFFD\uFFFD', '0:7:48', '\n'],
        ['\0', '0:8:51', '\n'],
        ['\uFEFFno mark', '0:9:53', '\n'],
        ['last\r', '0:10:64', 'missing \n']
      ]
    )
    assert.equal(expected.lines.map(({ bytes }) => bytes).join(''), whole.toString('latin1'))

    for (let cut = 0; cut <= whole.length; cut++) {
      const [head, tail] = [whole.subarray(0, cut), whole.subarray(cut)]
      assert.deepEqual((await frame(one(head, tail))).lines, expected.lines, `cut at ${cut}`)
      const later = [head, new Promise<Buffer>(resolve => setImmediate(() => resolve(tail)))]
      assert.deepEqual((await frame(one(...later))).lines, expected.lines, `waited at ${cut}`)
    }
    assert.deepEqual((await frame(one(...[...whole].map(byte => Uint8Array.of(byte))))).lines, expected.lines)
  })

  test('are none in nothing, and one for each newline [A1]', async () => {
    assert.deepEqual(textsOf(await frame(one())), [])
    assert.deepEqual(textsOf(await frame([])), [])
    assert.deepEqual(textsOf(await frame(one('\n'))), [''])
    assert.deepEqual(textsOf(await frame(one('\n\n\n'))), ['', '', ''])
    assert.deepEqual(textsOf(await frame(one('\r'))), ['\r'])
    assert.deepEqual(textsOf(await frame(one('\uFEFF'))), [''])
    assert.deepEqual(textsOf(await frame(one('\uFEFF\r\n'))), [''])
  })

  test('are counted and placed anew in each input, and an empty input counts as one', async () => {
    const { lines } = await frame([{ pieces: ['\uFEFFa\nb'] }, { pieces: [] }, { pieces: ['\uFEFFc\r\n', 'd'] }])

    assert.deepEqual(
      lines.map(({ text, place, lineEnd }) => [text, place, lineEnd]),
      [
        ['a', '0:1:0', '\n'],
        ['b', '0:2:5', 'missing \n'],
        ['c', '2:1:0', '\r\n'],
        ['d', '2:2:6', 'missing \r\n']
      ]
    )
  })

  test('get the line end of the line before them where one is missing [A2]', async () => {
    assert.deepEqual(endsOf(await frame(one('a'))), ['missing \n'])
    assert.deepEqual(endsOf(await frame(one('a\r\nb'))), ['\r\n', 'missing \r\n'])
    assert.deepEqual(endsOf(await frame(one('a\r\nb\nc'))), ['\r\n', '\n', 'missing \n'])
    // Also when it was in a batch before.
    assert.deepEqual(endsOf(await frame(one('a\r\n', 'b'), { maxLines: 1 })), ['\r\n', 'missing \r\n'])
  })

  test('that are no UTF-8 are flagged by batch', async () => {
    const { batches } = await frame(one('ok\n', Buffer.from([0xc3, 0x28, 0x0a]), 'žluť\n'), { maxLines: 1 })

    assert.deepEqual(
      batches.map(batch => batch.isValidUtf8),
      [true, false, true]
    )
  })
})

describe('a batch', () => {
  test('holds at most as many lines as asked for, 4,096 and 48 KiB, and a longer line alone', async () => {
    const short = Buffer.from('\n'.repeat(10_000))
    assert.deepEqual(
      (await frame(one(short), { maxLines: 1e6 })).batches.map(batch => batch.lineCount),
      [4096, 4096, 1808]
    )
    const few = await frame(one('a\nb\nc\nd\ne\n'), { maxLines: 2 })
    assert.deepEqual(
      few.batches.map(batch => batch.values),
      [['a', 'b'], ['c', 'd'], ['e']]
    )

    const line = `${'x'.repeat(999)}\n`
    const long = `${'y'.repeat(100_000)}\n`
    const { batches, lines } = await frame(one(line.repeat(100), long, line.repeat(100)))
    assert.equal(lines.length, 201)
    for (const batch of batches) {
      assert.ok(batch.byteLength <= 48 * 1024 || batch.lineCount === 1, `${batch.lineCount} of ${batch.byteLength}`)
    }
    assert.equal(lines[100].text, long.slice(0, -1))
  })

  test('keeps its bytes until it is given back, however many are open', async () => {
    const text = Array.from({ length: 20_000 }, (_, line) => `line ${line} ${'-'.repeat(line % 90)}\n`).join('')

    const { lines } = await frame(one(text), { keeps: true, maxLines: 100 })

    assert.equal(lines.map(({ bytes }) => bytes).join(''), text)
    assert.equal(lines.map(line => `${line.text as string}\n`).join(''), text)
  })
})

describe('an over-long line', () => {
  const LIMIT = 100_000
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

  test('is kept as its first 64 KiB, length and hash, in a batch of its own, wherever a read ends [A11]', async () => {
    for (const end of ['\n', '\r\n']) {
      const long = `${'abcdefg'.repeat(30_000)}${end}`
      const whole = `before\n${long}after\n`
      const cuts = [1, 7, 8, 65_535, 65_543, LIMIT, LIMIT + 7, long.length + 5, long.length + 6, long.length + 7]
      for (const cut of cuts) {
        const { lines } = await frame(one(whole.slice(0, cut), whole.slice(cut)), { maxLineBytes: LIMIT })

        assert.deepEqual(
          lines.map(({ text, place, lineEnd }) => [text, place, lineEnd]),
          [
            ['before', '0:1:0', '\n'],
            ['', '0:2:7', end],
            ['after', `0:3:${7 + long.length}`, '\n']
          ],
          `cut at ${cut}`
        )
        const { head, byteLength, sha256: hash } = lines[1].oversize!
        assert.equal(head.toString(), long.slice(0, 65_536))
        assert.deepEqual([byteLength, hash], [long.length, sha256(long)])
      }
    }
  })

  test('is one from the first byte over the limit on, its line end not counted [A11]', async () => {
    for (const [text, isTooLong] of [
      ['12345\n', false],
      ['12345\r\n', false],
      ['12345', false],
      ['123456\n', true],
      ['123456\r\n', true],
      ['123456', true],
      // Nothing follows the carriage return, so it is text.
      ['12345\r', true],
      ['1234\r', false],
      ['12345\rx\n', true],
      ['žluť\n', true]
    ] as const) {
      for (let cut = 0; cut <= text.length; cut++) {
        const { lines } = await frame(one(text.slice(0, cut), text.slice(cut)), { maxLineBytes: 5 })
        assert.deepEqual([lines.length, lines[0].oversize !== undefined], [1, isTooLong], JSON.stringify([text, cut]))
      }
    }
  })

  test('that never ends is read through in little memory [A11]', async () => {
    const block = Buffer.alloc(MIB, 'z')
    function* pieces() {
      for (let count = 0; count < 300; count++) yield block
    }
    const { arrayBuffers: before } = process.memoryUsage()

    const { lines } = await frame([{ pieces: pieces() }], { maxLineBytes: MIB })

    assert.equal(lines[0].oversize!.byteLength, 300 * MIB)
    assert.equal(lines[0].lineEnd, 'missing \n')
    const grown = (process.memoryUsage().arrayBuffers - before) / MIB
    assert.ok(grown < 40, `${grown.toFixed(1)} MiB more`)
  })

  test('tells how far it has been let go of', async () => {
    const more = Promise.withResolvers<string>()
    const framer = new LineFramer(piecesSource(one('ab\n', '0123456789', more.promise)), 5)
    const batch = new Batch([])
    assert.equal(await framer.next(batch, 1), 'batch')
    assert.equal(framer.skippedTo, undefined)

    const next = framer.next(new Batch([]), 1)
    assert.ok(next instanceof Promise)
    assert.deepEqual(framer.skippedTo, { sourceNumber: 0, offset: 13 })

    more.resolve('end\n')
    assert.equal(await next, 'batch')
    assert.equal(framer.skippedTo, undefined)
  })
})

describe('a source', () => {
  test('that fails has given every whole line before', async () => {
    function* pieces() {
      yield 'one\ntwo\nthr'
      throw new Error('the disk is gone')
    }
    const framer = new LineFramer(piecesSource([{ pieces: pieces() }]), MIB)
    const batch = new Batch([])

    assert.equal(await framer.next(batch, 100), 'batch')
    assert.deepEqual(batch.values, ['one', 'two'])
    assert.throws(() => framer.next(new Batch([]), 100), /the disk is gone/)
  })

  test('that is waited for ends when the framer is closed', async () => {
    const framer = new LineFramer(piecesSource(one(new Promise<string>(() => undefined))), MIB)
    const waiting = framer.next(new Batch([]), 100)
    framer.close()

    assert.equal(await waiting, 'end')
    assert.equal(await framer.next(new Batch([]), 100), 'end')
  })

  test('is counted by the bytes that were read of it', async () => {
    const framer = new LineFramer(piecesSource([{ pieces: ['one\n'] }, { pieces: ['two'] }]), MIB)
    while ((await framer.next(new Batch([]), 100)) !== 'end');

    assert.equal(framer.readBytes, 7)
  })
})
