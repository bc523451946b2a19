import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MainControl } from './control/main.ts'
import { ControlReader } from './control/reader.ts'
import { LANE } from './counters.ts'
import { ErrorReader } from './errors/reader.ts'
import { ErrorWriter } from './errors/writer.ts'
import { JourneyReader } from './journeys/reader.ts'
import { JourneyWriter } from './journeys/writer.ts'
import { FULL, headerWord, READING, STATE } from './pages/layout.ts'
import { recoverLane, recoverObserver } from './recovery.ts'
import { openRegion, type Region } from './region.ts'
import { SnapshotWriter } from './snapshot/writer.ts'
import { testRegion } from './test-region.ts'

function addLine(writer: JourneyWriter, text: string): void {
  const bytes = Buffer.from(`${text}\n`)
  writer.beginBatch({
    sourceNumber: 0,
    offset: 0,
    firstLineNumber: 1,
    readAtMilliseconds: 0,
    settledAtMilliseconds: 0
  })
  writer.addLines(bytes, Int32Array.of(0, bytes.length), 0, 1, Int32Array.of(0), Int32Array.of(1))
}

function publishWritten(region: Region, journeys: JourneyWriter): void {
  const snapshot = new SnapshotWriter(region)
  snapshot.values[LANE.journeys_written] = journeys.written
  snapshot.publish(1)
}

test('journeys of a dead lane that are in no snapshot are void; its successor’s are not', () => {
  const region = testRegion()
  new MainControl(region).nextEpoch()
  const dead = new JourneyWriter(region, 1)
  addLine(dead, 'settled')
  publishWritten(region, dead)
  addLine(dead, 'not in a snapshot')
  dead.flush(Number.POSITIVE_INFINITY)
  addLine(dead, 'not even handed over')
  recoverLane(region, 1)
  const successor = new JourneyWriter(region, 2)
  addLine(successor, 'not in a snapshot')
  successor.flush(Number.POSITIVE_INFINITY)
  const reader = new JourneyReader(region)
  const journeys = reader.poll()
  assert.deepEqual(
    journeys.map(journey => [journey.epoch, Buffer.from(journey.text).toString()]),
    [
      [1, 'settled'],
      [2, 'not in a snapshot']
    ]
  )
  assert.equal(reader.voided, 1)
  assert.deepEqual(reader.deaths(), [{ epoch: 1, voidFrom: 1 }])
  assert.deepEqual(reader.ledger(), { written: 3, freed: 3, held: 0, overwritten: 0, dropped: 0 })
})

test('a lane that died before its first snapshot leaves only void journeys, whatever its predecessor had published', () => {
  const region = testRegion()
  const control = new MainControl(region)
  const first = new JourneyWriter(region, control.nextEpoch())
  for (const text of ['lost', 'with', 'its lane']) addLine(first, text)
  publishWritten(region, first)
  recoverLane(region, 1)
  const second = new JourneyWriter(region, control.nextEpoch())
  addLine(second, 'runs again')
  second.flush(Number.POSITIVE_INFINITY)
  recoverLane(region, 2)
  const reader = new JourneyReader(region)
  assert.deepEqual(reader.poll(), [])
  assert.equal(reader.voided, 1)
})

test('a reader that delivered journeys before they became void learns of it', () => {
  const region = testRegion()
  const dead = new JourneyWriter(region, 7)
  addLine(dead, 'delivered, then void')
  dead.flush(Number.POSITIVE_INFINITY)
  const reader = new JourneyReader(region)
  assert.equal(reader.poll().length, 1)
  recoverLane(region, 7)
  assert.deepEqual(reader.deaths(), [{ epoch: 7, voidFrom: 0 }])
})

test('only the last 16 deaths are remembered', () => {
  const region = testRegion()
  for (let epoch = 1; epoch <= 20; epoch++) recoverLane(region, epoch)
  assert.deepEqual(
    new JourneyReader(region)
      .deaths()
      .map(death => death.epoch)
      .toSorted((a, b) => a - b),
    Array.from({ length: 16 }, (_, index) => index + 5)
  )
})

test('errors of a dead lane stay', () => {
  const region = testRegion()
  const dead = new ErrorWriter(region, 1)
  const error = {
    node: 0,
    attempt: 1,
    isFinal: true,
    sourceNumber: 0,
    offset: 0,
    lineNumber: 1,
    atMilliseconds: 0,
    name: 'Error',
    message: 'broken',
    stack: '',
    line: 'x'
  }
  dead.write(error)
  dead.flush(Number.POSITIVE_INFINITY)
  dead.write(error)
  recoverLane(region, 1)
  const successor = new ErrorWriter(region, 2)
  successor.write(error)
  successor.flush(Number.POSITIVE_INFINITY)
  assert.deepEqual(
    new ErrorReader(region).poll().map(({ epoch, sequence }) => [epoch, sequence]),
    [
      [1, 0],
      [2, 1]
    ]
  )
  assert.equal(new ControlReader(region).read().state, 'failed')
})

test('a page that a dead observer was reading goes back to the ring and is delivered to its successor', () => {
  const region = testRegion()
  const writer = new JourneyWriter(region, 1)
  addLine(writer, 'copied by nobody')
  writer.flush(Number.POSITIVE_INFINITY)
  const { cells, layout } = openRegion(region)
  assert.equal(cells.compareExchange(layout.journeys + headerWord(0) + STATE, FULL, READING), FULL)
  assert.equal(new JourneyReader(region).poll().length, 0)
  recoverObserver(region)
  const reader = new JourneyReader(region)
  assert.equal(reader.poll().length, 1)
  assert.deepEqual(reader.ledger(), { written: 1, freed: 1, held: 0, overwritten: 0, dropped: 0 })
})
