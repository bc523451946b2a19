import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { defineProcessor } from '../sdk/index.ts'
import { type AnyProcess, runOne, textOf } from '../testing/run-one.ts'
import { runPlan } from '../testing/run-plan.ts'
import { simplePlan } from '../testing/simple-plan.ts'

const cyclic: Record<string, unknown> = { name: { is: 'no text' } }
cyclic['message'] = cyclic

/** What is thrown, and the name and message that are told of it. */
const THROWN: Readonly<Record<string, readonly [unknown, string, string]>> = {
  'an Error': [new RangeError('no'), 'RangeError', 'no'],
  'a text': ['just text', 'Error', 'just text'],
  'an empty text': ['', 'Error', ''],
  undefined: [undefined, 'Error', 'undefined'],
  null: [null, 'Error', 'null'],
  'a number': [0, 'Error', '0'],
  'a symbol': [Symbol('s'), 'Error', 'Symbol(s)'],
  'a function': [Object.assign(() => 1, { message: 'of a function' }), '', 'of a function'],
  'an Error with getters that throw': [
    Object.defineProperties(new Error('hidden'), { message: throwing(), stack: throwing(), name: throwing() }),
    'Error',
    '{}'
  ],
  'an Error with texts that are none': [
    Object.assign(new Error('x'), { message: 7, stack: {}, code: 5 }),
    'Error',
    '7'
  ],
  'an object without prototype': [Object.assign(Object.create(null), { a: 1 }), 'Error', '{"a":1}'],
  'an object that refers to itself': [cyclic, '{"is":"no text"}', '[object Object]'],
  'an object whose toJSON throws': [
    { toJSON: refuse, toString: refuse },
    'Error',
    'a value that cannot be shown was thrown'
  ],
  'a proxy that refuses everything': [new Proxy({}, refusing()), 'Error', 'a value that cannot be shown was thrown'],
  'a proxy of an Error that refuses everything': [
    new Proxy(new Error('x'), refusing()),
    'Error',
    'a value that cannot be shown was thrown'
  ],
  'a proxy that was revoked': [revoked(), 'Error', 'a value that cannot be shown was thrown']
}

function refuse(): never {
  throw new Error('a method that throws')
}

function throwing() {
  return {
    get(): never {
      throw new Error('a getter that throws')
    }
  }
}

function refusing(): ProxyHandler<object> {
  return { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse, getOwnPropertyDescriptor: refuse }
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe('whatever is thrown', () => {
  for (const [what, [thrown, name, message]] of Object.entries(THROWN)) {
    for (const way of ['thrown', 'rejected'] as const) {
      test(`is told: ${what}, ${way} [A30]`, async () => {
        const process: AnyProcess = (line, emit) => {
          emit('end', line)
          if (line !== 'bad') return
          if (way === 'rejected') return Promise.reject(thrown)
          throw thrown as Error
        }
        const result = await runOne(process, 'a\nbad\nb\n')

        assert.equal(textOf(result), 'a\nb\n')
        assert.deepEqual(result.end, { reason: 'end' })
        const [{ error, attempts, lineNumber }] = result.letters
        assert.deepEqual([error!.name, error!.message, lineNumber, attempts.length], [name, message, 2, 1])
        assert.deepEqual(
          result.errors.map(record => Buffer.from(record.message).toString()),
          [message]
        )
      })

      test(`is no worse with on_error: ${what}, ${way}`, async () => {
        const seen: unknown[] = []
        const fails = defineProcessor({
          name: 'fails',
          summary: '',
          emits: ['end'],
          create: () => () => {
            if (way === 'rejected') return Promise.reject(thrown)
            throw thrown as Error
          }
        })
        const rescue = defineProcessor({
          name: 'rescue',
          summary: '',
          create:
            () =>
            (line, { error }) => {
              seen.push(error)
              return line
            }
        })
        const plan = simplePlan({
          fails: { use: fails, onError: { to: 'rescue' } },
          rescue: { use: rescue, to: 'end' }
        })
        const { sinks, counters } = await runPlan(plan, 'a\n')

        assert.equal(sinks.get('end')!.toString(), 'a\n')
        assert.ok(seen[0] instanceof Error)
        assert.equal(counters.failed_attempts, 1)
      })
    }
  }
})

describe('retries', () => {
  test('wait twice as long each time, up to the longest wait', async () => {
    const at: number[] = []
    const process: AnyProcess = (line, emit, { attempt }) => {
      at.push(performance.now())
      if (attempt < 5) throw new Error(`try ${attempt}`)
      emit('end', line)
    }
    const retry = { attempts: 5, backoffMilliseconds: 20, maxBackoffMilliseconds: 50 }
    const result = await runOne(process, 'a\n', { retry })

    assert.equal(textOf(result), 'a\n')
    const waits = at.slice(1).map((time, index) => time - at[index])
    // A timer may fire a millisecond early, and late by any time.
    for (const [index, least] of [20, 40, 50, 50].entries()) assert.ok(waits[index] >= least - 1.5, waits.join(' '))
  })

  test('leave each failed attempt on record, and the line goes on in its place', async () => {
    const process: AnyProcess = (line, emit, { attempt }) => {
      if (line === 'once' && attempt === 1) throw new Error('first')
      if (line === 'never') throw new Error(`try ${attempt}`)
      emit('end', line)
    }
    const result = await runOne(process, 'a\nonce\nnever\nb\n', { retry: { attempts: 3, backoffMilliseconds: 1 } })

    assert.equal(textOf(result), 'a\nonce\nb\n')
    assert.deepEqual(
      result.letters.map(({ attempts }) => attempts.map(({ attempt, message }) => [attempt, message])),
      [
        [
          [1, 'try 1'],
          [2, 'try 2'],
          [3, 'try 3']
        ]
      ]
    )
    const { received, errors, retries, dead } = result.nodes.get('it')!
    assert.deepEqual({ received, errors, retries, dead }, { received: 4, errors: 4, retries: 3, dead: 1 })
    assert.deepEqual(
      result.journeys.map(({ leaves: [{ path, hasFailedOnce }] }) => [path.join(' > '), hasFailedOnce]),
      [
        ['it > end', false],
        ['it > end', true],
        ['it', true],
        ['it > end', false]
      ]
    )
    assert.deepEqual(
      result.errors.map(({ lineNumber, attempt, isFinal }) => [lineNumber, attempt, isFinal]),
      [
        [2, 1, false],
        [3, 1, false],
        [3, 2, false],
        [3, 3, true]
      ]
    )
  })
})

describe('on_error', () => {
  const fails: AnyProcess = (line, emit) => {
    emit('other', 'undone')
    if (line === 'bad') throw new Error('no')
    emit('end', line)
  }

  test('drop: the line is dropped with the reason error', async () => {
    const result = await runOne(fails, 'a\nbad\nb\n', { onError: 'drop' })

    assert.deepEqual([result.counters.dropped, result.letters.length], [1, 0])
    assert.equal(result.journeys[1].leaves[0].reason, 'error')
  })

  test('to: the line goes there with the value from before the step', async () => {
    const result = await runOne(fails, 'a\nbad\nb\n', { onError: { to: 'other' } })

    assert.equal(textOf(result), 'a\nb\n')
    assert.equal(textOf(result, 'other'), 'undone\nbad\nundone\n')
    assert.deepEqual(
      result.edges.map(({ tag, isForFailed, lines }) => [tag, isForFailed, lines]),
      [
        ['end', false, 2],
        ['other', false, 2],
        [undefined, true, 1]
      ]
    )
  })

  test('to: the error is known there, and nowhere after', async () => {
    const seen: unknown[] = []
    const start = defineProcessor({
      name: 'start',
      summary: '',
      create: () => () => {
        throw new Error('no')
      }
    })
    const loop = defineProcessor({
      name: 'loop',
      summary: '',
      emits: ['loop', 'end'],
      create:
        () =>
        (line, emit, { error, attempt }) => {
          seen.push([line, attempt, error?.message])
          if (attempt === 1 && line === 'a') throw new Error('try again')
          if (line.length > 2) emit('end', line)
          else emit('loop', `${line}+`)
        }
    })
    const plan = simplePlan({
      start: { use: start, to: 'end', onError: { to: 'loop' } },
      loop: { use: loop, retry: { attempts: 2 } }
    })
    const { sinks } = await runPlan(plan, 'a\n')

    assert.equal(sinks.get('end')!.toString(), 'a++\n')
    assert.deepEqual(seen, [
      ['a', 1, 'no'],
      ['a', 2, 'no'],
      ['a+', 1, undefined],
      ['a++', 1, undefined]
    ])
  })

  test('stop: everything before the line is settled, nothing from it on, wherever the calls end', async () => {
    for (const wait of [false, true]) {
      const process: AnyProcess = (line, emit) => {
        const settle = () => {
          if (line === '70' || line === '90') throw new Error(`no ${line as string}`)
          emit('end', line)
        }
        if (!wait) return settle()
        // Later lines end first.
        return new Promise<void>(resolve => setTimeout(resolve, line === '70' ? 30 : 1)).then(settle)
      }
      const lines = Array.from({ length: 200 }, (_, line) => `${line}\n`)
      const result = await runOne(process, lines.join(''), { onError: 'stop', concurrency: 30 })

      assert.equal(result.end.reason, 'stop_on_error')
      assert.match('message' in result.end ? result.end.message : '', /^test-1:71: .*no 70$/)
      assert.equal(textOf(result), lines.slice(0, 70).join(''))
      const { entered, delivered, in_flight, settled_lines, source_line, source_offset } = result.counters
      assert.deepEqual(
        { entered, delivered, in_flight, settled_lines, source_line, source_offset },
        { entered: 70, delivered: 70, in_flight: 0, settled_lines: 70, source_line: 70, source_offset: 200 }
      )
      assert.equal(result.letters.length, 0)
    }
  })
})
