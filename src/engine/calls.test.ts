import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { type Accepts, defineProcessor, type LineValue } from '../sdk/index.ts'
import { type AnyProcess, runOne, textOf } from '../testing/run-one.ts'
import { runPlan } from '../testing/run-plan.ts'
import { simplePlan } from '../testing/simple-plan.ts'

describe('a call', () => {
  for (const [way, settle] of [
    ['throws', false],
    ['rejects', true]
  ] as const) {
    test(`that ${way} has emitted nothing, and its line keeps the value from before it`, async () => {
      const process: AnyProcess = (_, emit, context) => {
        emit('end', 'first')
        emit('other', 'second')
        context.drop('not counted either')
        const failure = new Error('no')
        if (settle) return Promise.reject(failure)
        throw failure
      }
      const result = await runOne(process, 'a\nb\n')

      assert.deepEqual([...result.sinks.values()].map(String), ['', ''])
      assert.deepEqual(
        result.letters.map(({ kind, valueBefore, error }) => [kind, valueBefore, error?.message]),
        [
          ['dead', undefined, 'no'],
          ['dead', undefined, 'no']
        ]
      )
      assert.equal(result.counters.forked, 0)
      assert.deepEqual(
        result.edges.map(({ lines }) => lines),
        [0, 0]
      )
    })
  }

  test('that emits under a tag that it did not declare leaves an unmatched line, and its other lines go on [A28]', async () => {
    const result = await runOne((line, emit) => {
      emit('end', line)
      emit('nobody', `${line as string}!`)
      emit('toString', line)
    }, 'a\n')

    assert.equal(textOf(result), 'a\n')
    assert.deepEqual(
      result.letters.map(({ kind, id, tag, valueBefore, processor }) => [kind, id, tag, valueBefore, processor]),
      [
        ['unmatched', '0:0.1', 'nobody', 'a!', 'it'],
        ['unmatched', '0:0.2', 'toString', undefined, 'it']
      ]
    )
    assert.deepEqual([result.counters.unmatched, result.counters.forked, result.nodes.get('it')!.unmatched], [2, 2, 2])
  })

  test('tells its declared tags apart, however many there are', async () => {
    const emits = Array.from({ length: 10 }, (_, tag) => `tag ${tag}`)
    const to = Object.fromEntries(emits.map((tag, index) => [tag, index % 2 === 0 ? 'end' : 'other']))
    const result = await runOne((line, emit) => emit(`tag ${line as string}`, line), '0\n1\n2\n7\n8\n9\n', {
      emits,
      to
    })

    assert.equal(textOf(result), '0\n2\n8\n')
    assert.equal(textOf(result, 'other'), '1\n7\n9\n')
    assert.deepEqual(
      result.edges.map(({ lines }) => lines),
      [1, 1, 1, 0, 0, 0, 0, 1, 1, 1]
    )
  })

  test('that emits after it has settled is told so, is counted, and makes no line [A30]', async () => {
    const thrown: unknown[] = []
    const late = Promise.withResolvers<void>()
    const result = await runOne(async (line, emit) => {
      emit('end', line)
      if (line === 'a') {
        setImmediate(() => {
          try {
            emit('end', 'late')
          } catch (error) {
            thrown.push(error)
          }
          late.resolve()
        })
      } else await late.promise
    }, 'a\nb\n')

    assert.equal(textOf(result), 'a\nb\n')
    assert.deepEqual(thrown.map(String), ['LinescopeError: "it" emitted after its call had settled'])
    assert.equal(result.counters.late_emits, 1)
  })

  test('that emits late after a synchronous call is told so as well', async () => {
    const thrown: unknown[] = []
    const result = await runOne((line, emit) => {
      emit('end', line)
      queueMicrotask(() => {
        try {
          emit('end', 'late')
        } catch (error) {
          thrown.push(error)
        }
      })
    }, 'a\nb\nc\n')

    assert.equal(textOf(result), 'a\nb\nc\n')
    assert.equal(thrown.length, 3)
  })

  test('that emits nothing drops its line as filtered, or with the reason that it gives', async () => {
    const result = await runOne((line, emit, context) => {
      if (line === 'why') context.drop('because')
      if (line === 'both') {
        context.drop('not when it emits')
        emit('end', line)
      }
    }, 'silent\nwhy\nsilent\nboth\nsilent\n')

    assert.deepEqual(
      result.journeys.map(({ leaves: [leaf] }) => [leaf.outcome, leaf.reason]),
      [
        ['dropped', 'filtered'],
        ['dropped', 'because'],
        ['dropped', 'filtered'],
        ['delivered', undefined],
        ['dropped', 'filtered']
      ]
    )
  })

  test('that emits what is no line fails [A30]', async () => {
    const values = [null, undefined, 7, true, () => 1, Symbol('s'), 8n, new Uint8Array(3)]
    const result = await runOne(
      (line, emit) => emit('end', values[Number(line)] as unknown as LineValue),
      values.map((_, index) => `${index}\n`).join('')
    )

    assert.deepEqual(
      result.letters.map(({ error }) => `${error!.code} ${error!.message}`),
      ['null', 'undefined', 'a number', 'a boolean', 'a function', 'a symbol', 'a bigint', 'bytes'].map(
        what => `wrong_value emitted ${what}; a line is text or a record (an object or array)`
      )
    )
  })

  test('hands records on frozen to the last corner [A30]', async () => {
    const record = { list: [{ deep: true }], by: { name: 1 } }
    await runOne((_, emit) => emit('end', record), 'a\n')

    assert.ok(Object.isFrozen(record) && Object.isFrozen(record.list) && Object.isFrozen(record.list[0]))
    assert.throws(() => {
      record.by.name = 2
    }, TypeError)
  })

  test('of a step that takes text fails for a record with what to do about it, and the other way round', async () => {
    const emitRecord = defineProcessor({
      name: 'first',
      summary: 'Some lines become records.',
      emits: ['text', 'record'],
      create: () => (line, emit) => {
        emit('text', line === 'r' ? { r: 1 } : line)
        emit('record', line === 'r' ? { r: 1 } : line)
      }
    })
    const takes = (accepts: Accepts) =>
      defineProcessor({
        name: accepts,
        summary: '',
        emits: ['end'],
        accepts,
        create: () => (line, emit) => emit('end', line)
      })
    const { sinks, letters } = await runPlan(
      simplePlan({ first: { use: emitRecord }, text: { use: takes('text') }, record: { use: takes('record') } }),
      'a\nr\nb\n'
    )

    assert.equal(sinks.get('end')!.toString(), 'a\n{"r":1}\nb\n')
    assert.deepEqual(
      letters.map(({ processor, error }) => [processor, error!.message]),
      [
        ['record', '"record" takes a record, got text: add parse_json before it'],
        ['text', '"text" takes text, got a record: add to_json before it'],
        ['record', '"record" takes a record, got text: add parse_json before it']
      ]
    )
  })

  test('sees where its line comes from', async () => {
    const seen: unknown[] = []
    await runOne((_, emit, context) => {
      const { source, file, lineNumber, offset, tag, attempt, isReplay, error } = context
      seen.push([source, file, lineNumber, offset, tag, attempt, isReplay, error])
      emit('end', 'x')
    }, 'a\r\nžluť\nb')

    assert.deepEqual(seen, [
      ['test-1', undefined, 1, 0, 'it', 1, false, undefined],
      ['test-1', undefined, 2, 3, 'it', 1, false, undefined],
      ['test-1', undefined, 3, 10, 'it', 1, false, undefined]
    ])
  })
})
