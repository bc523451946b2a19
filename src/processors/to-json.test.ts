import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { LineValue } from '../sdk/index.ts'
import { ODD_LINES, runProcessor, verifyProcessor } from '../testing/index.ts'
import { toJson } from './to-json.ts'

async function write(line: LineValue): Promise<unknown> {
  const { values, errors } = await runProcessor(toJson, [line])
  return values[0] ?? errors[0]?.message
}

describe('to_json', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(toJson))

  test('writes a record as one line', async () => {
    assert.equal(await write({ b: 'x\ny', a: [1, null, true] }), '{"b":"x\\ny","a":[1,null,true]}')
    assert.equal(await write([]), '[]')
  })

  test('writes text as a JSON string, so that it can be read back', async () => {
    for (const line of ODD_LINES) {
      const json = String(await write(line))
      assert.equal(JSON.parse(json), line)
      assert.ok(!json.includes('\n'))
    }
    assert.equal(await write('\ud800'), '"\\ud800"')
  })

  test('fails on numbers that JSON does not have', async () => {
    assert.equal(await write({ a: [{ b: Number.NaN }] }), 'the record holds NaN, which JSON has no number for')
    assert.equal(await write([Number.NEGATIVE_INFINITY]), 'the record holds -Infinity, which JSON has no number for')
    assert.equal(await write({ a: null, b: 'null' }), '{"a":null,"b":"null"}')
  })

  test('fails on values that are no JSON at all', async () => {
    const circular: { self?: unknown } = {}
    circular.self = circular

    assert.match(String(await write(circular as LineValue)), /circular/i)
    assert.match(String(await write({ a: 1n } as unknown as LineValue)), /BigInt/)
  })
})
