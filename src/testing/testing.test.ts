import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { z } from 'zod'

import {
  defineProcessor,
  type Emit,
  flatCopy,
  type LineValue,
  type Mapper,
  type ProcessorDefinition,
  type ProcessorInstance
} from '../sdk/index.ts'
import { measureKeptText, runProcessor, verifyProcessor } from './index.ts'

const split = defineProcessor({
  name: 'split',
  summary: 'Sends words to a tag each.',
  emits: ['word', 'empty'],
  create: () => (line, emit, context) => {
    if (line === 'drop') context.drop('told to')
    else if (line === '') emit('empty', line)
    else for (const word of line.split(' ')) emit('word', word)
    if (line.endsWith('!')) throw new Error('too loud')
    if (line === 'log') context.log('a message')
  }
})

function mapper(create: () => Mapper<string> | ProcessorInstance<Mapper<string>>): ProcessorDefinition {
  const definition = defineProcessor({ name: 'mapper', summary: 'A mapper.', create })
  return definition
}

function recordMapper(map: (record: { a: number }) => LineValue): ProcessorDefinition {
  return defineProcessor({
    name: 'mapper',
    summary: 'A mapper.',
    accepts: 'record',
    create: () => record => map(record as { a: number })
  })
}

describe('runProcessor', () => {
  test('tells what left under which tag, what was dropped and what failed', async () => {
    const run = await runProcessor(split, ['a b', '', 'drop', 'c d!', 'log'])

    assert.deepEqual(Object.fromEntries(run.outputs), { word: ['a', 'b', 'log'], empty: [''] })
    assert.deepEqual(run.values, ['a', 'b', '', 'log'])
    assert.deepEqual(run.emissions[1], { tag: 'word', value: 'b', lineNumber: 1 })
    assert.deepEqual(run.drops, [{ lineNumber: 3, reason: 'told to' }])
    assert.deepEqual(
      run.errors.map(({ lineNumber, attempt, isFinal, message }) => [lineNumber, attempt, isFinal, message]),
      [[4, 1, true, 'too loud']]
    )
    assert.deepEqual(run.log, ['a message'])
  })

  test('tries a failing line again', async () => {
    const flaky = mapper(() => (line, { attempt }) => {
      if (attempt < 3) throw new Error(`try ${attempt}`)
      return `${line} at ${attempt}`
    })

    const run = await runProcessor(flaky, ['x'], { attempts: 3 })

    assert.deepEqual(run.values, ['x at 3'])
    assert.deepEqual(
      run.errors.map(({ message }) => message),
      ['try 1', 'try 2']
    )
  })

  test('counts what is emitted too late or under an undeclared tag', async () => {
    let late: (() => void) | undefined
    const odd = defineProcessor({
      name: 'odd',
      summary: 'Breaks the rules.',
      emits: ['out'],
      create: () => (line, emit) => {
        late = () => emit('out', line)
        emit('elsewhere' as 'out', line)
        if (line === 'second')
          assert.throws(() => late?.() === undefined && emit('out', 5 as never), assert.AssertionError)
      }
    })

    const run = await runProcessor(odd, ['first'])
    assert.deepEqual(run.unmatched, [{ tag: 'elsewhere', value: 'first', lineNumber: 1 }])
    assert.throws(() => late?.(), /emitted after its call had settled/)
    assert.equal(run.lateEmissions, 1)
  })

  test('tells of which lines the journey is to be kept, failed ones too', async () => {
    const use = (line: string, context: { keep(): void }): string => {
      if (line.includes('keep')) context.keep()
      if (line.includes('bad')) throw new Error('bad')
      return line
    }
    const { kept } = await runProcessor(use, ['a', 'keep', 'b', 'keep bad'])
    assert.deepEqual(kept, [2, 4])
  })

  test('takes promises and plain functions, and drops undefined', async () => {
    const run = await runProcessor(async (line: string) => (line === 'b' ? undefined : line.repeat(2)), ['a', 'b'])

    assert.deepEqual(run.values, ['aa'])
    assert.deepEqual(run.drops, [{ lineNumber: 2, reason: 'filtered' }])
  })

  test('refuses values that are no lines, and steps that do not fit the line', async () => {
    const fives = mapper(() => () => 5 as never)
    const records = recordMapper(record => record)

    assert.match((await runProcessor(fives, ['x'])).errors[0].message, /emitted a number; a line is text or a record/)
    assert.match((await runProcessor(split, [{}])).errors[0].message, /takes text, got a record: add to_json before it/)
    assert.match((await runProcessor(records, ['x'])).errors[0].message, /takes a record, got text: add parse_json/)
  })

  test('freezes records as the engine does', async () => {
    const records = recordMapper(record => {
      record.a = 2
      return record
    })

    assert.match((await runProcessor(records, [{ a: 1 }])).errors[0].message, /read only/)
  })

  test('checks options and fills in defaults', async () => {
    const repeat = defineProcessor({
      name: 'repeat',
      summary: 'Repeats.',
      options: z.strictObject({ times: z.number().default(2).describe('How often.') }),
      create:
        ({ times }) =>
        line =>
          line.repeat(times)
    })

    assert.deepEqual((await runProcessor(repeat, ['ab'])).values, ['abab'])
    assert.deepEqual((await runProcessor(repeat, ['ab'], { options: { times: 3 } })).values, ['ababab'])
    await assert.rejects(runProcessor(repeat, ['ab'], { options: { times: 'x' } }), z.ZodError)
    await assert.rejects(runProcessor(split, ['ab'], { options: { times: 3 } }), /takes no options/)
  })
})

describe('measureKeptText', () => {
  const lineAt = (index: number) => `the line number ${index} of a log that is long enough to be sliced`

  const leaks: [what: string, definition: ProcessorDefinition][] = [
    ['whole lines', mapper(() => remembering(line => line))],
    ['parts of lines', mapper(() => remembering(line => line.slice(4, 24)))],
    ['what a pattern found', mapper(() => remembering(line => /number (.*)/.exec(line)![1]))],
    ['lines joined to something', mapper(() => remembering(line => `key:${line}`))]
  ]
  for (const [what, definition] of leaks) {
    test(`finds a processor that keeps ${what}`, async () => {
      const { isLeak, keptBatches, batches } = await measureKeptText(definition, lineAt)

      assert.equal(isLeak, true)
      assert.ok(keptBatches > batches / 2, String(keptBatches))
    })
  }

  test('has nothing against flat copies, numbers and the last line', async () => {
    for (const key of [flatCopy, (line: string) => String(line.length)]) {
      assert.equal(
        (
          await measureKeptText(
            mapper(() => remembering(key)),
            lineAt
          )
        ).isLeak,
        false
      )
    }
    let last = ''
    const keepsLast = mapper(() => line => {
      last = line
      return last
    })
    assert.equal((await measureKeptText(keepsLast, lineAt)).isLeak, false)
  })

  function remembering(key: (line: string) => string) {
    const seen = new Set<string>()
    return (line: string) => {
      seen.add(key(line))
      return 'seen'
    }
  }
})

describe('verifyProcessor', () => {
  const good = mapper(() => line => line)

  test('accepts one that keeps to the rules', () => verifyProcessor(good))

  const bad: [why: string, definition: ProcessorDefinition, expected: RegExp][] = [
    ['has an odd name', { ...good, name: 'My Mapper' }, /kebab-case/],
    ['has no sentence for a summary', { ...good, summary: 'maps' }, /not a sentence/],
    [
      'does not describe an option',
      { ...good, options: z.strictObject({ a: z.number().optional() }) },
      /"a" of "mapper" has no description/
    ],
    [
      'emits under a tag that it does not declare',
      { ...good, emits: ['a'], create: () => (line: LineValue, emit: Emit) => emit('b', line) },
      /under the tag "b"/
    ],
    [
      'throws what is no error',
      mapper(() => () => {
        throw 'text' as unknown as Error
      }),
      /threw no Error/
    ],
    [
      'changes its record',
      recordMapper(record => {
        record.a = 1
        return record
      }),
      /changes the record/
    ],
    [
      'has a state that cannot be restored',
      mapper(() => ({ process: line => line, snapshot: () => 1 })),
      /only one of snapshot and restore/
    ],
    [
      'has a state that is no JSON',
      mapper(() => ({ process: line => line, snapshot: () => new Map([[1, 2]]), restore: () => undefined })),
      /does not survive being written as JSON/
    ],
    [
      'keeps its lines',
      mapper(() => {
        const kept: unknown[] = []
        return line => {
          kept.push(line)
          return line
        }
      }),
      /keeps slices of its lines .* keep flatCopy\(text\) instead/
    ]
  ]
  for (const [why, definition, expected] of bad) {
    test(`refuses one that ${why}`, () => assert.rejects(verifyProcessor(definition), expected))
  }
})
