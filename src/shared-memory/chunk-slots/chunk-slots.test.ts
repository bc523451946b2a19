import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRegion, type Region } from '../region.ts'
import { testRegion } from '../test-region.ts'
import { PUBLISHED, RELEASED } from './layout.ts'
import { ChunkReader } from './reader.ts'
import { ChunkWriter } from './writer.ts'

function slots(): Region {
  return testRegion({ chunkSlots: 4, chunkSlotBytes: 100 })
}

function send(writer: ChunkWriter, text: string, offset = 0): boolean {
  const bytes = writer.acquire()
  if (bytes === undefined) return false
  const { written } = new TextEncoder().encodeInto(text, bytes)
  writer.publish({
    length: written,
    sourceNumber: 3,
    offset,
    readAtMilliseconds: 12,
    endsInput: text.endsWith('.'),
    endsSource: text.endsWith('!')
  })
  return true
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString()
}

test('chunks arrive in order, with their place and what they end', () => {
  const region = slots()
  const writer = new ChunkWriter(region)
  const reader = new ChunkReader(region)
  assert.equal(reader.next(), undefined)
  send(writer, 'one.', 2 ** 40 + 7)
  send(writer, 'two!')
  const first = reader.next()
  assert.equal(textOf(first?.bytes), 'one.')
  const { serial: _serial, bytes: _bytes, ...description } = first ?? assert.fail()
  assert.deepEqual(description, {
    length: 4,
    sourceNumber: 3,
    offset: 2 ** 40 + 7,
    readAtMilliseconds: 12,
    endsInput: true,
    endsSource: false
  })
  assert.equal(reader.next()?.endsSource, true)
  assert.equal(reader.next(), undefined)
})

test('main has to wait while the lane holds all slots, and a slot is reused only after its release', async () => {
  const region = slots()
  const writer = new ChunkWriter(region)
  const reader = new ChunkReader(region)
  for (const text of ['a', 'b', 'c', 'd']) assert.ok(send(writer, text))
  assert.equal(send(writer, 'e'), false)
  const chunks = [reader.next(), reader.next()]
  assert.equal(writer.held, 4)
  const room = writer.waitForRoom(60_000)
  reader.release(chunks[1]?.serial ?? assert.fail())
  await room
  assert.equal(writer.held, 2)
  assert.ok(send(writer, 'e'))
  assert.deepEqual(
    [reader.next(), reader.next(), reader.next()].map(chunk => textOf(chunk?.bytes)),
    ['c', 'd', 'e']
  )
})

test('a restarted lane gets the chunks that its predecessor had not released', () => {
  const region = slots()
  const writer = new ChunkWriter(region)
  const first = new ChunkReader(region)
  for (const text of ['a', 'b', 'c']) send(writer, text)
  first.release(first.next()?.serial ?? assert.fail())
  first.next()
  first.next()
  const second = new ChunkReader(region)
  assert.deepEqual(
    [second.next(), second.next(), second.next()].map(chunk => textOf(chunk?.bytes)),
    ['b', 'c', '']
  )
})

test('releasing twice or out of order gives nothing back that is still held', () => {
  const region = slots()
  const writer = new ChunkWriter(region)
  const reader = new ChunkReader(region)
  for (const text of ['a', 'b', 'c']) send(writer, text)
  const serials = [reader.next(), reader.next(), reader.next()].map(chunk => chunk?.serial ?? assert.fail())
  reader.release(serials[1])
  reader.release(serials[0])
  reader.release(serials[1])
  assert.equal(writer.held, 1)
})

test('the numbers of chunks wrap around', () => {
  const region = slots()
  const { cells, layout } = openRegion(region)
  cells.store(layout.chunkSlots + PUBLISHED, 2 ** 31 - 2)
  cells.store(layout.chunkSlots + RELEASED, 2 ** 31 - 2)
  const writer = new ChunkWriter(region)
  const reader = new ChunkReader(region)
  for (let round = 0; round < 3; round++) {
    for (const text of ['a', 'b', 'c', 'd']) assert.ok(send(writer, text + round))
    assert.equal(send(writer, 'e'), false)
    for (const text of ['a', 'b', 'c', 'd']) {
      const chunk = reader.next() ?? assert.fail()
      assert.equal(textOf(chunk.bytes), text + round)
      reader.release(chunk.serial)
    }
  }
})

test('a waiting lane wakes when a chunk comes', async () => {
  const region = slots()
  const reader = new ChunkReader(region)
  const waiting = reader.waitAsync(60_000)
  send(new ChunkWriter(region), 'here')
  await waiting
  reader.wait(60_000)
  assert.equal(textOf(reader.next()?.bytes), 'here')
  reader.wait(1)
})

test('a region without slots says so', () => {
  assert.throws(() => new ChunkWriter(testRegion()), /no chunk slots/)
  assert.throws(() => new ChunkReader(testRegion()), /no chunk slots/)
})

test('a chunk that was not acquired or does not fit is refused', () => {
  const region = slots()
  const writer = new ChunkWriter(region)
  for (const text of ['a', 'b', 'c', 'd']) send(writer, text)
  const chunk = { length: 1, sourceNumber: 0, offset: 0, readAtMilliseconds: 0, endsInput: false, endsSource: false }
  assert.throws(() => writer.publish(chunk), /No chunk slot/)
  assert.throws(() => new ChunkWriter(slots()).publish({ ...chunk, length: 101 }), /101 bytes/)
})
