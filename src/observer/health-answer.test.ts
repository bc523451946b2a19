import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { jsonText } from '../contract/name-map.ts'
import { LANE, type Region } from '../shared-memory/index.ts'
import { delivered, describePipeline, regionFor } from './observe-recording-fixtures.ts'
import { Observer } from './observer.ts'
import { RecordingLane } from './recording-lane-fixtures.ts'
import { createReveal } from './reveal.ts'

const PIPELINE = describePipeline(['start', 'slow'], ['end'])
const SLOW = 1

/** A lane that has recorded a line and runs, and an observer of it. `passTime` makes both see a later moment. */
function observed(secrets: string[] = []) {
  const region: Region = { ...regionFor(PIPELINE, true) }
  const lane = new RecordingLane(region)
  lane.record([delivered('x', [0, 2])])
  lane.publish('running')
  const observer = new Observer({ pipeline: PIPELINE, regions: [region], reveal: createReveal(secrets), version: '1' })
  const passTime = (milliseconds: number): void => {
    ;(region as { monotonicOriginMilliseconds: number }).monotonicOriginMilliseconds -= milliseconds
  }
  return { region, lane, observer, passTime }
}

describe('health', () => {
  test('is ok while lines flow, and names what was said at the start', () => {
    const { observer } = observed()
    observer.setStatus({ warnings: ['no default'] })

    const { status, problems, warnings, state, stop_reason, exit_code } = observer.health()

    assert.deepEqual(
      { status, problems, state, stop_reason, exit_code },
      {
        status: 'ok',
        problems: [],
        state: 'running',
        stop_reason: null,
        exit_code: null
      }
    )
    assert.deepEqual(warnings, ['no default'])
  })

  test('is degraded while a processor does not give the thread back, also when the run is to stop', () => {
    const { observer, lane, passTime } = observed()
    lane.control.enter(SLOW, lane.now())
    assert.equal(observer.health().status, 'ok')

    passTime(6_000)

    for (const state of ['running', 'stopping'] as const) {
      observer.setStatus({ state })
      const { status, problems, lanes } = observer.health()
      assert.equal(status, 'degraded', state)
      assert.deepEqual(problems, ['Lane 0 has been in processor "slow" for 6 s.'])
      assert.equal(lanes[0]?.busy_processor, 'slow')
    }
  })

  test('is degraded while a lane gives no sign of life, but not while it waits for lines', () => {
    const { observer, lane, passTime } = observed()
    passTime(6_000)

    assert.deepEqual(observer.health().problems, ['Lane 0 has given no sign of life for 6 s.'])
    assert.equal(observer.health().status, 'degraded')

    lane.control.setState('idle')
    observer.poll()
    assert.equal(observer.health().status, 'ok')
  })

  test('is failing when lines are missing or too many, and counts them', () => {
    for (const [lost, problem] of [
      [1, '1 line is unaccounted for. This is a fault of Linescope.'],
      [3, '3 lines are unaccounted for. This is a fault of Linescope.'],
      [-2, '-2 lines are unaccounted for. This is a fault of Linescope.']
    ] as const) {
      const { observer, lane } = observed()
      lane.values[LANE.entered] += lost
      lane.publish('running')

      assert.equal(observer.health().status, 'failing')
      assert.deepEqual(observer.health().problems, [problem])
    }
  })

  test('is failing after a failure, says why, and calls a dead lane neither busy nor silent', () => {
    const { observer, lane, passTime } = observed()
    lane.control.enter(SLOW, lane.now())
    passTime(60_000)

    observer.setStatus({ state: 'failed', stopReason: 'the lane ran out of memory', exitCode: 1 })

    const { status, problems, exit_code } = observer.health()
    assert.deepEqual(
      { status, problems, exit_code },
      {
        status: 'failing',
        problems: ['the lane ran out of memory'],
        exit_code: 1
      }
    )
  })

  test('is ok when the run is finished, however long ago', () => {
    const { observer, passTime } = observed()
    observer.setStatus({ state: 'finished', exitCode: 0 })
    passTime(3_600_000)

    assert.equal(observer.health().status, 'ok')
  })

  test('is degraded when shared memory holds what nobody writes', () => {
    const { observer, region } = observed()
    new Int32Array(region.buffer).fill(0x7ffffff1)

    const { status, problems } = observer.health()

    assert.notEqual(status, 'ok')
    assert.match(problems.join(' '), /pieces of telemetry could not be read/)
  })

  test('masks values of the environment in sources, warnings and reasons', () => {
    const { observer } = observed(['hunter2-token'])
    observer.setStatus({
      sources: ['/logs/hunter2-token/x.log'],
      warnings: ['about hunter2-token'],
      stopReason: 'cannot read /logs/hunter2-token/x.log'
    })

    const answers = [observer.health(), observer.stats(), observer.traces(10)].map(jsonText).join()

    assert.doesNotMatch(answers, /hunter2/)
    assert.match(answers, /"file":"\/logs\/\*\*\*\/x\.log"/)
    assert.match(answers, /cannot read \/logs\/\*\*\*\/x\.log/)
  })
})
