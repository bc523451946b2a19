import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { ALL_ITEMS, IN_ENGINE, IN_EVENT_LOOP, type InFlight, type Progress, SOME_FORK } from '../shared-memory/index.ts'
import { type DeathScene, Suspicion } from './suspicion.ts'

const NOBODY: InFlight = { entries: [], total: 0, atMilliseconds: 0, isFresh: true }

function progress(changes: Partial<Progress>): Progress {
  return {
    node: 0,
    call: 1,
    sinceMilliseconds: 0,
    sourceNumber: 0,
    offset: 100,
    lineNumber: 11,
    byteLength: 10,
    item: 0,
    ...changes
  }
}

function death(changes: Partial<Progress>, rest: Partial<DeathScene> = {}): DeathScene {
  return {
    kind: 'killed',
    reason: 'because',
    progress: progress(changes),
    inFlight: NOBODY,
    settled: { sourceNumber: 0, offset: 50 },
    ...rest
  }
}

function waiting(...offsets: number[]): InFlight {
  const entries = offsets.map(offset => ({
    sourceNumber: 0,
    offset,
    lineNumber: offset / 10,
    node: 1,
    attempt: 1,
    sinceMilliseconds: 0,
    isParked: false
  }))
  return { entries, total: offsets.length, atMilliseconds: 0, isFresh: true }
}

describe('the line that a lane dies with', () => {
  test('is guilty at once when it is known and hangs', () => {
    const suspicion = new Suspicion([])
    const finding = suspicion.examine(death({}, { kind: 'hung' }))
    assert.equal(finding.kind, 'guilty')
    const [doom] = suspicion.doomed
    assert.deepEqual(doom, {
      sourceNumber: 0,
      offset: 100,
      lineNumber: 11,
      node: 0,
      item: 0,
      code: 'hung',
      message: 'because'
    })
    assert.deepEqual(suspicion.suspects, [])
  })

  test('is one of a batch at first, and is looked for among its lines', () => {
    const suspicion = new Suspicion([])
    assert.equal(suspicion.examine(death({ item: ALL_ITEMS, byteLength: 400 }, { kind: 'hung' })).kind, 'suspects')
    assert.deepEqual(suspicion.suspects, [{ sourceNumber: 0, from: 100, to: 500 }])
    assert.equal(suspicion.examine(death({ offset: 230 }, { kind: 'hung' })).kind, 'guilty')
  })

  test('is guilty of a death when it has been there three times', () => {
    for (const first of [{ item: ALL_ITEMS, byteLength: 400 }, { item: 0 }]) {
      const suspicion = new Suspicion([])
      assert.equal(suspicion.examine(death(first)).kind, 'suspects')
      assert.equal(suspicion.examine(death({})).kind, 'suspects')
      assert.equal(suspicion.examine(death({})).kind, 'guilty')
      assert.equal(suspicion.doomed[0]?.code, 'killed_lane')
    }
  })

  test('is not guilty of what happened to another one, or in another processor', () => {
    const suspicion = new Suspicion([])
    for (const offset of [100, 200, 300, 400]) assert.equal(suspicion.examine(death({ offset })).kind, 'suspects')
    assert.equal(suspicion.examine(death({ offset: 400, node: 1 })).kind, 'suspects')
    assert.deepEqual(suspicion.doomed, [])
  })

  test('is run alone when it was forked, so that the instance is known', () => {
    const suspicion = new Suspicion([])
    assert.equal(suspicion.examine(death({ item: SOME_FORK }, { kind: 'hung' })).kind, 'suspects')
    assert.equal(suspicion.examine(death({ item: 7 }, { kind: 'hung' })).kind, 'guilty')
    assert.equal(suspicion.doomed[0]?.item, 7)
  })

  test('is any that an asynchronous call was started for, as long as several wait', () => {
    const suspicion = new Suspicion([])
    const outside = { node: IN_EVENT_LOOP, offset: 180, item: ALL_ITEMS }
    assert.equal(suspicion.examine(death(outside, { kind: 'hung', inFlight: waiting(100, 150) })).kind, 'suspects')
    assert.deepEqual(suspicion.suspects, [{ sourceNumber: 0, from: 50, to: 180 }])
    const finding = suspicion.examine(death(outside, { kind: 'hung', inFlight: waiting(150) }))
    assert.equal(finding.kind, 'guilty')
    assert.deepEqual([suspicion.doomed[0]?.offset, suspicion.doomed[0]?.node], [150, 1])
  })

  test('may be in any of the inputs between what is settled and what was begun', () => {
    const suspicion = new Suspicion([])
    suspicion.examine(death({ node: IN_ENGINE, sourceNumber: 2, offset: 30, item: ALL_ITEMS }))
    assert.deepEqual(suspicion.suspects, [
      { sourceNumber: 0, from: 50, to: Number.POSITIVE_INFINITY },
      { sourceNumber: 1, from: 0, to: Number.POSITIVE_INFINITY },
      { sourceNumber: 2, from: 0, to: 30 }
    ])
  })

  test('is none when the lane had not begun, or was in the engine and waited for nobody', () => {
    const suspicion = new Suspicion([])
    assert.equal(suspicion.examine(death({}, { progress: undefined })).kind, 'nobody')
    const nowhere = { node: IN_ENGINE, sourceNumber: -1, offset: 0, item: ALL_ITEMS }
    assert.equal(suspicion.examine(death(nowhere)).kind, 'nobody')
    assert.equal(suspicion.examine(death({ node: IN_ENGINE, offset: 50, item: ALL_ITEMS })).kind, 'nobody')
  })
})
