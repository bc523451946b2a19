import assert from 'node:assert/strict'
import { test } from 'node:test'

import { JourneyExpressionError, parseJourneyExpression } from './journey-expression.ts'

const INFINITY = Number.POSITIVE_INFINITY

test('a text becomes the condition that it says, && before ||', () => {
  assert.deepEqual(parseJourneyExpression('visited(warn) && line ~ /time\\/out/i || !(hops >= 3)'), {
    any: [
      {
        all: [
          { test: 'visited', name: 'warn' },
          { test: 'regex', pattern: 'time\\/out', isCaseless: true }
        ]
      },
      { not: { test: 'hops', from: 3, to: INFINITY } }
    ]
  })
})

test('names in quotes may hold anything, and durations have units', () => {
  assert.deepEqual(parseJourneyExpression(String.raw`value("a \"b\" )")`), { test: 'value', value: 'a "b" )' })
  assert.deepEqual(parseJourneyExpression("path == 'start > end'"), { test: 'path', path: 'start > end' })
  assert.deepEqual(parseJourneyExpression('duration>=50ms'), { test: 'duration', from: 0.05, to: INFINITY })
  assert.deepEqual(parseJourneyExpression('id == 0:1427'), { test: 'id', id: '0:1427' })
  assert.deepEqual(parseJourneyExpression('outcome != dead'), { not: { test: 'outcome', outcome: 'dead' } })
  const { from } = parseJourneyExpression('attempts > 1') as { from: number }
  assert.ok(from > 1 && from < 2)
})

test('a mistake is told with its column', () => {
  for (const [text, message] of [
    ['', /^column 1: a condition is missing; there are visited\(…\)/],
    ['visited(warn) duration > 1s', /^column 15: expected && or \|\| here/],
    ['visited(warn) && ', /^column 17: a condition is missing/],
    ['  vsited(warn)', /^column 3: there is no condition vsited; there are /],
    ['duration > 50', /^column 12: 50 is no duration; write 50ms/],
    ['hops >= many', /^column 9: many is no whole number/],
    ['outcome == dropt', /^column 12: dropt is no outcome; there are in_flight, dead/],
    ['visited("warn)', /^column 9: a text whose closing quote is missing/],
    ['line ~ /a', /^column 8: a pattern whose closing \/ is missing/],
    ['line ~ /a/g', /^column 8: the only flag/],
    ['(visited(a)', /^column 12: expected \) here, not the end/],
    ['time > noon', /^column 8: noon is no moment/],
    ['!'.repeat(30), /^column 21: more than 20 levels deep/],
    ['a'.repeat(2_001), /longer than 2000 characters/]
  ] as const) {
    assert.throws(() => parseJourneyExpression(text), { message })
    assert.throws(() => parseJourneyExpression(text), JourneyExpressionError)
  }
})
