// Negative control of the ledger: an engine that loses a line on purpose shows it, wherever it loses it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Lane, LaneParts } from '../../src/engine/index.ts'
import { defineProcessor } from '../../src/sdk/index.ts'
import { type PlanRun, runPlan } from '../../src/testing/run-plan.ts'
import { simplePlan } from '../../src/testing/simple-plan.ts'

const LINES = Array.from({ length: 100 }, (_, line) => `${line}\n`).join('')

const flaky = defineProcessor({
  name: 'flaky',
  summary: 'Fails for one line when it is tried for the first time.',
  create: () => (line, context) => {
    if (line === '50' && context.attempt === 1) throw new Error('not yet')
    return line
  }
})

async function run(sabotage: (parts: LaneParts) => void): Promise<PlanRun> {
  const plan = simplePlan({
    start: { use: (line: string) => line, to: 'flaky' },
    flaky: { use: flaky, retry: { attempts: 2, backoffMilliseconds: 20 }, to: 'end' }
  })
  return await runPlan(plan, LINES, {
    onLane: (lane: Lane, parts) => {
      lane.publishMilliseconds = 0
      sabotage(parts)
    }
  })
}

function placesOf(unbalanced: readonly string[]): string[] {
  return [...new Set(unbalanced.map(what => /^snapshot \d+: (.*?): /.exec(what)![1]))].sort()
}

test('an engine that loses nothing has nothing unaccounted in any snapshot', async () => {
  const { ledgers, sinks, unbalanced } = await run(() => undefined)

  assert.ok(ledgers.length > 10, `${ledgers.length} snapshots`)
  assert.deepEqual(new Set(ledgers.map(({ unaccounted }) => unaccounted)), new Set([0]))
  assert.deepEqual(unbalanced, [])
  assert.equal(sinks.get('end')!.toString(), LINES)
})

test('a line that is lost from the queue of a processor is unaccounted, there', async () => {
  const { ledgers, sinks, unbalanced } = await run(({ runner }) => {
    const whole = runner.run.bind(runner)
    let isDone = false
    runner.run = (node, batch) => {
      const queue = batch.queues[node.id]
      if (!isDone && node.name === 'flaky' && queue.head < queue.count) {
        queue.head++
        isDone = true
      }
      whole(node, batch)
    }
  })

  assert.equal(ledgers.at(-1)!.unaccounted, 1)
  assert.equal(ledgers.filter(({ unaccounted }) => unaccounted !== 0 && unaccounted !== 1).length, 0)
  assert.equal(sinks.get('end')!.toString(), LINES.slice('0\n'.length))
  assert.deepEqual(placesOf(unbalanced), ['all work of flaky', 'settled work of flaky'])
})

test('a line whose next try is forgotten is unaccounted from that moment on, there', async () => {
  const { ledgers, unbalanced } = await run(({ calls }) => {
    calls.park = () => undefined
  })

  assert.equal(ledgers.at(-1)!.unaccounted, 1)
  const first = ledgers.findIndex(({ unaccounted }) => unaccounted === 1)
  assert.ok(first > 0 && ledgers.slice(first).every(({ unaccounted }) => unaccounted === 1))
  assert.deepEqual(placesOf(unbalanced), ['all work of flaky', 'settled work of flaky'])
})

test('a line that is lost on its way to the sink is unaccounted, there', async () => {
  const { ledgers, unbalanced } = await run(({ settler }) => {
    const whole = settler.settle.bind(settler)
    let isDone = false
    settler.settle = batch => {
      if (!isDone) batch.outcome[3] = 0
      isDone = true
      return whole(batch)
    }
  })

  assert.equal(ledgers.at(-1)!.unaccounted, 1)
  assert.deepEqual(placesOf(unbalanced), ['all work of end', 'settled work of end'])
})

test('a line that comes to its end twice is unaccounted with a minus', async () => {
  const { ledgers } = await run(({ settler }) => {
    const whole = settler.settle.bind(settler)
    settler.settle = batch => {
      if (settler.totals.batches === 0) settler.totals.delivered++
      return whole(batch)
    }
  })

  assert.equal(ledgers.at(-1)!.unaccounted, -1)
})
