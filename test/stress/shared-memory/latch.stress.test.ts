// A thread publishes snapshots at full speed and this one reads them at full speed: none is torn, none is older than
// the one before. And latches that tear are seen to tear on this machine, without which the first part says nothing.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { Region } from '../../../src/shared-memory/index.ts'
import type { LatchHammerStart } from './latch-hammer.ts'
import { type Mutant, mutantRoom, ROOM } from './mutants.ts'

const MILLISECONDS = process.env['LINESCOPE_LONG'] === '1' ? 60_000 : 2_500
/** A broken latch has so long to show that it is. */
const CONTROL_MILLISECONDS = 20_000

interface Reading {
  reads: number
  fresh: number
  /** Reads that found a publish not seen before. */
  news: number
  torn: number
  backwards: number
}

type Room = typeof import('../../../src/shared-memory/index.ts')

async function startHammer(t: TestContext, room: string, pauses: boolean): Promise<{ region: Region; code: Room }> {
  const code = (await import(`${room}index.ts`)) as Room
  const shape = { processorCount: 4, sinkCount: 1, edgeCount: 4, trace: false, chunkSlots: 0, chunkSlotBytes: 0 }
  const region = code.createRegion(shape, { paths: 256 })
  const workerData: LatchHammerStart = { room, region, pauses }
  const worker = new Worker(new URL('./latch-hammer.ts', import.meta.url), { workerData })
  t.after(() => worker.terminate())
  const snapshots = new code.SnapshotReader(region)
  while (snapshots.read().sequence === 0) code.blockThread(1)
  return { region, code }
}

function readFor(milliseconds: number, { region, code }: { region: Region; code: Room }) {
  const reader = new code.SnapshotReader(region)
  const reading: Reading = { reads: 0, fresh: 0, news: 0, torn: 0, backwards: 0 }
  let last = 0
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    for (let turn = 0; turn < 256; turn++) {
      const { values, sequence, atMilliseconds, isFresh } = reader.read()
      reading.reads++
      if (isFresh) reading.fresh++
      if (sequence !== last) reading.news++
      if (sequence < last) reading.backwards++
      last = sequence
      const expected = sequence * (2 ** 32 + 1)
      if (atMilliseconds !== sequence || values.some(value => value !== expected)) reading.torn++
    }
    if (reading.torn + reading.backwards > 0) break
  }
  return reading
}

for (const pauses of [false, true]) {
  test(`no snapshot is torn or older than the one before, of a writer that ${pauses ? 'pauses' : 'never pauses'}`, async t => {
    const reading = readFor(MILLISECONDS, await startHammer(t, ROOM, pauses))
    t.diagnostic(JSON.stringify(reading))
    assert.equal(reading.torn, 0)
    assert.equal(reading.backwards, 0)
    assert.ok(reading.news > 100)
  })
}

// Plain stores are not among them: x86 keeps their order. latch.model.test.ts shows that they are a race.
const MUTANTS: readonly Mutant[] = [
  {
    what: 'no second look at the version',
    file: 'latch/reader.ts',
    changes: [{ from: '      if (this.#cells.load(versions + newest) !== version) continue\n', to: '' }]
  },
  {
    what: 'no odd mark before the words',
    file: 'latch/writer.ts',
    changes: [{ from: '    cells.store(version, (this.#version + 1) | 0)\n', to: '' }]
  },
  {
    what: 'one copy only',
    file: 'latch/writer.ts',
    changes: [{ from: 'const next = 1 - this.#newest', to: 'const next = this.#newest' }]
  }
]

for (const { what, file, changes } of MUTANTS) {
  test(`a latch is seen to fail that has ${what}`, async t => {
    const reading = readFor(CONTROL_MILLISECONDS, await startHammer(t, mutantRoom(t, file, changes), false))
    t.diagnostic(JSON.stringify(reading))
    assert.ok(reading.torn + reading.backwards > 0)
  })
}
