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
    begin: processor((line, emit) => emit('out', line), { to: 'work' }),
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

interface Scene {
  readonly steps: Readonly<Record<string, SimpleProcessor>>
  readonly text: string
  readonly maxLines?: number
}

/** The lane of the run that is going on. */
let current: Lane

async function play({ steps, text, maxLines = LINES }: Scene): Promise<PlanRun> {
  const source = piecesSource([{ pieces: [text], canReadAgain: true }])
  const result = await runPlan(simplePlan(steps), source, {
    maxLines,
    onLane: lane => {
      current = lane
    }
  })
  assert.ok(result.ledgers.every(({ unaccounted }) => unaccounted === 0))
  return result
}

const numbered = (count: number) => Array.from({ length: count }, (_, line) => `${line}\n`).join('')

describe('a stop', () => {
  test('does not work off what a synchronous step has sent elsewhere or refused', async () => {
    // So fast at first that batches are large when the slow lines come.
    const sort: AnyProcess = (line, emit, context) => {
      if (line === '' || Number(line) % 3 === 1) context.drop('not wanted')
      else if (Number(line) % 3 === 2) throw new Error('refused')
      else emit('out', line)
    }
    const slow: AnyProcess = async (line, emit) => {
      if (line === '30') current.stop()
      await turn()
      emit('out', line)
    }
    const steps = { sort: processor(sort, { to: 'slow' }), slow: processor(slow, { to: 'end', concurrency: 2 }) }
    const blank = 20_000
    const { end, counters, letters, sinks, journeys } = await play({
      steps,
      text: '\n'.repeat(blank) + numbered(LINES),
      maxLines: blank + LINES
    })

    assert.deepEqual(end, { reason: 'stopped' })
    assert.equal(sinks.get('end')!.toString(), '0\n3\n6\n9\n12\n15\n18\n21\n24\n27\n30\n')
    assert.deepEqual([counters.entered, journeys.at(-1)?.lineNumber], [blank + 31, blank + 31])
    assert.equal(letters.length, 10)
  })

  test('gives back no line for which a call has ended, though none is under way any more', async () => {
    let first = 0
    const fast: AnyProcess = async (line, emit) => {
      first++
      await turn()
      emit('out', line)
    }
    const slow: AnyProcess = async (line, emit) => {
      for (let turns = 0; turns < 20; turns++) await turn()
      if (line === '5') current.stop()
      emit('out', line)
    }
    const steps = {
      fast: processor(fast, { to: 'slow', concurrency: 100 }),
      slow: processor(slow, { to: 'end', concurrency: 1 })
    }
    const { counters, sinks } = await play({ steps, text: numbered(60) })

    assert.equal(first, 60)
    assert.equal(counters.entered, 60)
    assert.equal(sinks.get('end')!.toString(), numbered(60))
  })

  test('takes back that lines had come which had only waited for a free call', async () => {
    const work: AnyProcess = async (line, emit) => {
      if (line === '20') current.stop()
      await turn()
      if (line === '3') throw new Error('no')
      emit('out', line)
    }
    const { counters, nodes } = await play({
      steps: { work: processor(work, { to: 'end', concurrency: 4 }) },
      text: numbered(LINES)
    })

    const { received, dead, held } = nodes.get('work')!
    assert.ok(counters.entered < 40, `${counters.entered} entered`)
    assert.deepEqual([received, dead, held], [counters.entered, 1, 0])
    assert.equal(nodes.get('end')!.received, counters.entered - 1)
  })

  test('is one of `on_error: stop` when a call under way fails so, and settles nothing from there on', async () => {
    const work: AnyProcess = async (line, emit) => {
      if (line === '20') current.stop()
      for (let turns = 0; turns < 10; turns++) await turn()
      if (line === '19') throw new Error('no')
      emit('out', line)
    }
    const { end, counters, sinks } = await play({
      steps: { work: processor(work, { to: 'end', concurrency: 4, onError: 'stop' }) },
      text: numbered(LINES)
    })

    assert.deepEqual(end, { reason: 'stop_on_error', message: 'test-1:20: processor "work": no' })
    assert.deepEqual([counters.entered, sinks.get('end')!.toString()], [19, numbered(19)])
  })

  test('waits for a line that waits for its next try', async () => {
    const work: AnyProcess = async (line, emit, { attempt }) => {
      await turn()
      if (line === '7' && attempt === 1) {
        setTimeout(() => current.stop(), 5)
        throw new Error('not yet')
      }
      if (Number(line) > 7) await new Promise(resolve => setTimeout(resolve, 5))
      emit('out', line)
    }
    const { counters, letters, sinks } = await play({
      steps: {
        work: processor(work, { to: 'end', concurrency: 2, retry: { attempts: 2, backoffMilliseconds: 40 } })
      },
      text: numbered(LINES)
    })

    assert.ok(counters.entered >= 8 && counters.entered < 200, `${counters.entered} entered`)
    assert.deepEqual([letters.length, counters.failed_attempts, counters.dead], [0, 1, 0])
    assert.equal(sinks.get('end')!.toString(), numbered(counters.entered))
  })

  test('works off everything of a pipeline in which nothing is asynchronous, retries included', async () => {
    const work: AnyProcess = (line, emit, { attempt }) => {
      if (line === '7' && attempt === 1) {
        setImmediate(() => current.stop())
        throw new Error('not yet')
      }
      emit('out', line)
    }
    const { counters, nodes, sinks } = await play({
      steps: { work: processor(work, { to: 'end', retry: { attempts: 2, backoffMilliseconds: 20 } }) },
      text: numbered(LINES)
    })

    assert.ok(counters.entered > 8)
    assert.equal(nodes.get('work')!.received, counters.entered)
    assert.equal(sinks.get('end')!.toString(), numbered(counters.entered))
  })

  test('that is given up counts as in flight what calls hold, not what was given back', async () => {
    const work: AnyProcess = (line, emit) => {
      if (Number(line) < 10) {
        emit('out', line)
        return turn() as Promise<void>
      }
      if (line === '12') {
        current.stop()
        setTimeout(() => current.abandon(), 20)
      }
      return new Promise<void>(() => undefined)
    }
    const { end, counters, sinks } = await play({
      steps: { work: processor(work, { to: 'end', concurrency: 3 }) },
      text: numbered(LINES)
    })

    assert.deepEqual(end, { reason: 'stopped' })
    assert.equal(counters.entered, 13)
    assert.equal(counters.in_flight, 13 - counters.settled_lines)
    assert.equal(sinks.get('end')!.toString(), numbered(counters.settled_lines))
  })

  test('takes any number of lines out of the wait', async () => {
    const count = 400_000
    // Fast until the read-ahead is as large as it gets, then one line at which all others wait.
    const work: AnyProcess = (line, emit) => {
      emit('out', line)
      if (line !== 'slow') return
      return new Promise<void>(resolve => {
        setTimeout(() => {
          current.stop()
          resolve()
        }, 500)
      })
    }
    const { end, counters, nodes } = await play({
      steps: { work: processor(work, { to: 'end', concurrency: 1 }) },
      text: `${'\n'.repeat(20_000)}slow\n${'\n'.repeat(count)}`,
      maxLines: count
    })

    assert.deepEqual(end, { reason: 'stopped' })
    assert.deepEqual([counters.entered, nodes.get('work')!.received], [20_001, 20_001])
  })
})
