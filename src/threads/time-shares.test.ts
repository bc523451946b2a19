// Where the time goes, of real lanes: shares add up to 1 whatever runs, also in the middle of a call, and what is slow
// is where the time is.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import fc from 'fast-check'

import type { Processors } from '../contract/processors.ts'
import type { Plan } from '../engine/index.ts'
import { Observer } from '../observer/observer.ts'
import { createReveal } from '../observer/reveal.ts'
import { defineProcessor, type Sink } from '../sdk/index.ts'
import { LANE, NODE, NODE_OFFSET, NODE_STRIDE, SnapshotReader } from '../shared-memory/index.ts'
import { runPlan } from '../testing/run-plan.ts'
import { type SimpleProcessor, simplePlan } from '../testing/simple-plan.ts'
import { describePlan } from './describe-plan.ts'

type Behaviour = 'quick' | 'spins' | 'awaits' | 'fails' | 'hangs'

const { LINESCOPE_LONG } = process.env
const RUNS = LINESCOPE_LONG === '1' ? 200 : 12

function spin(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

function processor(behaviour: Behaviour, during: () => void): SimpleProcessor['use'] {
  let calls = 0
  return defineProcessor({
    name: 'it',
    summary: 'Under test.',
    emits: ['next'],
    accepts: 'any',
    create: () => (line, emit) => {
      calls++
      if (behaviour === 'fails' && calls % 3 === 0) throw new Error('now and then')
      if (behaviour === 'spins') spin(0.3)
      if (behaviour === 'hangs' && calls === 7) {
        spin(150)
        during()
        spin(20)
      }
      if (behaviour !== 'awaits') {
        emit('next', line)
        return
      }
      return sleep(calls % 4).then(() => emit('next', line))
    }
  })
}

function sink(kind: 'quick' | 'spins' | 'awaits'): Sink {
  return {
    write: () => {
      if (kind === 'spins') spin(4)
      return kind === 'awaits' ? sleep(4) : undefined
    },
    length: undefined,
    close: () => undefined
  }
}

interface Watched {
  readonly seen: readonly Processors[]
  readonly last: Processors
  readonly values: Float64Array
}

/** Runs the plan and asks for its numbers all along. */
async function watch(
  plan: Plan,
  input: string,
  sinks: Readonly<Record<string, Sink>>,
  during: { ask: () => void }
): Promise<Watched> {
  let observer: Observer | undefined
  const seen: Processors[] = []
  const ask = (): void => {
    observer?.poll()
    if (observer !== undefined) seen.push(observer.processors())
  }
  during.ask = ask
  const timer = setInterval(ask, 15)
  let snapshots: SnapshotReader | undefined
  await runPlan(plan, input, {
    trace: false,
    sinks,
    onLane: (_lane, { telemetry: { region } }) => {
      observer = new Observer({ pipeline: describePlan(plan), regions: [region], reveal: createReveal(), version: '1' })
      snapshots = new SnapshotReader(region)
    }
  })
  clearInterval(timer)
  ask()
  const values = snapshots!.read().values.slice()
  return { seen, last: seen.at(-1)!, values }
}

const sum = (shares: readonly number[]): number => shares.reduce((total, share) => total + share, 0)

function assertWhole({ seen, values }: Watched, nodes: number): void {
  for (const answer of seen) {
    for (const { name, windows } of answer.nodes) {
      for (const { busy, waiting, blocked, idle, window } of windows) {
        const total = sum([busy, waiting, blocked, idle])
        const isNothingYet = total === 0 && answer.lanes.every(({ lane_seconds: seconds }) => seconds === 0)
        assert.ok(isNothingYet || Math.abs(total - 1) <= 0.01, `${name} over ${window}: ${total}`)
      }
    }
  }
  // The counters themselves, which nothing has made add up.
  const lane = values[LANE.lane_nanos]
  const of = (node: number, counter: keyof typeof NODE): number =>
    values[NODE_OFFSET + node * NODE_STRIDE + NODE[counter]]
  const parts = [
    ...(['engine_nanos', 'input_wait_nanos', 'commit_wait_nanos', 'letters_wait_nanos', 'pause_nanos'] as const).map(
      name => values[LANE[name]]
    ),
    ...Array.from({ length: nodes }, (_, node) => of(node, 'busy_nanos') + of(node, 'awaited_nanos'))
  ]
  assert.ok(Math.abs(sum(parts) / lane - 1) <= 0.01, `the lane's parts: ${sum(parts) / lane}`)
  for (let node = 0; node < nodes; node++) {
    const states = of(node, 'busy_nanos') + of(node, 'waiting_nanos') + of(node, 'blocked_nanos')
    assert.ok(states <= lane * 1.01, `node ${node}: ${states / lane} of the lane`)
  }
}

describe('shares of time', () => {
  test('add up to 1 at any time, whatever the pipeline is made of', async () => {
    const behaviour = fc.constantFrom<Behaviour>('quick', 'spins', 'awaits', 'fails', 'hangs')
    const pipeline = fc.record({
      behaviours: fc.array(behaviour, { minLength: 1, maxLength: 4 }),
      concurrency: fc.integer({ min: 1, max: 8 }),
      retries: fc.integer({ min: 1, max: 3 }),
      sink: fc.constantFrom('quick' as const, 'spins' as const, 'awaits' as const),
      lines: fc.integer({ min: 20, max: 120 })
    })
    const property = fc.asyncProperty(pipeline, async ({ behaviours, concurrency, retries, sink: kind, lines }) => {
      const during = { ask: (): void => undefined }
      const plan = simplePlan(
        Object.fromEntries(
          behaviours.map((each, index) => [
            `p${index}`,
            {
              use: processor(each, () => during.ask()),
              to: { next: index + 1 < behaviours.length ? `p${index + 1}` : 'end' },
              concurrency,
              retry: { attempts: retries, backoffMilliseconds: 2 }
            }
          ])
        )
      )
      const watched = await watch(plan, 'a line\n'.repeat(lines), { end: sink(kind) }, during)
      assertWhole(watched, behaviours.length + 1)
    })
    await fc.assert(property, { numRuns: RUNS })
  })

  test('are where the time is: in a call that has not returned, too', async () => {
    const during = { ask: (): void => undefined }
    const plan = simplePlan({
      first: { use: processor('quick', () => undefined), to: { next: 'second' } },
      second: { use: processor('hangs', () => during.ask()), to: { next: 'end' } }
    })
    const { seen } = await watch(plan, 'x\n'.repeat(10), { end: sink('quick') }, during)

    const inTheCall = seen.find(({ nodes }) => nodes[1]?.busy_since !== null)
    const { busy = 0 } = inTheCall?.nodes[1]?.windows[0] ?? {}
    assert.ok(busy > 0.7, `busy ${busy} of the time`)
    assert.match(inTheCall?.bottleneck?.sentence ?? '', /^"second" takes/)
  })

  test('tell a slow asynchronous sink from slow calls', async () => {
    const during = { ask: (): void => undefined }
    const single = (behaviour: Behaviour) =>
      simplePlan({ first: { use: processor(behaviour, () => undefined), to: { next: 'end' }, concurrency: 1 } })
    const slow: Sink = { write: () => sleep(40), length: undefined, close: () => undefined }
    const bySink = await watch(single('quick'), 'x\n'.repeat(400), { end: slow }, during)
    const byCalls = await watch(single('awaits'), 'x\n'.repeat(60), { end: sink('quick') }, during)

    assert.equal(bySink.last.bottleneck?.kind, 'sink')
    assert.equal(bySink.last.bottleneck?.node, 'end')
    const [first, end] = bySink.last.nodes
    assert.ok((end?.windows.at(-1)?.waiting ?? 0) > 0.5, 'the sink holds the lines')
    assert.ok((first?.windows.at(-1)?.blocked ?? 0) > 0.5, 'the processor before it is blocked')
    assert.equal(byCalls.last.bottleneck?.kind, 'calls')
    assert.equal(byCalls.last.bottleneck?.node, 'first')
    assert.ok((byCalls.last.nodes[0]?.windows.at(-1)?.waiting ?? 0) > 0.7)
  })

  test('of sinks are counted, and their latency is that of their own write', async () => {
    const during = { ask: (): void => undefined }
    const plan = simplePlan({ first: { use: processor('quick', () => undefined), to: { next: 'end' } } })
    const { last } = await watch(plan, 'x\n'.repeat(300), { end: sink('spins') }, during)

    const end = last.nodes[1]
    assert.ok((end?.p50 ?? 0) >= 0.0038, `a write took ${end?.p50}`)
    assert.ok((last.latency.sinks[0]?.p99 ?? 0) >= 0.0038)
    assert.equal(last.latency.sinks[0]?.lines, 300)
    assert.deepEqual(
      Object.entries(last.latency.outcomes).map(([name, { lines }]) => [name, lines]),
      [
        ['delivered', 300],
        ['dropped', 0],
        ['dead', 0],
        ['unmatched', 0]
      ]
    )
  })
})
