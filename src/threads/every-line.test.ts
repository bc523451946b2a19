// Every line that entered a real lane is found, by its id and by its number, with where it went or who has it. Which way
// a line goes, its number tells.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { FoundLine } from '../contract/line.ts'
import type { Lane } from '../engine/index.ts'
import { Observer } from '../observer/observer.ts'
import { createReveal } from '../observer/reveal.ts'
import { defineProcessor } from '../sdk/index.ts'
import { LANE, type Region, SnapshotReader } from '../shared-memory/index.ts'
import { runPlan } from '../testing/run-plan.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import { describePlan } from './describe-plan.ts'

type Way = Pick<FoundLine, 'path' | 'outcome' | 'is_forked'>

const IS_LONG = process.env['LINESCOPE_LONG'] === '1'
const LINES = IS_LONG ? 1_000_000 : 50_000

test(`all ${LINES} lines of a run are found by id and by file and number, with path and outcome`, async t => {
  const run = await runEveryLine(LINES)
  for (let number = 1; number <= LINES; number++) {
    assert.equal(assertFound(run, number, false).state, 'settled')
    assert.equal(assertFound(run, number, true).state, 'settled')
  }
  const next = run.observer.lineOf('in.log', LINES + 1)
  assert.equal(next.lines_kept, LINES)
  assert.equal(next.lines_before_window, 0)
  assert.notEqual(next.state, 'settled')
  t.diagnostic(`${LINES} lines`)
})

test('at any moment every line that entered is found with its state, and none that did not', async t => {
  let looks = 0
  let waiting = 0
  const look = (run: EveryLineRun): void => {
    if (looks++ % (IS_LONG ? 50 : 8) !== 0) return
    const entered = enteredIn(run.region)
    for (let number = 1; number <= entered; number++) {
      const { state } = assertFound(run, number, false)
      assert.equal(assertFound(run, number, true).state, state)
      if (state === 'in_flight') waiting++
    }
    assert.notEqual(run.observer.lineOf('in.log', entered + 1).state, 'settled')
    assert.notEqual(run.observer.lineOf('in.log', entered + 1).state, 'in_flight')
  }
  // Of a run that is over soon there are few snapshots, and it may be that no line waits at those that are looked at.
  for (let run = 0; run < 20 && (looks <= 8 || waiting === 0); run++) {
    await runEveryLine(IS_LONG ? 100_000 : 6_000, { isSlow: true, onPublished: look })
  }
  t.diagnostic(`${looks} snapshots, ${waiting} times a line in flight`)
  assert.ok(looks > 8 && waiting > 0)
})

test('a stop leaves every line that entered with its state', async () => {
  const run = await runEveryLine(20_000, {
    isSlow: true,
    onPublished: (each, lane) => {
      if (enteredIn(each.region) > 3_000) lane.stop()
    }
  })
  const entered = enteredIn(run.region)
  assert.ok(entered > 3_000 && entered < 20_000)
  for (let number = 1; number <= entered; number++) {
    const { state } = assertFound(run, number, number % 2 === 0)
    assert.equal(state, 'settled')
  }
})

/** In the words of the answer. */
function wayOf(number: number): Way {
  if (number % 5 === 0) return { path: ['start'], outcome: 'dropped', is_forked: false }
  if (number % 11 === 0) return { path: ['start', 'fails'], outcome: 'dead', is_forked: false }
  if (number % 7 === 0) return { path: ['start', 'slow', 'end'], outcome: 'delivered', is_forked: true }
  return { path: ['start', 'slow', 'end'], outcome: 'delivered', is_forked: false }
}

function textOf(number: number): string {
  return `${number} ${'x'.repeat(number % 61)}${number % 20_011 === 0 ? 'y'.repeat(5_000) : ''}`
}

const start = defineProcessor({
  name: 'start',
  summary: '',
  emits: ['slow', 'fails', 'end'],
  create: () => (line, emit, ctx) => {
    const number = Number.parseInt(line, 10)
    if (number % 5 === 0) ctx.drop('fifth')
    else if (number % 11 === 0) emit('fails', line)
    else {
      emit('slow', line)
      if (number % 7 === 0) emit('end', line)
    }
  }
})
const fails = defineProcessor({
  name: 'fails',
  summary: '',
  emits: ['end'],
  create: () => () => {
    throw new Error('fails')
  }
})
const fast = defineProcessor({
  name: 'slow',
  summary: '',
  emits: ['end'],
  create: () => (line, emit) => emit('end', line)
})
/** Some of its lines take a while, so that many are in flight at any moment. */
const slow = defineProcessor({
  name: 'slow',
  summary: '',
  emits: ['end'],
  create: () => async (line, emit) => {
    if (Number.parseInt(line, 10) % 97 === 1) await new Promise(resolve => setTimeout(resolve, 2))
    emit('end', line)
  }
})

interface EveryLineRun {
  readonly observer: Observer
  readonly region: Region
  /** Offset of each line, by number; a further one behind the last. */
  readonly offsets: readonly number[]
}

interface Settings {
  readonly isSlow?: boolean
  /** After each snapshot. */
  readonly onPublished?: (run: EveryLineRun, lane: Lane) => void
}

async function runEveryLine(lines: number, settings: Settings = {}): Promise<EveryLineRun> {
  const offsets = [Number.NaN, 0]
  const texts: string[] = []
  for (let number = 1; number <= lines; number++) {
    const text = `${textOf(number)}\n`
    texts.push(text)
    offsets.push(offsets[number] + text.length)
  }
  const plan = simplePlan({
    start: { use: start },
    slow: { use: settings.isSlow === true ? slow : fast },
    fails: { use: fails }
  })
  let run: EveryLineRun | undefined
  let lane: Lane | undefined
  await runPlan(plan, texts.join(''), {
    onLane: (made, { telemetry: { region } }) => {
      lane = made
      const pipeline = describePlan(plan)
      const observer = new Observer({ pipeline, regions: [region], reveal: createReveal(), version: '1' })
      observer.setStatus({ sources: ['in.log'] })
      run = { observer, region, offsets }
    },
    onPublished: () => settings.onPublished?.(run!, lane!)
  })
  return run!
}

/** How many lines have entered, as the newest snapshot says. */
function enteredIn(region: Region): number {
  return new SnapshotReader(region).read().values[LANE.entered]
}

function assertFound(run: EveryLineRun, number: number, isById: boolean): FoundLine {
  const found = isById ? run.observer.lineAt(0, run.offsets[number]) : run.observer.lineOf('in.log', number)
  if (found.state !== 'settled') {
    assert.equal(found.state, 'in_flight', `line ${number}: ${found.message}`)
    return found
  }
  const { path, outcome, is_forked } = found
  assert.deepEqual({ path, outcome, is_forked }, wayOf(number), `line ${number}`)
  assert.equal(found.id, `0:${run.offsets[number]}`)
  assert.equal(found.line_number, number)
  return found
}
