// Pipelines written in TypeScript: as a file, and as an object in a program.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { UserErrors } from '../base/user-error.ts'
import { defineProcessor } from '../sdk/processor.ts'
import { definePipeline, type Pipeline } from './define-pipeline.ts'
import { namesOf, planOf, problemsOf, registry, temporaryFolder } from './fixtures.ts'
import { planFromPipeline } from './load-plan.ts'

const shout = defineProcessor({
  name: 'shout',
  summary: 'Shouts.',
  emits: ['end'],
  create: () => (line, emit) => emit('end', line)
})

async function problemsOfObject(pipeline: unknown): Promise<string[]> {
  try {
    await planFromPipeline(pipeline as Pipeline, { registry, currentFolder: '/nowhere', environment: {} })
  } catch (error) {
    assert.ok(error instanceof UserErrors, String(error instanceof Error ? error.stack : error))
    return error.errors.map(String)
  }
  return assert.fail('no problem was found')
}

describe('a pipeline file in TypeScript', () => {
  test('is imported; lanes take inline code from the file', async t => {
    const currentFolder = temporaryFolder(t, {
      'conf/tidy.ts': `import { other } from './other.ts'
export default {
  source: { file: { path: 'in.log' } },
  processors: {
    start: { use: (line: string) => line.trim(), to: '__proto__', retry: { attempts: 2 } },
    ['__proto__']: other,
    b: { use: './other.ts#other', to: { b: 'c' } },
    c: { uppercase: {}, to: 'end' }
  },
  sinks: { end: { file: { path: 'out.log' } } }
}`,
      'conf/other.ts': `export const other = { name: 'o', summary: 'O.', emits: ['end', 'b'], create: () => () => {} }`
    })
    const plan = await planOf(undefined, { file: 'conf/tidy.ts', currentFolder })

    const file = join(currentFolder, 'conf/tidy.ts')
    assert.equal(plan.name, 'tidy')
    assert.deepEqual(namesOf(plan), ['start', '__proto__', 'b', 'c', 'end'])
    assert.deepEqual(
      plan.processors.map(({ component }) => component),
      [
        { kind: 'pipeline-module', file, processor: 'start' },
        { kind: 'pipeline-module', file, processor: '__proto__' },
        { kind: 'module', file: join(currentFolder, 'conf/other.ts'), exportName: 'other' },
        { kind: 'builtin', name: 'uppercase' }
      ]
    )
    assert.deepEqual(plan.processors[1]?.tags, [
      { tag: 'end', target: 4 },
      { tag: 'b', target: 2 }
    ])
    assert.equal(plan.processors[0]?.retry.attempts, 2)
    assert.doesNotThrow(() => structuredClone(plan))
  })

  test('exports the pipeline by default', async t => {
    const currentFolder = temporaryFolder(t, {
      'named.ts': 'export const pipeline = {}',
      'nothing.ts': 'export {}',
      'old.cjs': 'module.exports = { source: { stdin: {} }, processors: { start: line => line } }',
      'throws.ts': 'throw new Error("at once")\nexport {}',
      'hang.ts': 'await new Promise(() => {})\nexport {}'
    })
    const hint = 'Write export default definePipeline({ … }).'

    assert.deepEqual(await problemsOf(undefined, { file: 'named.ts', currentFolder }), [
      `"named.ts" has no default export; it exports only "pipeline". ${hint}`
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'nothing.ts', currentFolder }), [
      `"nothing.ts" has no default export; it exports nothing. ${hint}`
    ])
    assert.equal((await planOf(undefined, { file: 'old.cjs', currentFolder })).processors[0]?.isEnd, true)
    assert.deepEqual(await problemsOf(undefined, { file: 'throws.ts', currentFolder }), [
      '"throws.ts" failed to load: Error: at once (throws.ts:1:7)'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'hang.ts', currentFolder, importTimeoutMilliseconds: 50 }), [
      '"hang.ts" did not finish loading within 0.05 s. Look for an "await" at its top level that never ends.'
    ])
    assert.deepEqual(await problemsOf(undefined, { file: 'nmaed.ts', currentFolder }), [
      'there is no file "nmaed.ts". Check the path; it is relative to the current folder.'
    ])
  })

  test('has its problems told with the path of keys, as there are no lines', async t => {
    const currentFolder = temporaryFolder(t, {
      'p.ts': `export default {
  source: { stdin: {} },
  processors: {
    start: { route: [{ when: 'line = 1', to: 'a' }], timeut: 5 },
    a: { use: 5 },
    b: [1],
    c: { delay: { ms: -1 }, to: 'end' }
  },
  sinks: 'none'
}`
    })

    assert.deepEqual((await problemsOf(undefined, { file: 'p.ts', currentFolder })).sort(), [
      'p.ts: processors.a.use: "use" must name a module, not the number 5. Write "./processors.ts#name", or the name of an installed package.',
      'p.ts: processors.b: the processor "b" must be a map, not a list. It holds a built-in such as trim: {}, or "use".',
      'p.ts: processors.c.delay.ms: "ms" of "delay" must be a whole number from 0 to 1000, not -1',
      'p.ts: processors.c.to: no processor or sink is named "end". There are "start", "a", "b" and "c".',
      'p.ts: processors.start.route[0].when: "when" of "route": unexpected "=". Write == to compare.',
      'p.ts: processors.start.timeut: unknown key "timeut" of the processor "start". Did you mean "timeout"?',
      'p.ts: sinks: "sinks" must be a map from names to sinks, not the text "none"'
    ])
  })
})

describe('a pipeline object in a program', () => {
  test('may hold functions and definitions, which stay on their thread', async () => {
    const trim = (line: string): string => line.trim()
    const pipeline = definePipeline({
      source: { stdin: {} },
      processors: {
        start: { use: trim, to: 'shout', concurrency: 1 },
        shout,
        last: { uppercase: {} },
        unused: undefined as never
      },
      entry: 'start',
      sinks: undefined as never
    })
    const { plan } = await planFromPipeline(
      { ...pipeline, processors: { ...pipeline.processors, shout: { use: shout, to: 'last' } } },
      { registry, currentFolder: '/nowhere', environment: {}, name: 'mine' }
    )

    assert.deepEqual([plan.name, plan.file, plan.baseFolder], ['mine', undefined, '/nowhere'])
    assert.deepEqual(
      plan.processors.map(({ name, component }) => [name, component]),
      [
        ['start', { kind: 'inline', definition: trim }],
        ['shout', { kind: 'inline', definition: shout }],
        ['last', { kind: 'builtin', name: 'uppercase' }]
      ]
    )
  })

  test('has an entry for each of its kinds of processor in its type', () => {
    definePipeline({
      processors: {
        a: line => (line.length > 3 ? line.toUpperCase() : undefined),
        b: async (line, context) => ({ line, number: context.lineNumber }),
        c: shout,
        d: { use: shout, options: {}, to: { end: 'a' }, on_error: { to: 'a' }, retry: { attempts: 3, backoff: '1s' } },
        e: { filter: { when: 'line == "x"' }, to: 'a', timeout: 5 }
      }
    })
    // @ts-expect-error a processor is no number
    definePipeline({ processors: { a: 5 } })
    // @ts-expect-error on_error has no such form
    definePipeline({ processors: { a: { trim: {}, on_error: 'ignore' } } })
  })

  test('tells a bare function in a pipeline with sinks how to say where lines go', async () => {
    assert.deepEqual(
      await problemsOfObject({
        source: { stdin: {} },
        processors: { start: (line: string) => line },
        sinks: { end: { discard: {} } }
      }),
      ['pipeline: processors.start: the processor "start" does not say where its lines go. Write { use: …, to: NAME }.']
    )
  })

  test('may be anything at all without harm', async () => {
    const cyclic: Record<string, unknown> = { source: { stdin: {} } }
    cyclic['processors'] = { start: { delay: cyclic, to: 'start' } }
    const trap = Object.defineProperty({}, 'processors', { enumerable: true, get: () => assert.fail('read') })
    const hint = 'It has at least the key "processors".'

    assert.deepEqual(await problemsOfObject(undefined), [`pipeline: a pipeline must be a map, not empty. ${hint}`])
    assert.deepEqual(await problemsOfObject(7n), [`pipeline: a pipeline must be a map, not an object. ${hint}`])
    assert.deepEqual(await problemsOfObject(new Date()), [`pipeline: a pipeline must be a map, not an object. ${hint}`])
    assert.deepEqual(await problemsOfObject(() => ({})), [
      `pipeline: a pipeline must be a map, not a function. ${hint}`
    ])
    assert.deepEqual(await problemsOfObject(trap), ['pipeline: this value throws an error when it is read'])
    const [problem] = await problemsOfObject(cyclic)
    assert.match(
      problem ?? '',
      /^pipeline: processors\.start\.delay\..*: the object has too many values or contains itself$/
    )
  })
})
