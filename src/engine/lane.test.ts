import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { defineProcessor, type LineValue, SinkError } from '../sdk/index.ts'
import { type Piece, piecesSource } from '../testing/pieces-source.ts'
import { type AnyProcess, runOne, textOf } from '../testing/run-one.ts'
import { runPlan } from '../testing/run-plan.ts'
import { simplePlan } from '../testing/simple-plan.ts'
import type { Lane } from './lane.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, line) => `${line}\n`)
const emitting = (emits: readonly string[], process: AnyProcess) =>
  defineProcessor({ name: 'it', summary: '', emits, accepts: 'any', create: () => process })

describe('names', () => {
  const ODD = ['__proto__', 'constructor', 'toString', '1', 'end', 'hasOwnProperty', 'then']

  test('are data, whatever they are [A27]', async () => {
    // Each sends lines on to the next, the last one to a sink; one line in ten is left undeclared on the way.
    const processors = Object.fromEntries(
      ODD.map((name, index) => {
        const next = ODD[index + 1] ?? 'valueOf'
        const use = emitting([next], (line, emit) => emit(line === `${index}0` ? 'isPrototypeOf' : next, line))
        return [name, { use }] as const
      })
    )
    const plan = simplePlan(processors, { sinks: ['valueOf'], entry: ODD[0] })
    const result = await runPlan(plan, '00\n10\n20\n60\nx\n')

    assert.equal(textOf(result, 'valueOf'), 'x\n')
    assert.deepEqual(
      ODD.map(name => result.nodes.get(name)!.received),
      [5, 4, 3, 2, 2, 2, 2]
    )
    assert.deepEqual(
      result.letters.map(({ journey, processor, tag }) => [journey.length, processor, tag]),
      [
        [1, '__proto__', 'isPrototypeOf'],
        [2, 'constructor', 'isPrototypeOf'],
        [3, 'toString', 'isPrototypeOf'],
        [7, 'then', 'isPrototypeOf']
      ]
    )
    assert.deepEqual(result.journeys[4].leaves[0].path, [...ODD, 'valueOf'])
    const whole = result.paths.find(({ outcome }) => outcome === 'delivered')
    assert.deepEqual(whole, { names: [...ODD, 'valueOf'], outcome: 'delivered', lines: 1 })
  })
})

describe('the lines that one line becomes', () => {
  test('end as that line did, however many they are', async () => {
    const ends = Array.from({ length: 600 }, (_, line) => (line % 3 === 0 ? '\n' : '\r\n'))
    const process: AnyProcess = (line, emit) => {
      for (let copy = 0; copy < 5; copy++) emit('end', `${line as string}.${copy}`)
    }
    const result = await runOne(process, ends.map((end, line) => `${line}${end}`).join(''))

    const expected = ends.flatMap((end, line) => [0, 1, 2, 3, 4].map(copy => `${line}.${copy}${end}`))
    assert.equal(textOf(result), expected.join(''))
  })
})

describe('one line that becomes a million', () => {
  test('is a dead letter of its own, and the lines around it go on', async () => {
    let emitted = 0
    const process: AnyProcess = (line, emit) => {
      const times = line === 'many' ? 1_000_000 : 1
      for (emitted = 0; emitted < times; emitted++) emit('end', line)
    }
    const result = await runOne(process, 'a\nmany\nb\n')

    assert.equal(textOf(result), 'a\nb\n')
    const [{ error, id, original, processor }] = result.letters
    assert.deepEqual(
      [error!.code, error!.message, id, Buffer.from(original.bytes).toString(), processor],
      ['fanout_limit', 'one entering line became more than 100000 lines', '0:2', 'many\n', 'it']
    )
    const { entered, forked, delivered, dead, failed_attempts } = result.counters
    assert.deepEqual(
      { entered, forked, delivered, dead, failed_attempts },
      {
        entered: 3,
        forked: 0,
        delivered: 2,
        dead: 1,
        failed_attempts: 1
      }
    )
    assert.equal(result.journeys[1].leaves[0].hasFailedOnce, true)
  })

  test('is one also when the processor takes no notice of the refusal, or does it step by step', async () => {
    const deaf: AnyProcess = (line, emit) => {
      for (let times = 0; times < 50; times++) {
        try {
          emit('end', line)
        } catch {
          // Goes on.
        }
      }
    }
    const limits = { maxDescendants: 10 }
    assert.equal((await runOne(deaf, 'a\n', { limits })).letters[0].error!.code, 'fanout_limit')

    const double = emitting(['double', 'end'], (line, emit) => {
      emit('double', `${line as string}+`)
      emit('double', `${line as string}-`)
    })
    const { letters, counters } = await runPlan(simplePlan({ double: { use: double } }, { limits }), 'a\nb\n')
    assert.deepEqual(
      letters.map(({ id, error, journey, valueBefore }) => [id, error!.code, journey, valueBefore]),
      // The way and the value of the instance that was one too many: the third of the fourth round.
      ['0:0', '0:2'].map((id, line) => [
        id,
        'fanout_limit',
        ['double', 'double', 'double', 'double'],
        `${'ab'[line]}+-+`
      ])
    )
    assert.deepEqual([counters.dead, counters.forked, counters.in_flight], [2, 0, 0])
  })

  test('may hold no more than 64 MiB [A33]', async () => {
    const text = 'x'.repeat(1024 * 1024)
    const process: AnyProcess = (line, emit) => {
      for (let times = Number(line); times > 0; times--) emit('end', `${text}${times}`)
    }
    const result = await runOne(process, '3\n100\n2\n')

    assert.equal(result.sinks.get('end')!.length, 5 * (text.length + 2))
    assert.equal(result.letters[0].error!.message, 'one entering line became more than 67108864 bytes')
  })
})

describe('a line between others', () => {
  test('comes to each processor and sink in input order, however long those before it take', async () => {
    const seen: string[] = []
    const start = emitting(['slow', 'count'], (line, emit) => {
      const kind = Number(line) % 7
      // The second kind is dropped: its batch is through before the one that it follows.
      if (kind !== 1) emit(kind === 0 ? 'slow' : 'count', line)
    })
    const slow = emitting(['count'], async (line, emit) => {
      await new Promise(resolve => setTimeout(resolve, 5))
      emit('count', line)
    })
    const count = emitting(['end'], (line, emit) => {
      seen.push(`${line as string}\n`)
      emit('end', line)
    })
    const lines = numbered(300)
    const pieces = lines.map((line): Piece => new Promise(resolve => setImmediate(() => resolve(line))))
    const result = await runPlan(
      simplePlan({ start: { use: start }, slow: { use: slow }, count: { use: count } }),
      pieces
    )

    const kept = lines.filter(line => Number(line) % 7 !== 1).join('')
    assert.equal(seen.join(''), kept)
    assert.equal(textOf(result), kept)
  })
})

describe('a lane', () => {
  const pass: AnyProcess = (line, emit) => emit('end', line)

  test('reads no more lines than it may, and settles those', async () => {
    const use = emitting(['end'], pass)
    for (const maxLines of [0, 1, 17, 1000]) {
      const result = await runPlan(simplePlan({ it: { use } }), numbered(100).join(''), { maxLines })
      assert.equal(textOf(result), numbered(Math.min(100, maxLines)).join(''))
    }
  })

  test('stops when it is asked to, with everything read in its sinks', async () => {
    let lane: Lane | undefined
    const use = emitting(['end'], async (line, emit) => {
      if (line === '20') lane!.stop()
      await new Promise(resolve => setImmediate(resolve))
      emit('end', line)
    })
    const { end, counters, sinks } = await runPlan(simplePlan({ it: { use } }), numbered(5000).join(''), {
      onLane: running => {
        lane = running
      }
    })

    assert.deepEqual(end, { reason: 'stopped' })
    assert.ok(counters.entered > 20 && counters.entered < 5000)
    assert.equal(sinks.get('end')!.toString(), numbered(counters.entered).join(''))
    assert.deepEqual([counters.in_flight, counters.settled_lines], [0, counters.entered])
  })

  test('that is abandoned counts what calls hold as in flight', async () => {
    let lane: Lane | undefined
    const aborted: unknown[] = []
    const use = emitting(['end'], (line, emit, { signal }) => {
      if (line !== '3') return emit('end', line)
      signal.addEventListener('abort', () => aborted.push(signal.reason))
      setImmediate(() => lane!.abandon())
      return new Promise<void>(() => undefined)
    })
    const { end, counters, ledgers } = await runPlan(simplePlan({ it: { use } }), numbered(8).join(''), {
      onLane: running => {
        lane = running
      }
    })

    assert.equal(end.reason, 'stopped')
    assert.deepEqual([counters.entered, counters.delivered, counters.in_flight], [8, 0, 8])
    assert.equal(ledgers.at(-1)!.unaccounted, 0)
    assert.match(String(aborted), /the run is ending/)
  })

  test('ends as failed when its source fails, with every line before in its sinks', async () => {
    function* pieces() {
      yield* numbered(100)
      throw new Error('the disk is gone')
    }
    const result = await runPlan(
      simplePlan({ it: { use: emitting(['end'], pass) } }),
      piecesSource([{ pieces: pieces() }])
    )

    assert.deepEqual(result.end, { reason: 'failed', message: 'the disk is gone' })
    assert.equal(textOf(result), numbered(100).join(''))
  })

  for (const [code, reason] of [
    ['EPIPE', 'sink_closed'],
    ['EIO', 'failed']
  ] as const) {
    for (const isLater of [false, true]) {
      test(`ends as ${reason} when a sink fails with ${code}${isLater ? ' later' : ''}, and counts nothing as delivered`, async () => {
        const failure = new SinkError('no more', { code, retryable: false, bytesWritten: 0 })
        const write = () => {
          if (isLater) return new Promise<void>((_, reject) => setImmediate(() => reject(failure)))
          throw failure
        }
        const sinks = { end: { write, length: undefined, close: () => undefined } }
        const plan = simplePlan({ it: { use: emitting(['end'], pass) } })
        const { end, counters, ledgers } = await runPlan(plan, numbered(100).join(''), { sinks })

        assert.deepEqual(end, { reason, message: 'no more' })
        assert.equal(counters.delivered, 0)
        for (const { unaccounted } of ledgers) assert.equal(unaccounted, 0)
      })
    }
  }

  test('closes every processor and sink, and says the first that could not be', async () => {
    const closed: string[] = []
    const closing = (name: string, fails: boolean) => () => {
      closed.push(name)
      if (fails) throw new Error(`${name} cannot be closed`)
    }
    const use = (name: string) =>
      defineProcessor({
        name,
        summary: '',
        create: () => ({ process: (line: string): LineValue => line, close: closing(name, name !== 'a') })
      })
    const plan = simplePlan({ a: { use: use('a'), to: 'b' }, b: { use: use('b'), to: 'end' } })
    const sinks = { end: { write: () => undefined, length: undefined, close: closing('end', true) } }
    const { end } = await runPlan(plan, 'a\n', { sinks })

    assert.deepEqual(closed, ['a', 'b', 'end'])
    assert.deepEqual(end, { reason: 'failed', message: 'b cannot be closed' })
  })
})
