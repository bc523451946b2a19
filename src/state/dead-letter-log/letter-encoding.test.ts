import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { type DeadLetter, originalText, valueBefore } from './letter.ts'
import { decodeLetter, encodeLetter, letterBytesAtMost, valueText } from './letter-encoding.ts'
import { letter } from './log-fixtures.ts'

function encoded(value: DeadLetter): Buffer {
  const text = valueText(value)
  const target = Buffer.alloc(letterBytesAtMost(value, text) + 1)
  // Not at the start, as in a frame.
  return target.subarray(1, encodeLetter(target, 1, value, text))
}

const text = fc.string({ unit: 'grapheme' })
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const number = fc.double({ noNaN: true })
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit)) })
// JSON has no -0, and an object of its own prototype.
const record = fc.jsonValue().filter(value => typeof value === 'object' && value !== null)
const json = record.map(value => JSON.parse(JSON.stringify(value)))

const plainRecord: typeof fc.record = (model: object) => fc.record(model, { noNullPrototype: true }) as never

const anyLetter: fc.Arbitrary<DeadLetter> = plainRecord({
  kind: fc.constantFrom('dead' as const, 'unmatched' as const),
  id: text,
  original: plainRecord({
    bytes: fc.uint8Array({ maxLength: 300 }),
    byteLength: fc.nat(),
    sha256: optional(fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex')))
  }),
  valueBefore: optional(fc.oneof(anyText, json)),
  processor: text,
  tag: text,
  error: optional(plainRecord({ name: text, message: text, stack: optional(text), code: optional(text) })),
  attempts: fc.array(plainRecord({ attempt: fc.nat(), atMilliseconds: number, message: text }), { maxLength: 4 }),
  journey: fc.array(text, { maxLength: 6 }),
  source: text,
  file: optional(text),
  lineNumber: fc.maxSafeNat(),
  offset: fc.maxSafeNat(),
  atMilliseconds: number,
  configHash: text,
  replayOf: optional(text)
})

describe('a letter as bytes', () => {
  test('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(anyLetter, value => {
        assert.deepEqual(decodeLetter(encoded(value)), value)
      }),
      { numRuns: 2000 }
    )
  })

  test('never needs more room than was said', () => {
    const value = letter(1, { valueBefore: '\u20ac'.repeat(1000), journey: ['\u20ac', '\u{1f600}'], file: '/\u20ac' })

    assert.ok(encoded(value).length <= letterBytesAtMost(value, valueText(value)))
  })

  test('does not hold the line twice when the step got it unchanged', () => {
    const line = 'x'.repeat(10_000)
    const bytes = new Uint8Array(Buffer.from(line))
    const original = { bytes, byteLength: bytes.length, sha256: undefined }

    assert.ok(encoded(letter(1, { original })).length < 10_500)
    assert.ok(encoded(letter(1, { original, valueBefore: line })).length > 20_000)
  })

  test('is refused when a byte is missing or one too many', () => {
    const bytes = encoded(letter(1))
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeLetter(bytes.subarray(0, length)), `${length} bytes`)
    }
    assert.throws(() => decodeLetter(Buffer.concat([bytes, Buffer.alloc(1)])), /goes on after its end/)
  })

  test('is refused with a version that is not known', () => {
    const bytes = encoded(letter(1))
    bytes[0] = 2

    assert.throws(() => decodeLetter(bytes), /version 2/)
  })
})

describe('the value before the step', () => {
  const original = (content: string | Uint8Array) => {
    const bytes = new Uint8Array(Buffer.from(content as string))
    return { original: { bytes, byteLength: bytes.length, sha256: undefined } }
  }

  test('is the text of the line without its end', () => {
    for (const end of ['', '\n', '\r\n']) {
      assert.equal(valueBefore(letter(1, original(`a\rb \u2028 c${end}`))), 'a\rb \u2028 c')
    }
    assert.equal(valueBefore(letter(1, original('a\r'))), 'a\r')
    assert.equal(valueBefore(letter(1, original('a\n\n'))), 'a\n')
  })

  test('leaves out a byte order mark only where the source begins', () => {
    assert.equal(originalText(letter(1, { ...original('\ufeffa\n'), offset: 0 })), 'a')
    assert.equal(originalText(letter(1, { ...original('\ufeffa\n'), offset: 30 })), '\ufeffa')
  })

  test('has a replacement character for what is no UTF-8', () => {
    assert.equal(originalText(letter(1, original(new Uint8Array([0x61, 0xff, 0x62, 0x0a])))), 'a\ufffdb')
  })

  test('is what the step was given when that was something else', () => {
    assert.deepEqual(valueBefore(letter(1, { valueBefore: { code: 7 } })), { code: 7 })
    assert.equal(valueBefore(letter(1, { valueBefore: '' })), '')
  })
})
