import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testRegion } from '../test-region.ts'
import { ErrorReader } from './reader.ts'
import { type ErrorEntry, ErrorWriter } from './writer.ts'

function entry(changes: Partial<ErrorEntry> = {}): ErrorEntry {
  return {
    node: 1,
    attempt: 2,
    isFinal: true,
    sourceNumber: 3,
    offset: 2 ** 41 + 5,
    lineNumber: 2 ** 33 + 1,
    atMilliseconds: 17.5,
    name: 'TypeError',
    message: 'no such field – ü',
    stack: 'TypeError: no such field\n    at parse',
    line: Buffer.from([0x61, 0xff, 0xfe, 0x62]),
    ...changes
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

test('an error comes back as it was written, its line as raw bytes', () => {
  const region = testRegion()
  const writer = new ErrorWriter(region, 4)
  writer.write(entry({ code: 'ENOENT' }))
  writer.write(entry({ isFinal: false, line: 'a text', message: '', stack: '' }))
  writer.flush(Number.POSITIVE_INFINITY)
  const [first, second] = new ErrorReader(region).poll()
  const { name, message, stack, line, code, ...rest } = first
  assert.deepEqual([name, message, stack, code].map(text), [entry().name, entry().message, entry().stack, 'ENOENT'])
  assert.equal(second.code.length, 0)
  assert.deepEqual([...line], [0x61, 0xff, 0xfe, 0x62])
  assert.deepEqual(rest, {
    epoch: 4,
    sequence: 0,
    node: 1,
    attempt: 2,
    isFinal: true,
    sourceNumber: 3,
    offset: 2 ** 41 + 5,
    lineNumber: 2 ** 33 + 1,
    atMilliseconds: 17.5,
    isMessageCut: false,
    isStackCut: false,
    isLineCut: false,
    lineFullLength: 4,
    path: 0,
    count: 1
  })
  assert.deepEqual([second.sequence, second.isFinal, text(second.line), text(second.message)], [1, false, 'a text', ''])
})

test('long texts are cut at a character and flagged, with the line’s full length', () => {
  const region = testRegion()
  const writer = new ErrorWriter(region, 1)
  const long = `x${'é'.repeat(50_000)}`
  writer.write(entry({ message: long, stack: long, line: long, name: long }))
  writer.write(entry({ line: Buffer.from(long) }))
  writer.write(entry({ line: Buffer.alloc(5_000, 0x80) }))
  writer.flush(Number.POSITIVE_INFINITY)
  const [asText, asBytes, asGarbage] = new ErrorReader(region).poll()
  assert.deepEqual([asText.isMessageCut, asText.isStackCut, asText.isLineCut], [true, true, true])
  assert.equal(text(asText.message), `x${'é'.repeat(2_047)}`)
  assert.equal(text(asText.stack), `x${'é'.repeat(4_095)}`)
  assert.equal(text(asText.name), `x${'é'.repeat(127)}`)
  for (const error of [asText, asBytes]) {
    assert.equal(text(error.line), `x${'é'.repeat(2_047)}`)
    assert.equal(error.lineFullLength, 100_001)
    assert.equal(error.isLineCut, true)
  }
  assert.equal(asGarbage.line.length, 4_096)
})

test('a lone surrogate and NUL in a message do no harm', () => {
  const region = testRegion()
  const writer = new ErrorWriter(region, 1)
  writer.write(entry({ message: 'a\ud800b\0c' }))
  writer.flush(Number.POSITIVE_INFINITY)
  assert.equal(text(new ErrorReader(region).poll()[0].message), 'a\ufffdb\0c')
})

test('when no page is free the newest errors are shed and counted, and the law holds', () => {
  const region = testRegion()
  const writer = new ErrorWriter(region, 1)
  const reader = new ErrorReader(region)
  for (let number = 0; number < 1_000; number++) writer.write(entry({ lineNumber: number, stack: 's'.repeat(1_000) }))
  writer.flush(Number.POSITIVE_INFINITY)
  assert.ok(writer.shed > 0)
  assert.equal(writer.written, 1_000)
  const errors = reader.poll()
  assert.deepEqual(
    errors.map(error => error.lineNumber),
    Array.from({ length: 1_000 - writer.shed }, (_, number) => number)
  )
  assert.deepEqual(reader.ledger(), {
    written: 1_000,
    freed: errors.length,
    held: 0,
    overwritten: 0,
    dropped: writer.shed
  })
  writer.write(entry({ lineNumber: 2_000 }))
  writer.flush(Number.POSITIVE_INFINITY)
  assert.deepEqual(
    reader.poll().map(error => error.lineNumber),
    [2_000]
  )
})

test('an error waits at most 100 ms for others to share its page', () => {
  const region = testRegion()
  const writer = new ErrorWriter(region, 1)
  const reader = new ErrorReader(region)
  writer.write(entry({ atMilliseconds: 1_000 }))
  writer.flush(1_099)
  assert.equal(reader.poll().length, 0)
  writer.flush(1_100)
  assert.equal(reader.poll().length, 1)
  writer.flush(Number.POSITIVE_INFINITY)
  assert.equal(reader.poll().length, 0)
})
