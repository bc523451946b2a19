// What a lane published last is in the first answer that says that it has finished: nobody asks again after that.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createRegion } from '../shared-memory/index.ts'
import { delivered, describePipeline } from './observe-recording-fixtures.ts'
import { Observer } from './observer.ts'
import { RecordingLane } from './recording-lane-fixtures.ts'
import { createReveal } from './reveal.ts'

const GENERAL = 0
const END = 1

test('the answer that says that the run has finished has its last lines in every number', () => {
  const shape = { processorCount: 1, sinkCount: 1, edgeCount: 1, trace: true, chunkSlots: 0, chunkSlotBytes: 0 }
  const region = createRegion(shape)
  const lane = new RecordingLane(region)
  lane.publish('running')
  const pipeline = describePipeline(['general'], ['end'])
  const observer = new Observer({ pipeline, regions: [region], reveal: createReveal(), version: '1.2.3' })
  assert.deepEqual(observer.stats().paths, [])
  assert.equal(observer.stats().end_to_end.p50, null)

  lane.record([delivered('one', [GENERAL, END]), delivered('two', [GENERAL, END])])
  lane.publish('finished')
  observer.poll()

  const stats = observer.stats()
  assert.equal(stats.state, 'finished')
  assert.equal(stats.total_lines_processed, 2)
  assert.equal(stats.paths[0]?.lines, 2)
  assert.notEqual(stats.end_to_end.p50, null)
  assert.equal(observer.paths(100).distinct, 1)
})
