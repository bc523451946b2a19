import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { runProcessor, verifyProcessor } from '../testing/index.ts'
import { delay } from './delay.ts'

describe('delay', () => {
  test('keeps what every processor keeps to', () => verifyProcessor(delay, { options: { ms: 0 } }))

  test('passes lines on as they are, and not before their time', async () => {
    const start = performance.now()

    const { values } = await runProcessor(delay, ['a', { b: 1 }, ''], { options: { ms: 20 } })

    assert.deepEqual(values, ['a', { b: 1 }, ''])
    assert.ok(performance.now() - start >= 60)
  })

  test('with block asks for the thread to sleep', async () => {
    const { values, blockedMilliseconds } = await runProcessor(delay, ['a', 'b'], {
      options: { ms: '1.5s', block: true }
    })

    assert.deepEqual(values, ['a', 'b'])
    assert.equal(blockedMilliseconds, 3000)
  })

  test('ends the wait when the call is given up', async () => {
    const given = new AbortController()
    setTimeout(() => given.abort(), 10)

    const { errors } = await runProcessor(delay, ['a'], { options: { ms: '1h' }, context: { signal: given.signal } })

    assert.match(errors[0].message, /abort/i)
  })

  test('does not wait at all for 0', async () => {
    const { values } = await runProcessor(delay, ['a'], { options: { ms: 0, block: true } })

    assert.deepEqual(values, ['a'])
  })

  test('refuses times that no timer can wait [G8]', () => {
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 'soon', undefined]) {
      assert.equal(delay.options!.safeParse({ ms }).success, false, String(ms))
    }
  })
})
