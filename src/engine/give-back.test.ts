import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { defineProcessor } from '../sdk/index.ts'
import { piecesSource } from '../testing/pieces-source.ts'
import type { AnyProcess } from '../testing/run-one.ts'
import { type PlanRun, runPlan } from '../testing/run-plan.ts'
import { type SimpleProcessor, simplePlan } from '../testing/simple-plan.ts'
import type { Lane } from './lane.ts'

const LINES = 3_000

const turn = () => new Promise(resolve => setImmediate(resolve))

function processor(process: AnyProcess, settings: Omit<SimpleProcessor, 'use'>): SimpleProcessor {
  const definition = { name: 'it', summary: '', emits: ['out'], accepts: 'any', create: () => process } as const
  return { use: defineProcessor(definition), ...settings }
}

interface Stopped {
  readonly run: PlanRun
  /** Calls of `work` that had begun when the stop was asked for, and in all. */
  readonly begun: number
  readonly calls: number
}

/** Sync, then two asynchronous steps; some lines fork, fail once, fail for good or are dropped, by their number. */
async function run(inputs: readonly number[], stopAt: number, canReadAgain = true): Promise<Stopped> {
  let lane: Lane | undefined
  let calls = 0
  let begun = 0
  const work: AnyProcess = async (line, emit, { attempt }) => {
    const number = Number(line)
    if (attempt === 1 && ++calls === stopAt) {
      begun = calls
      lane!.stop()
    }
    for (let turns = (number * 7) % 4; turns >= 0; turns--) await turn()
    if ((number % 5 === 0 && attempt === 1) || number % 11 === 0) throw new Error('no')
    if (number % 13 !== 0) emit('out', line)
    if (number % 7 === 0) emit('out', `${number} again`)
  }
  const more: AnyProcess = async (line, emit) => {
    await turn()
    emit('out', line)
  }
  const plan = simplePlan({
    begin: processor((line, emit) => void emit('out', line), { to: 'work' }),
    work: processor(work, { to: 'more', concurrency: 3, retry: { attempts: 2 } }),
    more: processor(more, { to: 'end', concurrency: 5 })
  })
  let from = 0
  const source = piecesSource(
    inputs.map(count => {
      const pieces = [Array.from({ length: count }, (_, index) => `${from + index}\n`).join('')]
      from += count
      return { pieces, canReadAgain }
    })
  )
  const result = await runPlan(plan, source, {
    onLane: running => {
      lane = running
    }
  })
  return { run: result, begun, calls }
}

describe('a stop of a pipeline that has read ahead', () => {
  for (const stopAt of [1, 2, 17, 40, 333, 1_001]) {
    test(`gives back what no call has begun for, after ${stopAt} calls`, async () => {
      const { run: stopped, begun, calls } = await run([1_000, LINES - 1_000], stopAt)
      const { entered, in_flight: inFlight, settled_lines: settled } = stopped.counters

      assert.deepEqual(stopped.end, { reason: 'stopped' })
      assert.ok(stopped.ledgers.every(({ unaccounted }) => unaccounted === 0))
      assert.deepEqual([inFlight, settled], [0, entered])
      assert.ok(entered >= begun && entered < LINES, `${entered} entered, ${begun} had begun`)
      assert.ok(calls <= entered, 'no call for a line that was given back')
      assert.equal(stopped.journeys.length, entered)

      // As if the input had ended there.
      const { run: whole } = await run([entered], Number.POSITIVE_INFINITY)
      assert.equal(stopped.sinks.get('end')!.toString(), whole.sinks.get('end')!.toString())
      assert.deepEqual(
        stopped.letters.map(({ valueBefore }) => valueBefore),
        whole.letters.map(({ valueBefore }) => valueBefore)
      )
    })
  }

  test('works it all off when it cannot be read again', async () => {
    const { run: stopped, calls } = await run([LINES], 40, false)
    const { entered, in_flight: inFlight } = stopped.counters

    assert.deepEqual(stopped.end, { reason: 'stopped' })
    assert.equal(inFlight, 0)
    assert.equal(calls, entered)
    const { run: again } = await run([LINES], 40)
    assert.ok(entered > again.counters.entered, `${entered} instead of ${again.counters.entered}`)
  })
})
