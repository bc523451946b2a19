import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { z } from 'zod'

import { option } from './options.ts'

function refusal(schema: z.ZodType, value: unknown): string {
  const result = schema.safeParse(value)
  assert.ok(!result.success, `${String(value)} was accepted`)
  assert.equal(result.error.issues.length, 1)
  return result.error.issues[0].message
}

describe('option.duration', () => {
  test('reads units, fractions, sums and plain milliseconds', () => {
    const schema = option.duration()

    const read = ['100ms', '1s', '2m', '1.5s', '1h30m', '1h 30m', '0.1s', '2d', '250', 250, 0, 0.5].map(value =>
      schema.parse(value)
    )

    assert.deepEqual(read, [100, 1000, 120_000, 1500, 5_400_000, 5_400_000, 100, 172_800_000, 250, 250, 0, 0.5])
  })

  test('says how a duration is written', () => {
    for (const value of [
      '',
      'soon',
      '5 apples',
      '-1s',
      '1e309',
      '1S',
      '1,5s',
      true,
      Number.NaN,
      Number.POSITIVE_INFINITY
    ]) {
      assert.match(refusal(option.duration(), value), /^must be a duration such as "100ms", "1\.5s" or "2m", not /)
    }
  })

  test('names the range that a value is out of', () => {
    const schema = option.duration({ min: '10ms', max: '5m' })

    for (const value of [9, 300_001, -1, '9ms', '301s', '1h']) {
      assert.match(refusal(schema, value), /^must be from 10 ms to 5 m, not /)
    }
    assert.deepEqual(
      [10, '5m'].map(value => schema.parse(value)),
      [10, 300_000]
    )
  })

  test('refuses without a range of its own what a timer cannot wait [G8]', () => {
    assert.equal(refusal(option.duration(), 2 ** 31), 'must be from 0 ms to 24 d, not 2147483648')
  })

  test('has a default that editors show as it is written', () => {
    const schema = option.duration({ default: '1s' })

    assert.equal(schema.parse(undefined), 1000)
    assert.equal(z.toJSONSchema(schema, { target: 'draft-07', io: 'input' }).default, '1s')
  })
})

describe('option.bytes', () => {
  test('reads decimal and binary units and plain bytes', () => {
    const schema = option.bytes()

    const read = ['64KiB', '1MB', '1 MB', '1.5MiB', '10kB', '10KB', '7B', '2GiB', '100', 100].map(value =>
      schema.parse(value)
    )

    assert.deepEqual(read, [65_536, 1_000_000, 1_000_000, 1_572_864, 10_000, 10_000, 7, 2_147_483_648, 100, 100])
  })

  test('refuses units that mean different things to different people', () => {
    for (const value of ['1K', '1M', '1Mb', '1kb', '64kib']) {
      assert.equal(refusal(option.bytes(), value), `must be a size such as "64KiB" or "1MB", not "${value}"`)
    }
  })

  test('refuses parts of a byte, and names the range', () => {
    assert.equal(refusal(option.bytes(), '0.1KiB'), 'must be a whole number of bytes, not "0.1KiB"')
    assert.match(refusal(option.bytes(), 1.5), /^must be a size such as/)
    assert.equal(refusal(option.bytes({ min: 1, max: '1GiB' }), '2GiB'), 'must be from 1 B to 1 GiB, not "2GiB"')
    assert.equal(refusal(option.bytes({ min: 1, max: '1GiB' }), 0), 'must be from 1 B to 1 GiB, not 0')
  })
})

describe('option.integer', () => {
  test('takes whole numbers of its range and has a default', () => {
    const schema = option.integer({ min: 1, max: 64, default: 8 })

    assert.deepEqual(
      [1, 64, undefined].map(value => schema.parse(value)),
      [1, 64, 8]
    )
    for (const value of [0, 65, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '8', null, [], {}]) {
      assert.match(refusal(schema, value), /^must be a whole number from 1 to 64, not /)
    }
  })

  test('leaves it to the reader of the file to say that a value is missing', () => {
    assert.match(refusal(option.integer(), undefined), /^Invalid input/)
  })
})

describe('option.condition', () => {
  test('gives the text back, and for a mistake its place and what to do', () => {
    const schema = option.condition()

    assert.equal(schema.parse('line.contains("x")'), 'line.contains("x")')
    const result = schema.safeParse('line.contains("x") && lnie == "y"')
    assert.deepEqual(result.error?.issues, [
      {
        code: 'custom',
        path: [],
        message: 'unknown name "lnie"',
        params: { offset: 22, hint: 'Did you mean "line"?' }
      }
    ])
  })

  test('points into the text at a pattern that is not valid', () => {
    const [issue] = option.condition().safeParse("line.matches('(')").error!.issues

    assert.deepEqual(issue?.code === 'custom' && issue.params, { offset: 13 })
  })
})

describe('option.path and option.text', () => {
  test('refuse what is empty or no text', () => {
    assert.equal(refusal(option.path(), ''), 'must not be empty')
    assert.equal(refusal(option.path(), 'a\0b'), 'must not contain the character NUL')
    assert.equal(refusal(option.text({ minLength: 1 }), ''), 'must not be empty')
    assert.equal(refusal(option.text({ maxLength: 3 }), 'four'), 'must have at most 3 characters')
    assert.match(refusal(option.text(), 5), /expected string/)
    assert.equal(option.text({ default: 'x' }).parse(undefined), 'x')
  })
})

test('every kind has a JSON Schema with a description, for what is written and for what is read', () => {
  const description = 'What it is for.'
  const schemas = [
    option.duration({ description, default: '1s' }),
    option.bytes({ description, default: '1MB' }),
    option.integer({ description, default: 1 }),
    option.text({ description, default: '' }),
    option.condition({ description }),
    option.path({ description })
  ]
  for (const schema of schemas) {
    for (const io of ['input', 'output'] as const) {
      const json = z.toJSONSchema(z.strictObject({ it: schema }), { target: 'draft-07', io })
      const [property] = Object.values(json.properties ?? {})
      assert.ok(typeof property === 'object' && property.description?.startsWith(description))
    }
  }
})
