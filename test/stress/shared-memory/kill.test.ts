// A lane is terminated at a random instant, again and again, and each time its region is readable and whole, and the
// next lane goes on in it where the last snapshot says. The same for an observer. And broken recoveries are noticed.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Aftermath, aftermathOf } from './aftermath.ts'
import { compileCache, Feeder, HammerLane, hammerRegion, Observer } from './hammer.ts'
import { type Mutant, mutantRoom, ROOM } from './mutants.ts'
import { RegionChecker, type Room } from './region-checker.ts'

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const LANE_DEATHS = IS_LONG ? 1_000 : 200
const OBSERVER_DEATHS = IS_LONG ? 500 : 50
/** A broken recovery has so many deaths to show that it is. */
const CONTROL_DEATHS = 20
const LIFE_MILLISECONDS = 20
/** Every so many threads die while they start. */
const EARLY_DEATHS = 10
const START_MILLISECONDS = 100
const STUCK_MILLISECONDS = 5_000

async function loadRoom(room: string): Promise<Room> {
  return (await import(`${room}index.ts`)) as Room
}

function randomLife(isEarly: boolean): number {
  return Math.random() * (isEarly ? START_MILLISECONDS : LIFE_MILLISECONDS)
}

/** Throws what the checker or a lane finds wrong. */
async function killLanes(
  t: TestContext,
  room: string,
  count: number
): Promise<{ readonly checker: RegionChecker; readonly deaths: readonly Aftermath[] }> {
  const code = await loadRoom(room)
  const region = hammerRegion()
  const env = compileCache(t)
  const control = new code.MainControl(region)
  const feeder = new Feeder(new code.ChunkWriter(region))
  const checker = new RegionChecker(code, region)
  const deaths: Aftermath[] = []
  for (let death = 1; death <= count; death++) {
    const epoch = control.nextEpoch()
    const lane = new HammerLane({ room, region, epoch }, env)
    t.after(() => lane.terminate().catch(() => undefined))
    const isEarly = death % EARLY_DEATHS === 0
    if (!isEarly) await lane.running()
    for (const end = performance.now() + randomLife(isEarly); performance.now() < end; await turn()) {
      feeder.feed()
      checker.check()
    }
    await lane.terminate()
    deaths.push(aftermathOf(region))
    code.recoverLane(region, epoch)
    assert.equal(aftermathOf(region).owned, 0, 'a page is owned by the dead')
    assert.equal(new code.ControlReader(region).read().state, 'failed')
    checker.checkAtRest()
    checker.forgetVoid(epoch)
  }
  const lastLane = new HammerLane({ room, region, epoch: control.nextEpoch() }, env)
  t.after(() => lastLane.terminate().catch(() => undefined))
  await runLastLane(lastLane, control, feeder, checker)
  return { checker, deaths }
}

/** A lane that does not die, after all that did. */
async function runLastLane(
  lane: HammerLane,
  control: InstanceType<Room['MainControl']>,
  feeder: Feeder,
  checker: RegionChecker
): Promise<void> {
  await lane.running()
  const enough = checker.lines + 10_000
  let lines = checker.lines
  let since = performance.now()
  while (checker.lines < enough) {
    if (checker.lines > lines) since = performance.now()
    lines = checker.lines
    assert.ok(performance.now() - since < STUCK_MILLISECONDS, 'the last lane gets no further')
    feeder.feed()
    checker.check()
    lane.check()
    await turn()
  }
  control.requestStop()
  const end = await lane.end()
  const { journeys, kept } = checker.checkAtRest()
  assert.equal(checker.lines, end.lines)
  assert.equal(journeys.written, end.journeys)
  assert.equal(kept.written, end.kept)
}

test(`a lane that dies ${LANE_DEATHS} times at a random instant leaves a readable region each time [E4]`, async t => {
  const { checker, deaths } = await killLanes(t, ROOM, LANE_DEATHS)
  const count = (isOne: (death: Aftermath) => boolean): number => deaths.filter(isOne).length
  const owned = count(death => death.owned > 0)
  const half = count(death => death.halfPublished > 0)
  const unreleased = count(death => death.unreleasedChunks > 0)
  t.diagnostic(
    `of ${deaths.length} deaths ${owned} left a page half-filled, ${half} a snapshot, table or histogram half-published, ` +
      `${unreleased} chunks that were not given back`
  )
  const { rounds, snapshots, lines, journeys, voided, errors, kept } = checker
  t.diagnostic(JSON.stringify({ rounds, snapshots, lines, journeys, voided, errors, kept }))
  assert.ok(owned > 0 && half > 0 && unreleased > 0, 'no death was at a place that matters')
})

test(`an observer that dies ${OBSERVER_DEATHS} times at a random instant leaves all to its successor [E5]`, async t => {
  const code = await loadRoom(ROOM)
  const region = hammerRegion()
  const env = compileCache(t)
  const control = new code.MainControl(region)
  const feeder = new Feeder(new code.ChunkWriter(region))
  const lane = new HammerLane({ room: ROOM, region, epoch: control.nextEpoch() }, env)
  t.after(() => lane.terminate())
  await lane.running()
  let reading = 0
  for (let death = 1; death <= OBSERVER_DEATHS; death++) {
    const observer = new Observer({ room: ROOM, region, onlyPolls: true }, env)
    t.after(() => observer.terminate().catch(() => undefined))
    const isEarly = death % EARLY_DEATHS === 0
    if (!isEarly) await observer.running()
    for (const end = performance.now() + randomLife(isEarly); performance.now() < end; await turn()) {
      feeder.feed()
      lane.check()
      observer.check()
    }
    await observer.terminate()
    if (aftermathOf(region).reading > 0) reading++
    code.recoverObserver(region)
    assert.equal(aftermathOf(region).reading, 0, 'a page is owned by the dead')
  }
  control.requestStop()
  const end = await lane.end()
  const checker = new RegionChecker(code, region)
  checker.check()
  const journeys = new code.JourneyReader(region).ledger()
  const errors = new code.ErrorReader(region).ledger()
  const kept = new code.KeptReader(region).ledger()
  for (const { written, ...parts } of [journeys, errors, kept]) {
    const sum = Object.values(parts).reduce((total, part) => total + part, 0)
    assert.equal(sum, written)
  }
  assert.deepEqual([journeys.written, errors.written, kept.written], [end.journeys, end.errors, end.kept])
  assert.equal(checker.lines, end.lines)
  assert.ok(reading > 0, 'no death was at a place that matters')
  t.diagnostic(`${reading} of ${OBSERVER_DEATHS} deaths left a page half-read; ${JSON.stringify({ journeys, errors })}`)
})

const MUTANTS: readonly Mutant[] = [
  {
    what: 'leaves the page of kept journeys that a dead writer had',
    file: 'recovery.ts',
    changes: [{ from: 'recoverDeadWriter(cells, kept,', to: 'if (epoch < 0) recoverDeadWriter(cells, kept,' }]
  },
  {
    what: 'leaves the page of a dead writer as it is',
    file: 'pages/recovery.ts',
    changes: [{ from: 'headersIn(cells, ring, WRITING)', to: 'headersIn(cells, ring, 99)' }]
  },
  {
    what: 'begins with no numbers after a death',
    file: 'latch/writer.ts',
    changes: [{ from: 'if (first === 0 && second === 0) return', to: 'return' }]
  },
  {
    what: 'begins with chunks that the dead lane had not been given yet',
    file: 'chunk-slots/reader.ts',
    changes: [
      {
        from: 'this.#taken = cells.load(this.#base + RELEASED)',
        to: 'this.#taken = cells.load(this.#base + PUBLISHED)'
      }
    ]
  },
  {
    what: 'takes the snapshot of a predecessor for one of the dead lane',
    file: 'recovery.ts',
    changes: [{ from: 'snapshot.epoch === epoch ?', to: 'snapshot.epoch >= 0 ?' }]
  },
  {
    what: 'numbers paths from the start again',
    file: 'paths/writer.ts',
    changes: [{ from: 'this.#adoptTable(cells.load(this.#base + LENGTH))', to: 'this.#adoptTable(0)' }]
  }
]

for (const { what, file, changes } of MUTANTS) {
  test(`a region is seen to fail whose code ${what}`, async t => {
    await assert.rejects(killLanes(t, mutantRoom(t, file, changes), CONTROL_DEATHS), error => {
      t.diagnostic(String(error).split('\n')[0])
      return true
    })
  })
}
