import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { runProcessor, verifyProcessor } from '../testing/index.ts'
import { fail } from './fail.ts'

describe('fail', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(fail, { options: { when: 'line == "never"' } }))

  test('fails on the lines for which the condition holds and passes the others on', async () => {
    const { values, errors } = await runProcessor(fail, ['ok', 'an error', { a: 1 }], {
      options: { when: 'tag == "fail" && line == "an error"', message: 'An error occurred' }
    })

    assert.deepEqual(values, ['ok', { a: 1 }])
    assert.deepEqual(
      errors.map(({ lineNumber, message }) => [lineNumber, message]),
      [[2, 'An error occurred']]
    )
  })

  test('fails on every line when it is not told which', async () => {
    const { errors } = await runProcessor(fail, ['a', 'b'], { options: {} })

    assert.deepEqual(
      errors.map(({ message }) => message),
      ['Failed on purpose', 'Failed on purpose']
    )
  })

  test('with times fails only the first attempts of each line', async () => {
    const { values, errors } = await runProcessor(fail, ['a', 'b'], { options: { times: 2 }, attempts: 3 })

    assert.deepEqual(values, ['a', 'b'])
    assert.deepEqual(
      errors.map(({ lineNumber, attempt, isFinal }) => [lineNumber, attempt, isFinal]),
      [
        [1, 1, false],
        [1, 2, false],
        [2, 1, false],
        [2, 2, false]
      ]
    )
  })

  test('refuses options that make no sense', () => {
    for (const options of [{ times: 0 }, { times: 1.5 }, { message: '' }, { when: 'line' }, { wen: 'true' }]) {
      assert.equal(fail.options!.safeParse(options).success, false, JSON.stringify(options))
    }
  })
})
