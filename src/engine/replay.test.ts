// Dead letters that enter a lane, between lines of an input and behind its end.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { defineProcessor } from '../sdk/index.ts'
import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import type { ReplaySettings } from '../state/replay/job.ts'
import type { ReplayOutcome } from '../state/replay/outcome.ts'
import { type PlanRun, type PlanRunSettings, runPlan } from '../testing/run-plan.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import type { Plan } from './plan.ts'
import { ReplayEntries } from './replay-entry.ts'
import type { ReplayInlet, ReplayLine, ReplayLines } from './replay-line.ts'

let isBroken = true

const first = defineProcessor({
  name: 'first',
  summary: 'Emits what a line says.',
  emits: ['second', 'end', 'nowhere'],
  create: () => (line, emit) => {
    if (line.startsWith('two')) emit('end', `${line} first`)
    if (line.startsWith('lost')) emit((isBroken ? 'unknown' : 'nowhere') as 'nowhere', line)
    else emit('second', line.startsWith('record') ? { line } : line)
  }
})

const second = defineProcessor({
  name: 'second',
  summary: 'Fails while it is broken, and later waits a little.',
  accepts: 'any',
  emits: ['end'],
  create: () => async (line, emit, ctx) => {
    if (isBroken || (typeof line === 'string' && line.startsWith('never'))) throw new Error('broken')
    await new Promise(resolve => setTimeout(resolve, Math.random() * 3))
    if (ctx.attempt === 1 && typeof line === 'string' && line.startsWith('retry')) throw new Error('once more')
    if (typeof line === 'string' && line.startsWith('drop')) ctx.drop('not wanted')
    else emit('end', { line, replay: ctx.isReplay, at: `${ctx.source}:${ctx.lineNumber}:${ctx.offset}` })
  }
})

const PLAN = simplePlan(
  { first: { use: first }, second: { use: second, retry: { attempts: 2 } } },
  { sinks: ['end', 'nowhere'] }
)
const KINDS = ['plain', 'two', 'record', 'never', 'drop', 'retry', 'lost'] as const
const INPUT = Array.from({ length: 70 }, (_, index) => `${KINDS[index % KINDS.length]} ${index}\r\n`).join('')

/** Lets letters in, a few at a time, and remembers what came of them. */
class Letters implements ReplayInlet {
  onDue: (() => void) | undefined
  readonly outcomes: ReplayOutcome[] = []
  readonly refused: ReplayOutcome[] = []
  readonly stops: string[] = []
  readonly #lines: ReplayLine[] = []
  #next = 0

  constructor(plan: Plan, letters: readonly DeadLetter[], from: ReplaySettings['from'] = 'step') {
    const entries = new ReplayEntries(plan, { from, change: undefined })
    for (const [index, letter] of letters.entries()) {
      const entry = entries.entryOf(letter, index + 1)
      if (typeof entry === 'string') this.refused.push(entry)
      else {
        const of = { source: 0, offset: letter.offset, fork: Number(letter.id.split('.')[1] ?? 0) }
        this.#lines.push({ letter, entry, mark: { job: 3, index: index + 1, of } })
      }
    }
  }

  get isBusy(): boolean {
    return this.#next < this.#lines.length
  }

  take(maxLines: number): ReplayLines | undefined {
    if (!this.isBusy) return undefined
    const lines = this.#lines.slice(this.#next, this.#next + Math.min(maxLines, 5))
    this.#next += lines.length
    return {
      lines,
      settled: outcomes => void this.outcomes.push(...outcomes),
      stop: reason => void this.stops.push(reason)
    }
  }

  close(): void {}
}

async function runBroken(plan = PLAN): Promise<readonly DeadLetter[]> {
  isBroken = true
  const { letters, ledgers } = await runPlan(plan, INPUT)
  for (const { unaccounted } of ledgers) assert.equal(unaccounted, 0)
  isBroken = false
  return letters
}

/** Publishes at every chance, so that the books are looked at in each state that they can be in. */
async function runWith(letters: Letters, input: string, settings: PlanRunSettings = {}, plan = PLAN): Promise<PlanRun> {
  const run = await runPlan(plan, input, {
    ...settings,
    replays: letters,
    onLane: (lane, parts) => {
      lane.publishMilliseconds = 0
      settings.onLane?.(lane, parts)
    }
  })
  for (const { unaccounted } of run.ledgers) assert.equal(unaccounted, 0)
  return run
}

test('letters are counted as replayed, never as entered, and the books balance at every moment', async () => {
  const letters = await runBroken()
  assert.equal(letters.length, 70)
  const replays = new Letters(PLAN, letters)
  const run = await runWith(replays, 'plain 1\nplain 2\n'.repeat(50))
  const last = run.ledgers.at(-1)!
  assert.deepEqual([last.entered, last.replayed, run.counters.settled_lines], [100, 60, 100])
  assert.ok(run.ledgers.length > 20)
  const counts = Object.groupBy(replays.outcomes, outcome => outcome)
  assert.deepEqual(
    [counts.delivered?.length, counts.dropped?.length, counts.dead?.length, replays.refused.length],
    [40, 10, 10, 10]
  )
})

test('a letter goes in where it failed, with the value from before, its place and its line end', async () => {
  const letters = await runBroken()
  const { sinks } = await runWith(new Letters(PLAN, letters), '')
  const lines = sinks.get('end')!.toString().split('\n')
  assert.ok(lines.slice(0, -1).every(line => line.endsWith('\r')))
  const objects = lines.filter(line => line !== '').map(line => JSON.parse(line))
  assert.deepEqual(objects[0], { line: 'plain 0', replay: true, at: 'test-1:1:0' })
  assert.deepEqual(objects[2], { line: { line: 'record 2' }, replay: true, at: 'test-1:3:16' })
  // The other part of the forked line had come through before: it does not come again.
  assert.ok(!objects.some(({ line }) => String(line).endsWith('first')))
})

test('what fails again is a letter that says of what, and so do errors and journeys', async () => {
  const letters = await runBroken()
  const run = await runWith(new Letters(PLAN, letters), '')
  assert.equal(run.letters.length, 10)
  const [again] = run.letters
  assert.deepEqual(
    [again.id, again.replayOf, again.lineNumber, again.offset, again.source],
    ['r3.4', '0:26', 4, 26, 'test-1']
  )
  assert.equal(Buffer.from(again.original.bytes).toString(), 'never 3\r\n')
  assert.deepEqual(run.errors[0].replay?.of, { source: 0, offset: 26, fork: 0 })
  const journey = run.journeys.find(({ lineNumber }) => lineNumber === 4)!
  assert.deepEqual(journey.leaves[0].path, ['second'])
})

test('from the start the whole line goes in again', async () => {
  const letters = (await runBroken()).filter(({ kind }) => kind === 'unmatched')
  assert.deepEqual(new Letters(PLAN, letters).refused.length, 10)
  const { sinks } = await runWith(new Letters(PLAN, letters, 'start'), '')
  assert.equal(sinks.get('nowhere')!.toString().split('\n').length, 11)
})

test('a stop in the middle leaves what had not gone in, and settles what had', async () => {
  const letters = await runBroken()
  const replays = new Letters(PLAN, letters)
  const run = await runWith(replays, '', {
    onLane: lane => setTimeout(() => lane.stop(), 10)
  })
  assert.equal(run.end.reason, 'stopped')
  assert.equal(run.ledgers.at(-1)!.replayed, replays.outcomes.length)
  assert.ok(replays.outcomes.length < 60)
})

test('a line that was forked into too many goes in as a whole', async () => {
  const many = defineProcessor({
    name: 'many',
    summary: 'Emits too many lines while it is broken.',
    emits: ['end'],
    create: () => (line, emit) => {
      for (let part = 0; part < (isBroken ? 20 : 2); part++) emit('end', `${line} ${part}`)
    }
  })
  const plan = simplePlan({ many: { use: many } }, { limits: { maxDescendants: 10 } })
  isBroken = true
  const { letters } = await runPlan(plan, 'a\n')
  assert.equal(letters[0].error?.code, 'fanout_limit')
  isBroken = false
  const { sinks } = await runWith(new Letters(plan, letters), '', {}, plan)
  assert.equal(sinks.get('end')!.toString(), 'a 0\na 1\n')
})

test('hops are counted anew', async () => {
  const around = defineProcessor({
    name: 'around',
    summary: 'Sends a line round and round while it is broken.',
    emits: ['around', 'end'],
    create: () => (line, emit) => emit(isBroken || line.length < 80 ? 'around' : 'end', `${line}.`)
  })
  const plan = simplePlan({ around: { use: around } })
  isBroken = true
  const { letters } = await runPlan(plan, 'a\n')
  assert.equal(letters[0].error?.code, 'hop_limit')
  isBroken = false
  const replays = new Letters(plan, letters)
  const { sinks } = await runWith(replays, '', {}, plan)
  assert.equal(sinks.get('end')!.toString(), `a${'.'.repeat(80)}\n`)
})

test('on_error: stop ends the replay and not the run: the letter that did it would stop each start', async () => {
  const strict = simplePlan(
    { first: { use: first }, second: { use: second, onError: 'stop' } },
    { sinks: ['end', 'nowhere'] }
  )
  const letters = (await runBroken()).filter(({ error }) => error !== undefined)
  const replays = new Letters(strict, letters)
  const run = await runWith(replays, 'plain 1\n', {}, strict)
  assert.equal(run.end.reason, 'end')
  assert.match(replays.stops[0] ?? '', /on_error: stop of the processor "second": broken/)
  assert.ok(replays.outcomes.includes('dead'))
})
