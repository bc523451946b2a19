import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { runProcessor, verifyProcessor } from '../testing/index.ts'
import { parseJson } from './parse-json.ts'
import { toJson } from './to-json.ts'

async function read(line: string, options = {}): Promise<unknown> {
  const { values, errors } = await runProcessor(parseJson, [line], { options })
  return values[0] ?? errors[0]?.message
}

describe('parse_json', () => {
  test('keeps what every processor keeps to', () =>
    verifyProcessor(parseJson, { lineAt: index => `{"number":${index},"text":"a text that is long enough ${index}"}` }))

  test('reads objects and arrays', async () => {
    assert.deepEqual(await read(' {"a": [1, "x", null, true], "b": {}} '), { a: [1, 'x', null, true], b: {} })
    assert.deepEqual(await read('[1]'), [1])
    assert.deepEqual(await read('{"é\\u0000\\ud800😀":"\\u2028"}'), { 'é\0\ud800😀': '\u2028' })
  })

  test('fails on anything that is no object or array [A22]', async () => {
    assert.equal(await read('5'), 'the line is a number, not an object or array')
    assert.equal(await read('"x"'), 'the line is text, not an object or array')
    assert.equal(await read('null'), 'the line is null, not an object or array')
    assert.equal(await read('true'), 'the line is a boolean, not an object or array')
  })

  test('fails on what is not JSON [A22]', async () => {
    for (const line of [
      '',
      'hello',
      '{"a":1',
      "{'a':1}",
      '{"a":1}}',
      '{"a":NaN}',
      '\ufeff{}',
      '{"a":"\u0000"}',
      '[1,]'
    ]) {
      assert.match(String(await read(line)), /^not valid JSON: /)
    }
  })

  test('takes names of fields as data [A19]', async () => {
    const value = await read('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":2}')

    assert.deepEqual(Object.keys(value as object), ['__proto__', 'constructor', 'toString'])
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
    assert.equal('polluted' in {}, false)
    const big = await read('{"__proto__":{"polluted":12345678901234567890}}')
    assert.deepEqual(Object.keys(big as object), ['__proto__'])
    assert.equal('polluted' in {}, false)
  })

  test('keeps the digits of numbers that would be rounded [A18]', async () => {
    assert.deepEqual(await read('{"id":12345678901234567890,"n":[-9007199254740993],"x":1e400,"y":-1E+400}'), {
      id: '12345678901234567890',
      n: ['-9007199254740993'],
      x: '1e400',
      y: '-1E+400'
    })
  })

  test('leaves numbers that can be held, and text, as they are', async () => {
    assert.deepEqual(
      await read('[9007199254740991,9007199254740992,1e21,1.5,1e-400,"1234567890123456789",0.50000000000000000001]'),
      [9007199254740991, 9007199254740992, 1e21, 1.5, 0, '1234567890123456789', 0.5]
    )
  })

  test('rounds or fails instead when told to', async () => {
    assert.deepEqual(await read('{"id":12345678901234567890}', { big_numbers: 'round' }), { id: 12345678901234567000 })
    assert.equal(
      await read('{"id":12345678901234567890}', { big_numbers: 'error' }),
      'the number 12345678901234567890 (of "id") is too big to be held exactly'
    )
  })

  test('fails on nesting that is too deep, and goes on [A18]', async () => {
    const deep = `${'['.repeat(300_000)}12345678901234567890${']'.repeat(300_000)}`

    const { errors, values } = await runProcessor(parseJson, [deep, '{}'])

    assert.equal(errors.length, 1)
    assert.deepEqual(values, [{}])
  })

  test('with to_json gives back what went in', async () => {
    const lines = ['{"a":1,"__proto__":2}', '[[],{},"\\u2028",null]', '{"b":1.5e-7}']

    const records = await runProcessor(parseJson, lines)
    const { values } = await runProcessor(toJson, records.values)

    assert.deepEqual(values, ['{"a":1,"__proto__":2}', '[[],{},"\u2028",null]', '{"b":1.5e-7}'])
  })
})
