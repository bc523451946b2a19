import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { runProcessor, verifyProcessor } from '../testing/index.ts'
import { filter } from './filter.ts'

describe('filter', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(filter, { options: { when: 'line != ""' } }))

  test('keeps the lines for which the condition holds and drops the others', async () => {
    const { values, drops } = await runProcessor(filter, ['a', 'b', ''], { options: { when: 'line in ["a", ""]' } })

    assert.deepEqual(values, ['a', ''])
    assert.deepEqual(drops, [{ lineNumber: 2, reason: 'filtered' }])
  })

  test('asks records too, and drops those without the field', async () => {
    const { values, errors } = await runProcessor(filter, [{ level: 5 }, { level: 1 }, {}, 'text'], {
      options: { when: 'line.level > 3' }
    })

    assert.deepEqual(values, [{ level: 5 }])
    assert.deepEqual(errors, [])
  })

  test('sees where the line comes from', async () => {
    const { values } = await runProcessor(filter, ['header', 'row'], {
      options: { when: 'line_number > 1 && source == "data.csv" && file == "/data.csv" && tag == "filter"' },
      context: { source: 'data.csv', file: '/data.csv' }
    })

    assert.deepEqual(values, ['row'])
  })

  test('warns of patterns that can be slow and refuses what is no condition', () => {
    assert.equal(filter.warnings!({ when: 'line.matches("(a)\\\\1")' }).length, 1)
    assert.equal(filter.options!.safeParse({ when: 'line' }).success, false)
    assert.equal(filter.options!.safeParse({}).success, false)
    assert.equal(filter.options!.safeParse({ when: 'true', wen: 'true' }).success, false)
  })
})
