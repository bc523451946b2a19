// Processors that keep state: asked at quiet moments, given it back, and never with lines under way.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { defineProcessor } from '../sdk/index.ts'
import { LANE } from '../shared-memory/index.ts'
import { runPlan } from '../testing/run-plan.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import type { ProcessorState } from './processor-states.ts'

interface Taken {
  readonly settledLines: number
  readonly states: readonly ProcessorState[]
}

const counting = defineProcessor({
  name: 'counting',
  summary: 'Counts.',
  emits: ['end'],
  create: () => {
    let count = 0
    return {
      process: (line, emit) => {
        count++
        emit('end', line)
      },
      snapshot: () => ({ count }),
      restore: state => {
        ;({ count } = state as { count: number })
      }
    }
  }
})

const waiting = defineProcessor({
  name: 'waiting',
  summary: 'Waits.',
  emits: ['counting'],
  create: () => async (line, emit) => {
    await sleep(1)
    emit('counting', line)
  }
})

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index}\n`).join('')

async function statesOf(plan: ReturnType<typeof simplePlan>, input: string): Promise<Taken[]> {
  const taken: Taken[] = []
  const run = await runPlan(plan, input, {
    onLane: (_lane, parts) => {
      parts.states!.onTaken = (_sequence, counters, states) => {
        taken.push({ settledLines: counters[LANE.settled_lines], states })
        assert.equal(counters[LANE.in_flight], 0)
      }
    }
  })
  assert.equal(run.end.reason, 'end')
  return taken
}

describe('the state of a processor', () => {
  test('is that of the snapshot it comes with, also behind one that waits', async () => {
    const plan = simplePlan({ waiting: { use: waiting, concurrency: 64 }, counting: { use: counting } })
    const taken = await statesOf(plan, lines(20_000))
    assert.ok(taken.length >= 2, String(taken.length))
    for (const { settledLines, states } of taken) {
      assert.deepEqual(states, [{ name: 'counting', state: { count: settledLines } }])
    }
    assert.equal(taken.at(-1)!.settledLines, 20_000)
  })

  test('that has no JSON form ends the run and says whose it is', async () => {
    const broken = defineProcessor({
      name: 'broken',
      summary: 'Keeps what cannot be kept.',
      emits: ['end'],
      create: () => ({ process: (line, emit) => emit('end', line), snapshot: () => 1n, restore: () => undefined })
    })
    const run = await runPlan(simplePlan({ step: { use: broken } }), lines(3))
    assert.equal(run.end.reason, 'failed')
    assert.match('message' in run.end ? run.end.message : '', /the state of processor "step" cannot be kept: .*BigInt/)
  })

  test('comes with a way back, or not at all', async () => {
    const half = defineProcessor({
      name: 'half',
      summary: 'Forgets.',
      emits: ['end'],
      create: () => ({ process: (line, emit) => emit('end', line), snapshot: () => 1 })
    })
    await assert.rejects(
      runPlan(simplePlan({ step: { use: half } }), lines(3)),
      /processor "step": an instance has both snapshot\(\) and restore\(\), or neither/
    )
  })
})
