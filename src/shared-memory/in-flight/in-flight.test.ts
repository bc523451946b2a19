import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testRegion } from '../test-region.ts'
import { IN_FLIGHT_CAPACITY, type InFlightEntry } from './layout.ts'
import { InFlightReader } from './reader.ts'
import { InFlightWriter } from './writer.ts'

function entry(number: number): InFlightEntry {
  return {
    sourceNumber: 1,
    offset: 2 ** 40 + number,
    lineNumber: number,
    node: 2,
    attempt: 3,
    sinceMilliseconds: 4.5,
    isParked: number % 2 === 0
  }
}

test('the waiting lines come back as they were given', () => {
  const region = testRegion()
  new InFlightWriter(region).publish([entry(1), entry(2)], 77)
  assert.deepEqual(new InFlightReader(region).read(), {
    entries: [entry(1), entry(2)],
    total: 2,
    atMilliseconds: 77,
    isFresh: true
  })
})

test('only the oldest 64 are shown, and how many there are in all', () => {
  const region = testRegion()
  const writer = new InFlightWriter(region)
  const reader = new InFlightReader(region)
  writer.publish(Array.from({ length: 100 }, (_, number) => entry(number)))
  const { entries, total } = reader.read()
  assert.deepEqual(
    entries,
    Array.from({ length: IN_FLIGHT_CAPACITY }, (_, number) => entry(number))
  )
  assert.equal(total, 100)
  writer.publish([entry(5)], 0, 3_000)
  assert.deepEqual(reader.read().entries.length, 1)
  assert.equal(reader.read().total, 3_000)
})

test('an empty table is empty', () => {
  const region = testRegion()
  const writer = new InFlightWriter(region)
  writer.publish([entry(1)])
  writer.publish([])
  assert.deepEqual(new InFlightReader(region).read().entries, [])
})
