import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { defineProcessor } from '../sdk/index.ts'
import { piecesSource } from '../testing/pieces-source.ts'
import type { AnyProcess } from '../testing/run-one.ts'
import { type PlanRun, runPlan } from '../testing/run-plan.ts'
import { type SimpleProcessor, simplePlan } from '../testing/simple-plan.ts'
import type { Lane } from './lane.ts'

const LINES = 2_000
const BREAKER = { errors: 5, of: 10, probeMilliseconds: 20 }

interface Broken {
  readonly run: PlanRun
  readonly calls: readonly number[]
  readonly said: readonly string[]
}

/** A service that is down from one call on, for so many calls; `stop` ends the lane once the breaker is open. */
async function runBroken(
  isAsync: boolean,
  down: { readonly from: number; readonly calls: number },
  {
    stops = false,
    canReadAgain = true,
    ...settings
  }: Partial<SimpleProcessor> & { stops?: boolean; canReadAgain?: boolean } = {}
): Promise<Broken> {
  const calls: number[] = []
  const said: string[] = []
  let lane: Lane | undefined
  const serve = (line: unknown): void => {
    calls.push(Number(line))
    if (calls.length > down.from && calls.length <= down.from + down.calls) throw new Error('service is down')
  }
  const process: AnyProcess = isAsync
    ? async (line, emit) => {
        await sleep(1)
        serve(line)
        emit('end', line)
      }
    : (line, emit) => {
        serve(line)
        emit('end', line)
      }
  const use = defineProcessor({ name: 'serve', summary: '', emits: ['end'], accepts: 'any', create: () => process })
  const plan = simplePlan({ serve: { use, circuitBreaker: BREAKER, ...settings } })
  const text = Array.from({ length: LINES }, (_, index) => `${index}\n`).join('')
  const run = await runPlan(plan, piecesSource([{ pieces: [text], canReadAgain }]), {
    onLane(started, parts) {
      lane = started
      parts.onBreaker = (processor, reason) => {
        said.push(`${processor}: ${reason ?? 'closed'}`)
        if (stops && reason !== undefined) setTimeout(() => lane!.stop(), 10)
      }
    }
  })
  for (const { unaccounted } of run.ledgers) assert.equal(unaccounted, 0)
  return { run, calls, said }
}

function outputOf({ run }: Broken): string[] {
  return run.sinks.get('end')!.toString().split('\n').slice(0, -1)
}

const OPENED = 'serve: 5 of its last 10 lines failed, the newest with: service is down. One line is tried every 0.02 s'

describe('an open circuit breaker', () => {
  for (const isAsync of [false, true]) {
    const how = isAsync ? 'asynchronous' : 'synchronous'

    test(`keeps all other lines back until one comes through: ${how}`, async () => {
      // Those that are under way when it opens may fail too.
      const broken = await runBroken(isAsync, { from: 700, calls: isAsync ? 15 : 8 }, { concurrency: 4 })

      const { run, said } = broken
      assert.equal(run.end.reason, 'end')
      assert.deepEqual(said, [OPENED, 'serve: closed'])
      const dead = run.letters.length
      assert.equal(dead, isAsync ? 15 : 8)
      const lost = new Set(run.letters.map(({ lineNumber }) => String(lineNumber - 1)))
      assert.deepEqual(
        outputOf(broken),
        Array.from({ length: LINES }, (_, index) => String(index)).filter(line => !lost.has(line))
      )
    })

    test(`leaves what it keeps back for the next run when it is stopped: ${how}`, async () => {
      const broken = await runBroken(isAsync, { from: 300, calls: LINES }, { stops: true, concurrency: 4 })

      const { run } = broken
      assert.equal(run.end.reason, 'stopped')
      assert.ok(run.letters.length <= 5 + 4 + 3, `${run.letters.length} dead letters`)
      assert.equal(outputOf(broken).length + run.letters.length, run.counters.settled_lines)
      assert.equal(run.counters.in_flight, 0)
    })
  }

  test('tries what it keeps back when it is stopped and that cannot be read again', async () => {
    const broken = await runBroken(false, { from: 300, calls: LINES }, { stops: true, canReadAgain: false })

    const { run } = broken
    assert.equal(run.end.reason, 'stopped')
    assert.equal(outputOf(broken).length, 300)
    assert.equal(300 + run.letters.length, run.counters.settled_lines)
    assert.equal(run.counters.in_flight, 0)
  })

  test('counts lines that failed for good, not attempts', async () => {
    const retry = { attempts: 3 }
    const broken = await runBroken(false, { from: 100, calls: 12 }, { retry })
    assert.deepEqual(broken.said, [])
    assert.ok(broken.run.letters.length <= 4)
  })

  test('is not what a processor has whose failures are few', async () => {
    const few = (line: string): string => {
      if (Number(line) % 3 === 0) throw new Error('each third')
      return line
    }
    const said: string[] = []
    const run = await runPlan(
      simplePlan({ start: { use: few as never, to: 'end', circuitBreaker: BREAKER } }),
      Array.from({ length: 300 }, (_, index) => `${index}\n`).join(''),
      {
        onLane(_, parts) {
          parts.onBreaker = processor => said.push(processor)
        }
      }
    )
    assert.deepEqual(said, [])
    assert.equal(run.letters.length, 100)
  })
})
