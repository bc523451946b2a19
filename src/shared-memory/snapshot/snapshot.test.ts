import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MainControl } from '../control/main.ts'
import { counterCount, LANE, NODE } from '../counters.ts'
import { testRegion } from '../test-region.ts'
import { SnapshotReader } from './reader.ts'
import { SnapshotWriter } from './writer.ts'

test('a snapshot carries every counter, its time and its number', () => {
  const region = testRegion()
  const writer = new SnapshotWriter(region)
  writer.values.forEach((_, index) => {
    writer.values[index] = index * 2 ** 40 + 0.5
  })
  writer.publish(12.25)
  const { values, atMilliseconds, sequence, isFresh } = new SnapshotReader(region).read()
  assert.equal(values.length, counterCount(region.shape))
  assert.deepEqual([...values], [...writer.values])
  assert.deepEqual({ atMilliseconds, sequence, isFresh }, { atMilliseconds: 12.25, sequence: 1, isFresh: true })
})

test('a snapshot tells which lane published it, also when that lane is gone', () => {
  const region = testRegion()
  const control = new MainControl(region)
  control.nextEpoch()
  control.nextEpoch()
  const reader = new SnapshotReader(region)
  const writer = new SnapshotWriter(region)
  control.nextEpoch()
  writer.publish(1)
  assert.equal(reader.read().epoch, 2)
  new SnapshotWriter(region).publish(2)
  assert.equal(reader.read().epoch, 3)
})

test('before the first publish the sequence is 0', () => {
  assert.equal(new SnapshotReader(testRegion()).read().sequence, 0)
})

test('values are private: nothing is seen before the publish', () => {
  const region = testRegion()
  const writer = new SnapshotWriter(region)
  const reader = new SnapshotReader(region)
  writer.values[LANE.entered] = 10
  assert.equal(reader.read().values[LANE.entered], 0)
  assert.ok(!(writer.values.buffer instanceof SharedArrayBuffer))
})

test('a lane that takes over a region counts on from its predecessor’s last snapshot', () => {
  const region = testRegion()
  const first = new SnapshotWriter(region)
  first.values[LANE.entered] = 10
  first.publish(1)
  first.values[LANE.entered] = 99
  const second = new SnapshotWriter(region)
  assert.equal(second.values[LANE.entered], 10)
  second.publish(2)
  assert.equal(new SnapshotReader(region).read().sequence, 2)
})

test('indexes within a node’s stride do not overlap', () => {
  assert.equal(new Set(Object.values(NODE)).size, Object.keys(NODE).length)
})
