// A lane writes everything that there is in shared memory as fast as it can and an observer reads it as fast as it can,
// each in its own thread: nothing is torn, lost, doubled or out of order. And broken rings and slots are seen to break.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ChunkWriter, MainControl } from '../../../src/shared-memory/index.ts'
import { compileCache, Feeder, HammerLane, hammerRegion, Observer } from './hammer.ts'
import type { HammerEnd } from './hammer-lane.ts'
import type { ObserverEnd } from './hammer-observer.ts'
import { type Mutant, mutantRoom, ROOM } from './mutants.ts'

const MILLISECONDS = process.env['LINESCOPE_LONG'] === '1' ? 120_000 : 6_000
/** A broken ring has so long to show that it is. */
const CONTROL_MILLISECONDS = 20_000

/** Throws what lane or observer find wrong. */
async function hammer(
  t: TestContext,
  room: string,
  milliseconds: number
): Promise<{ readonly lane: HammerEnd; readonly observer: ObserverEnd }> {
  const region = hammerRegion()
  const env = compileCache(t)
  const control = new MainControl(region)
  const feeder = new Feeder(new ChunkWriter(region))
  const lane = new HammerLane({ room, region, epoch: control.nextEpoch() }, env)
  const observer = new Observer({ room, region, onlyPolls: false }, env)
  t.after(() => Promise.allSettled([lane.terminate(), observer.terminate()]))
  await Promise.all([lane.running(), observer.running()])
  for (const end = performance.now() + milliseconds; performance.now() < end; await sleep(1)) {
    feeder.feed()
    lane.check()
    observer.check()
  }
  control.requestStop()
  const laneEnd = await lane.end()
  return { lane: laneEnd, observer: await observer.end() }
}

test('nothing is torn, lost, doubled or out of order in a region that two threads hammer', async t => {
  const { lane, observer } = await hammer(t, ROOM, MILLISECONDS)
  const { found, lines, ledgers } = observer
  t.diagnostic(JSON.stringify({ ...found, lines }))
  t.diagnostic(`journeys ${JSON.stringify(ledgers.journeys)}`)
  t.diagnostic(`errors ${JSON.stringify(ledgers.errors)}`)
  t.diagnostic(`kept ${JSON.stringify(ledgers.kept)}`)
  assert.equal(ledgers.kept.written, lane.kept)
  assert.ok(found.kept > 100)
  assert.equal(lines, lane.lines)
  assert.equal(ledgers.journeys.written, lane.journeys)
  assert.equal(lane.journeys, lane.lines)
  assert.equal(ledgers.errors.written, lane.errors)
  assert.equal(ledgers.errors.freed + ledgers.errors.dropped, lane.errors)
  assert.ok(found.snapshots > 10 && found.journeys > 1_000 && found.errors > 10)
})

const MUTANTS: readonly Mutant[] = [
  {
    what: 'frees a page before it copies it',
    file: 'pages/reader.ts',
    changes: [{ from: '    copy({\n', to: '    cells.store(header + STATE, FREE)\n    copy({\n' }]
  },
  {
    what: 'overwrites a page that is being read',
    file: 'pages/writer.ts',
    changes: [
      {
        from: '      if (this.#cells.load(this.#base + headerWord(page) + STATE) !== FREE) continue\n      if (this.#exchange(page, FREE, WRITING)) return page',
        to: '      if (this.#exchange(page, FREE, WRITING) || this.#exchange(page, 3, WRITING)) return page'
      }
    ]
  },
  {
    what: 'gives a chunk back when it takes it',
    file: 'chunk-slots/reader.ts',
    changes: [
      {
        from: '    this.#taken = (serial + 1) | 0\n',
        to: '    this.#taken = (serial + 1) | 0\n    this.release(serial)\n'
      }
    ]
  }
]

for (const { what, file, changes } of MUTANTS) {
  test(`a region is seen to fail whose code ${what}`, async t => {
    await assert.rejects(hammer(t, mutantRoom(t, file, changes), CONTROL_MILLISECONDS), error => {
      t.diagnostic(String(error).split('\n')[0])
      return true
    })
  })
}
