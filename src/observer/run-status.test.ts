import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { runState } from './run-status.ts'

describe('the state of a run', () => {
  test('is starting until a lane runs', () => {
    assert.equal(runState({}, ['starting']), 'starting')
    assert.equal(runState({}, ['starting', 'running']), 'running')
  })

  test('is running while its lanes wait for lines', () => {
    assert.equal(runState({}, ['idle', 'finished']), 'running')
  })

  test('is finished when every lane is', () => {
    assert.equal(runState({}, ['finished', 'finished']), 'finished')
  })

  test('is failed as soon as one lane is', () => {
    assert.equal(runState({}, ['running', 'failed']), 'failed')
  })

  test('is what main says, whatever the lanes say', () => {
    assert.equal(runState({ state: 'finished' }, ['running']), 'finished')
  })
})
