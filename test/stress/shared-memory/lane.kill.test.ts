// A lane is terminated at a random instant, again and again, and each time its region is readable and whole, and the
// next lane goes on in it where the last snapshot says.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import * as code from '../../../src/shared-memory/index.ts'
import { type Aftermath, aftermathOf } from './aftermath.ts'
import { compileCache, Feeder, HammerLane, hammerRegion } from './hammer.ts'
import { ROOM } from './mutants.ts'
import { RegionChecker } from './region-checker.ts'

const DEATHS = process.env['LINESCOPE_LONG'] === '1' ? 1_000 : 200
const LIFE_MILLISECONDS = 20
/** Every so many lanes die while they start. */
const EARLY_DEATHS = 10
const START_MILLISECONDS = 100

test(`a lane that dies ${DEATHS} times at a random instant leaves a readable region each time`, async t => {
  const region = hammerRegion()
  const env = compileCache(t)
  const control = new code.MainControl(region)
  const feeder = new Feeder(new code.ChunkWriter(region))
  const checker = new RegionChecker(code, region)
  const deaths: Aftermath[] = []
  for (let death = 1; death <= DEATHS; death++) {
    const epoch = control.nextEpoch()
    const lane = new HammerLane({ room: ROOM, region, epoch }, env)
    const isEarly = death % EARLY_DEATHS === 0
    if (!isEarly) await lane.running()
    const life = Math.random() * (isEarly ? START_MILLISECONDS : LIFE_MILLISECONDS)
    for (const end = performance.now() + life; performance.now() < end; await turn()) {
      feeder.feed()
      checker.check()
    }
    await lane.terminate()
    deaths.push(aftermathOf(region))
    code.recoverLane(region, epoch)
    assert.equal(aftermathOf(region).owned, 0)
    checker.checkAtRest()
    checker.forgetVoid(epoch)
  }
  assert.equal(new code.ControlReader(region).read().state, 'failed')
  const lastLane = new HammerLane({ room: ROOM, region, epoch: control.nextEpoch() }, env)
  await lastLane.running()
  const linesBefore = checker.lines
  while (checker.lines < linesBefore + 10_000) {
    feeder.feed()
    checker.check()
    lastLane.check()
    await turn()
  }
  control.requestStop()
  const end = await lastLane.end()
  const { journeys } = checker.checkAtRest()
  assert.equal(checker.lines, end.lines)
  assert.equal(journeys.written, end.journeys)
  report(t, checker, deaths)
})

function report(t: TestContext, checker: RegionChecker, deaths: readonly Aftermath[]): void {
  const count = (isOne: (death: Aftermath) => boolean): number => deaths.filter(isOne).length
  const owned = count(death => death.owned > 0)
  const half = count(death => death.halfPublished > 0)
  const unreleased = count(death => death.unreleasedChunks > 0)
  t.diagnostic(
    `of ${deaths.length} deaths ${owned} left a page half-filled, ${half} a snapshot, table or histogram half-published, ` +
      `${unreleased} chunks that were not given back`
  )
  const { rounds, snapshots, lines, journeys, voided, errors } = checker
  t.diagnostic(JSON.stringify({ rounds, snapshots, lines, journeys, voided, errors }))
  assert.ok(owned > 0 && half > 0 && unreleased > 0, 'no death was at a place that matters')
}
