import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { StrayErrors } from './stray-errors.ts'

describe('errors outside any call', () => {
  test('are said at first and then counted, however many come [E10]', () => {
    const log: string[] = []
    const stray = new StrayErrors(message => log.push(message))

    for (let line = 1; line <= 100_000; line++) stray.add('let go', new Error(`line ${line}`))
    stray.close()
    stray.close()

    assert.equal(log.length, 6)
    assert.match(log[0] ?? '', /^let go: Error: line 1\n +at /)
    assert.equal(log[5], 'errors outside any call: 99995 more like these')
  })

  test('are said again after the count', () => {
    const log: string[] = []
    const stray = new StrayErrors(message => log.push(message))
    for (let line = 1; line <= 6; line++) stray.add('let go', 'early')
    stray.close()

    stray.add('let go', 'late')
    stray.close()

    assert.equal(log.at(-1), 'let go: Error: late')
  })

  test('may be anything at all', () => {
    const log: string[] = []
    const stray = new StrayErrors(message => log.push(message))
    const hostile = new Error('never seen')
    for (const key of ['stack', 'message', 'name', 'toString']) {
      Object.defineProperty(hostile, key, {
        get() {
          throw new Error('from a getter')
        }
      })
    }
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic

    for (const thrown of [undefined, Symbol('s'), hostile, cyclic, Object.create(null)]) stray.add('let go', thrown)

    assert.equal(log.length, 5)
    for (const message of log) assert.match(message, /^let go: Error: /)
  })
})
