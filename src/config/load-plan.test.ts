import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { DEFAULT_REDACTION } from '../base/redaction.ts'
import { namesOf, planOf, problemsOf, temporaryFolder, withEnd } from './fixtures.ts'

const PIPELINE = `# yaml-language-server: $schema=./schema.json
source: { file: { path: access.log, follow: false } }
processors:
  start:
    route:
      - { when: 'line.contains("ERROR")', to: error }
      - { when: 'line.contains("WARN")', to: warn }
      - { to: general }
  error: { use: ./processors.ts#parseError, to: { unparsed: general }, retry: { attempts: 3, backoff: 1s }, timeout: 1s }
  warn: { uppercase: {}, to: end, on_error: drop }
  general: { trim: {}, to: end, concurrency: 2, on_error: { to: warn } }
sinks:
  end: { file: { path: out.log } }
limits: { max_line_bytes: 64KiB, max_hops: 9 }
`

const PROCESSORS = `export const parseError = {
  name: 'parse-error',
  summary: 'Splits an error line.',
  emits: ['end', 'unparsed'],
  create: () => (line: string, emit: (tag: string, value: string) => void) => emit('end', line)
}
`

test('a pipeline file becomes a plan: processors in their order, then sinks, names as node ids, defaults filled in', async t => {
  const folder = temporaryFolder(t, { 'tidy/pipeline.yaml': PIPELINE, 'tidy/processors.ts': PROCESSORS })
  const { configHash, ...plan } = await planOf(undefined, { file: 'tidy/pipeline.yaml', currentFolder: folder })

  const baseFolder = join(folder, 'tidy')
  const retry = { attempts: 1, backoffMilliseconds: 100, maxBackoffMilliseconds: 30_000 }
  const common = { isEnd: false, retry, timeoutMilliseconds: 30_000, concurrency: 8, onError: { kind: 'dead_letter' } }
  assert.match(configHash, /^[0-9a-f]{16}$/)
  assert.deepEqual(plan, {
    name: 'pipeline',
    file: join(baseFolder, 'pipeline.yaml'),
    baseFolder,
    source: { type: 'file', options: { path: 'access.log', follow: false }, readBy: 'lane', isEndless: false },
    entry: 0,
    processors: [
      {
        ...common,
        name: 'start',
        component: { kind: 'builtin', name: 'route' },
        options: [
          { when: 'line.contains("ERROR")', to: 'error' },
          { when: 'line.contains("WARN")', to: 'warn' },
          { to: 'general' }
        ],
        tags: [
          { tag: 'error', target: 1 },
          { tag: 'warn', target: 2 },
          { tag: 'general', target: 3 }
        ],
        target: undefined
      },
      {
        ...common,
        name: 'error',
        component: { kind: 'module', file: join(baseFolder, 'processors.ts'), exportName: 'parseError' },
        options: {},
        tags: [
          { tag: 'end', target: 4 },
          { tag: 'unparsed', target: 3 }
        ],
        target: undefined,
        retry: { attempts: 3, backoffMilliseconds: 1000, maxBackoffMilliseconds: 30_000 },
        timeoutMilliseconds: 1000
      },
      {
        ...common,
        name: 'warn',
        component: { kind: 'builtin', name: 'uppercase' },
        options: {},
        tags: [],
        target: 4,
        onError: { kind: 'drop' }
      },
      {
        ...common,
        name: 'general',
        component: { kind: 'builtin', name: 'trim' },
        options: {},
        tags: [],
        target: 4,
        concurrency: 2,
        onError: { kind: 'to', target: 2 }
      }
    ],
    sinks: [{ name: 'end', type: 'file', options: { path: 'out.log' } }],
    limits: { maxLineBytes: 65_536, maxHops: 9, maxDescendants: 100_000, maxDescendantBytes: 64 * 1024 * 1024 },
    deadLetters: { maxBytes: 1024 * 1024 * 1024, whenFull: 'pause' },
    journeys: {
      journeysPerSecond: 200,
      bytesPerSecond: 2 * 1024 * 1024,
      failureShare: 0.5,
      sameErrorPerSecond: 5,
      slowMilliseconds: undefined,
      rareLines: 5,
      forksOver: 8,
      hopsOver: 16,
      sampleMilliseconds: 1_000,
      maxValueBytes: 4_096,
      maxBytes: 32 * 1024,
      keepWhen: undefined,
      dropWhen: undefined,
      dryRun: false
    },
    durability: 'full',
    redaction: DEFAULT_REDACTION,
    store: { maxBytes: 256 * 1024 * 1024, maxAgeMilliseconds: undefined },
    warnings: []
  })
  assert.doesNotThrow(() => structuredClone(plan))
})

test('a JSON file is a pipeline as well, tabs and $schema included', async () => {
  const source = `{
\t"$schema": "./schema.json",
\t"source": {"stdin": {}},
\t"processors": {"start": {"delay": {"ms": 1e2}, "to": "\\u0065nd"}},
\t"sinks": {"end": {"discard": {}}}
}`
  const plan = await planOf(source, { file: 'pipeline.json' })

  assert.deepEqual(namesOf(plan), ['start', 'end'])
  assert.deepEqual(plan.processors[0]?.options, { ms: 100, mode: 'exact', block: false })
})

test('names are data: every name comes out right, in the order of the file [A27]', async () => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    '1',
    '010',
    'null',
    'true',
    'no',
    'größe 😀',
    'a.b',
    'hasOwnProperty'
  ]
  const processors = names.map((name, index) => `  ${name}: { trim: {}, to: ${names[index + 1] ?? 'valueOf'} }`)
  const plan = await planOf(
    `source: { stdin: {} }
entry: __proto__
processors:
${processors.join('\n').replace('to: null', 'to: "null"')}
sinks: { valueOf: { discard: {} } }
`
  )

  assert.deepEqual(namesOf(plan), [...names, 'valueOf'])
  assert.deepEqual(
    plan.processors.map(({ target }) => target),
    names.map((_, index) => index + 1)
  )
  assert.equal(Object.getOwnPropertyNames(Object.prototype).includes('trim'), false)
})

describe('entry', () => {
  test('is what the pipeline says, else "start", else the only processor', async () => {
    const chosen = await planOf(withEnd('entry: b\nprocessors: { a: { trim: {}, to: end }, b: { trim: {}, to: a } }'))
    const start = await planOf(withEnd('processors: { a: { trim: {}, to: end }, start: { trim: {}, to: a } }'))
    const only = await planOf(withEnd('processors: { a: { trim: {}, to: end } }'))

    assert.deepEqual([chosen.entry, start.entry, only.entry], [1, 1, 0])
  })

  test('must be told when it cannot be guessed, and must be a processor', async () => {
    const two = 'processors: { first: { trim: {}, to: second }, second: { trim: {}, to: end } }'

    assert.deepEqual(await problemsOf(withEnd(two)), [
      'pipeline.yaml:2:1: it cannot be told which processor lines enter at. Add entry: NAME, or name the first one "start".'
    ])
    assert.deepEqual(await problemsOf(withEnd(`entry: frist\n${two}`)), [
      'pipeline.yaml:2:8: no processor is named "frist". Did you mean "first"?'
    ])
    assert.deepEqual(await problemsOf(withEnd(`entry: end\n${two}`)), [
      'pipeline.yaml:2:8: "entry" must be a processor; "end" is a sink'
    ])
    assert.deepEqual(await problemsOf(withEnd(`entry: [first]\n${two}`)), [
      'pipeline.yaml:2:8: "entry" must be a name, not a list'
    ])
  })
})

describe('a plan without sinks', () => {
  test('ends at the processors without "to"', async () => {
    const plan = await planOf(
      'source: { stdin: {} }\nprocessors: { start: { trim: {}, to: last }, last: { uppercase: {} } }'
    )

    assert.deepEqual(plan.sinks, [])
    assert.deepEqual(
      plan.processors.map(({ target, isEnd }) => ({ target, isEnd })),
      [
        { target: 1, isEnd: false },
        { target: undefined, isEnd: true }
      ]
    )
  })

  test('is also one whose sinks are empty', async () => {
    for (const sinks of ['sinks:', 'sinks: {}', 'sinks: null']) {
      const plan = await planOf(`source: { stdin: {} }\nprocessors: { start: { trim: {} } }\n${sinks}`)
      assert.equal(plan.processors[0]?.isEnd, true)
    }
  })
})

test('a consumer, which emits nothing, is an end in any plan', async () => {
  const plan = await planOf(
    withEnd('processors: { start: { split: {}, to: { left: end, right: sum } }, sum: { count: {} } }')
  )

  assert.deepEqual(
    plan.processors.map(({ isEnd }) => isEnd),
    [false, true]
  )
})

test('a processor without options takes an empty value, a map or none', async () => {
  for (const processor of ['trim: {}', 'trim: ', 'trim: null', '"trim": ~']) {
    const plan = await planOf(withEnd(`processors: { start: { to: end, ${processor} } }`))
    assert.deepEqual(plan.processors[0]?.options, {})
  }
})

test('an alias stands for the whole value that it names', async () => {
  const plan = await planOf(
    withEnd(`processors:
  start: { trim: {}, to: b, retry: &patient { attempts: 5, backoff: 1m } }
  b: { trim: {}, to: end, retry: *patient }`)
  )

  const patient = { attempts: 5, backoffMilliseconds: 60_000, maxBackoffMilliseconds: 60_000 }
  assert.deepEqual(
    plan.processors.map(({ retry }) => retry),
    [patient, patient]
  )
})

test('all problems are said at once, in the order of the file [D5]', async () => {
  const source = `source: { fil: { path: access.log } }
procesors: {}
processors:
  start:
    route:
      - { when: 'line.contain("ERROR")', to: error }
      - { when: 'line.contains("WARN"', to: warn }
  error: { uppercas: {}, to: general, retry: { attempt: 3, backoff: 100mz }, timeout: 1x }
  warn: { uppercase: {}, to: nowhere, on_error: dro }
  general: { delay: { ms: 10000, foo: 1 }, to: end }
sinks:
  end: { file: {} }
  warn: file
limits: { max_hop: 3 }
`
  assert.deepEqual(await problemsOf(source), [
    'pipeline.yaml:1:11: there is no source "fil". Did you mean "file"?',
    'pipeline.yaml:2:1: unknown key "procesors". Did you mean "processors"?',
    'pipeline.yaml:6:18: "when" of "route": unknown method "contain". Did you mean "contains"?',
    'pipeline.yaml:7:38: "when" of "route": expected ")", found the end',
    'pipeline.yaml:8:12: there is no built-in processor "uppercas". Did you mean "uppercase"?',
    'pipeline.yaml:8:48: unknown option "attempt" of "retry". Did you mean "attempts"?',
    'pipeline.yaml:8:69: "backoff" of "retry" must be a duration such as "100ms", "1.5s" or "2m", not "100mz"',
    'pipeline.yaml:8:87: "timeout" must be a duration such as "100ms", "1.5s" or "2m", not "1x"',
    'pipeline.yaml:9:30: no processor or sink is named "nowhere". There are "start", "error", "warn", "general" and "end".',
    'pipeline.yaml:9:49: "on_error" must be dead_letter, drop, stop or { to: name }. Did you mean "drop"?',
    'pipeline.yaml:10:27: "ms" of "delay" must be a whole number from 0 to 1000, not 10000',
    'pipeline.yaml:10:34: unknown option "foo" of "delay". Known are "ms", "mode" and "block".',
    'pipeline.yaml:12:10: "path" of "file" is missing',
    'pipeline.yaml:13:3: the name "warn" is used twice: a processor in line 9 has it too. Rename one of them.',
    'pipeline.yaml:13:3: the sink "warn" must be a map, not the text "file". Write { file: {} }.',
    'pipeline.yaml:14:11: unknown option "max_hop" of "limits". Did you mean "max_hops"?'
  ])
})

test('a mistyped section is one mistake, and what is inside it is read as what was meant', async () => {
  assert.deepEqual(
    await problemsOf('sorce: { stdin: {} }\nprocesors: { a: { trim: {}, to: ned } }\nsink: { end: { discard: {} } }'),
    [
      'pipeline.yaml:1:1: unknown key "sorce". Did you mean "source"?',
      'pipeline.yaml:2:1: unknown key "procesors". Did you mean "processors"?',
      'pipeline.yaml:2:33: no processor or sink is named "ned". Did you mean "end"?',
      'pipeline.yaml:3:1: unknown key "sink". Did you mean "sinks"?'
    ]
  )
})

test('beyond fifty problems the rest is counted', async () => {
  const keys = Array.from({ length: 80 }, (_, index) => `unknown${index}: 1`).join('\n')
  const problems = await problemsOf(withEnd(`processors: { a: { trim: {}, to: end } }\n${keys}`))

  assert.equal(problems.length, 51)
  assert.equal(problems.at(-1), '30 more problems are not shown')
})
