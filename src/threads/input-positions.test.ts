import assert from 'node:assert/strict'
import { test } from 'node:test'

import { InputPositions } from './input-positions.ts'

const stored = { device: '1', inode: '2', isCompressed: false }

function opened(turn: number, sourceNumber = turn - 1) {
  return {
    turn,
    sourceNumber,
    name: `${sourceNumber}.log`,
    file: `/${sourceNumber}.log`,
    stored,
    start: { offset: 0, lineNumber: 0 }
  }
}

function where(positions: InputPositions): (readonly [number, number, number, boolean])[] {
  return positions.all().map(one => [one.sourceNumber, one.offset, one.lineNumber, one.isFinished] as const)
}

test('a snapshot says where the newest input stands; those before it are finished', () => {
  const positions = new InputPositions([])
  positions.began(opened(1))
  positions.ended({ turn: 1, offset: 100, lineNumber: 10, endsFile: true })
  positions.began(opened(2))
  assert.equal(positions.settle(2, 40, 4), true)
  assert.deepEqual(where(positions), [
    [0, 100, 10, true],
    [1, 40, 4, false]
  ])
})

test('a snapshot that is ahead of the messages waits for them', () => {
  const positions = new InputPositions([])
  assert.equal(positions.settle(0, 0, 0), true)
  assert.equal(positions.settle(1, 10, 1), false)
  positions.began(opened(1))
  assert.equal(positions.settle(2, 10, 1), false)
  positions.began(opened(2))
  assert.equal(positions.settle(2, 10, 1), false, 'the end of the first is not known')
  assert.deepEqual(where(positions), [])
  positions.ended({ turn: 1, offset: 5, lineNumber: 1, endsFile: true })
  assert.equal(positions.settle(2, 10, 1), true)
})

test('an input is finished when all up to its end is settled, and not before', () => {
  const positions = new InputPositions([])
  positions.began(opened(1))
  positions.ended({ turn: 1, offset: 100, lineNumber: 10, endsFile: true })
  positions.settle(1, 90, 9)
  assert.deepEqual(where(positions), [[0, 90, 9, false]])
  positions.settle(1, 100, 10)
  assert.deepEqual(where(positions), [[0, 100, 10, true]])
})

test('files that are read by turns keep a position each', () => {
  const positions = new InputPositions([])
  positions.began(opened(1, 0))
  positions.ended({ turn: 1, offset: 50, lineNumber: 5, endsFile: false })
  positions.began(opened(2, 1))
  positions.ended({ turn: 2, offset: 30, lineNumber: 3, endsFile: false })
  positions.began(opened(3, 0))
  positions.settle(3, 70, 7)
  assert.deepEqual(where(positions), [
    [0, 70, 7, false],
    [1, 30, 3, false]
  ])
})

test('what a run goes on from stands until a lane has got further, files only', () => {
  const before = {
    sourceNumber: 4,
    name: 'a.log',
    path: '/a.log',
    stored,
    head: undefined,
    offset: 9,
    lineNumber: 1,
    isFinished: false
  }
  const positions = new InputPositions([before, { ...before, sourceNumber: 5, stored: undefined }])
  assert.deepEqual(where(positions), [[4, 9, 1, false]])
  positions.began(opened(1, 4))
  assert.deepEqual(where(positions), [[4, 9, 1, false]])
  positions.settle(1, 20, 2)
  assert.deepEqual(where(positions), [[4, 20, 2, false]])
  positions.released(4)
  assert.deepEqual(where(positions), [])
})

test('after a restart the inputs are counted anew; what was not settled is void', () => {
  const positions = new InputPositions([])
  positions.began(opened(1))
  positions.settle(1, 50, 5)
  positions.ended({ turn: 1, offset: 100, lineNumber: 10, endsFile: true })
  positions.restart()
  assert.equal(positions.settle(1, 60, 6), false)
  positions.began(opened(1))
  assert.equal(positions.settle(1, 60, 6), true)
  assert.deepEqual(where(positions), [[0, 60, 6, false]])
})
