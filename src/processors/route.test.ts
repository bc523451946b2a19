import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { z } from 'zod'

import { ODD_LINES, runProcessor, verifyProcessor } from '../testing/index.ts'
import { route } from './route.ts'

const LEVELS = [
  { when: 'line.contains("ERROR")', to: 'error' },
  { when: 'line.contains("WARN")', to: 'warn' },
  { to: 'general' }
]

describe('route', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(route, { options: LEVELS.slice(2) }))

  test('names the tag of the first rule that holds', async () => {
    const { outputs } = await runProcessor(route, ['a WARN', 'ERROR and WARN', 'fine', ''], { options: LEVELS })

    assert.deepEqual(Object.fromEntries(outputs), {
      error: ['ERROR and WARN'],
      warn: ['a WARN'],
      general: ['fine', '']
    })
  })

  test('passes every line on as it is', async () => {
    const { values } = await runProcessor(route, ODD_LINES, { options: LEVELS })

    assert.deepEqual(values, ODD_LINES)
  })

  for (const count of [1, 2, 3, 4, 7]) {
    test(`decides in order among ${count} rules, with and without a rule for the rest`, async () => {
      const options = Array.from({ length: count }, (_, index) => ({
        when: `line >= "${index}"`,
        to: `t${index}`
      })).reverse()
      const lines = ['!', '0', '1', '2', '3', '4', '5', '6', '7']
      const expected = lines.map(line => (line === '!' ? undefined : `t${Math.min(Number(line), count - 1)}`))

      const without = await runProcessor(route, lines, { options })
      const withRest = await runProcessor(route, lines, { options: [...options, { to: 'rest' }] })

      assert.deepEqual(
        without.emissions.map(({ tag }) => tag),
        expected.slice(1)
      )
      assert.deepEqual(without.drops, [{ lineNumber: 1, reason: 'no_rule' }])
      assert.deepEqual(
        withRest.emissions.map(({ tag }) => tag),
        expected.map(tag => tag ?? 'rest')
      )
    })
  }

  test('declares each tag once, in the order of the rules', () => {
    const options = [{ when: 'line == "a"', to: 'x' }, { when: 'line == "b"', to: 'y' }, { to: 'x' }]

    assert.deepEqual(typeof route.emits === 'function' && route.emits(options), ['x', 'y'])
  })

  test('routes records by their fields', async () => {
    const options = [{ when: 'line.status >= 500', to: 'bad' }, { to: 'good' }]

    const { outputs } = await runProcessor(route, [{ status: 503 }, { status: 200 }, {}], { options })

    assert.deepEqual(Object.fromEntries(outputs), { bad: [{ status: 503 }], good: [{ status: 200 }, {}] })
  })

  test('fails on a line that a condition cannot be asked of', async () => {
    const { errors, values } = await runProcessor(route, [{ a: 1 }], { options: LEVELS })

    assert.match(errors[0].message, /"contains" is for text, not for a record/)
    assert.deepEqual(values, [])
  })

  test('warns when lines can match no rule, and of patterns that can be slow', () => {
    const warnings = route.warnings!([{ when: 'line.matches("(?=a)b")', to: 'x' }])

    assert.equal(warnings.length, 2)
    assert.match(warnings[0], /cannot run in linear time/)
    assert.match(warnings[1], /no_rule/)
    assert.deepEqual(route.warnings!(LEVELS), [])
  })

  test('refuses rules that make no sense, and says where', () => {
    const refused = (options: unknown) => {
      const [issue] = route.options!.safeParse(options).error!.issues
      return [issue.path.join('.'), issue.message]
    }

    assert.deepEqual(refused([]), ['', 'needs at least one rule'])
    assert.deepEqual(refused([{ to: 'a' }, { when: 'true', to: 'b' }]), [
      '1',
      'no line comes as far as this rule: the one before it has no "when"'
    ])
    assert.deepEqual(refused([{ when: 'lin == "x"', to: 'a' }]), ['0.when', 'unknown name "lin"'])
    assert.deepEqual(refused([{ when: 'true', to: '' }]), ['0.to', 'must not be empty'])
    assert.deepEqual(refused([{ when: 'true' }])[0], '0.to')
    assert.deepEqual(refused([{ if: 'true', to: 'a' }])[0], '0')
    assert.deepEqual(refused({ when: 'true', to: 'a' })[0], '')
  })

  test('tells editors what a rule is', () => {
    const schema = z.toJSONSchema(route.options!, { target: 'draft-07', io: 'input' })

    assert.equal(schema.type, 'array')
    const items = schema.items as { required?: string[]; properties?: { when?: { description?: string } } }
    assert.deepEqual(items.required, ['to'])
    assert.match(items.properties?.when?.description ?? '', /^Which lines/)
  })
})
