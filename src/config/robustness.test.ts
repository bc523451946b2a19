// Whatever stands in a file: a plan or a list of the user's mistakes, never a crash, and no harm to the process.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { UserErrors } from '../base/user-error.ts'
import type { Plan } from '../engine/plan.ts'
import { load, withEnd } from './fixtures.ts'
import { jsonProblem } from './json-syntax.ts'

/** The plan, or undefined when it was refused in the way that users see. */
async function attempt(source: string, file = 'pipeline.yaml'): Promise<Plan | undefined> {
  try {
    return (await load(source, { file, environment: { A: 'value' } })).plan
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error
    assert.ok(error.errors.length > 0)
    for (const each of error.errors) {
      assert.ok(each.message.length > 0 && !each.message.includes('\n'), `one line: ${each.message}`)
      assert.doesNotMatch(String(each), /undefined|\[object|src\/config/, source)
      if (each.place !== undefined) assert.ok(each.place.line >= 1 && each.place.column >= 1)
    }
    return undefined
  }
}

const GOOD = `source: { file: { path: access.log } }
entry: start
processors:
  start:
    route:
      - { when: 'line.contains("ERROR")', to: error }
      - { to: general }
  error: { delay: { ms: 5, mode: random }, to: end, retry: { attempts: 3, backoff: 100ms }, timeout: 1s }
  general: { split: {}, to: { left: end, right: sum }, on_error: { to: end } }
  sum: { count: {}, concurrency: 2, on_error: drop }
sinks:
  end: { file: { path: "\${A}.log" } }
limits: { max_hops: 9 }
`

test('any bytes of text are refused or read [D4]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async text => {
      await attempt(text)
      await attempt(text, 'pipeline.json')
    }),
    { numRuns: 300 }
  )
})

test('text made of the pieces of YAML is refused or read', async () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      'to',
      'processors',
      ': ',
      ':\n',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      '"',
      "'",
      '|\n',
      '>\n',
      '&x ',
      '*x',
      '!!str '
    ],
    ...[
      '!y ',
      '? ',
      '#',
      '---\n',
      '...\n',
      '%YAML 1.2\n',
      '<<',
      '\t',
      '~',
      '${A}',
      '${',
      '\\',
      '@',
      '`',
      '\u2028',
      '\ufeff',
      '0x',
      '.inf'
    ]
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async pieces => {
      await attempt(pieces.join(''))
    }),
    { numRuns: 600 }
  )
})

test('a good pipeline with a piece cut out, doubled or replaced is refused or read', async () => {
  assert.notEqual(await attempt(GOOD), undefined)
  const position = fc.nat({ max: GOOD.length })
  const junk = fc.oneof(
    fc.constantFrom('', ' ', '\n', ':', '{', '}', '"', '*a', '0', 'null', '[]', '- '),
    fc.string({ maxLength: 5 })
  )
  await fc.assert(
    fc.asyncProperty(position, fc.nat({ max: 20 }), junk, async (at, length, replacement) => {
      await attempt(GOOD.slice(0, at) + replacement + GOOD.slice(at + length))
    }),
    { numRuns: 600 }
  )
})

test('any value at any place of a pipeline is refused or read [D10]', async () => {
  const value = fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }).map(each => JSON.stringify(each))
  const places = [
    (json: string) => json,
    (json: string) => `{ "source": ${json}, "processors": { "start": { "trim": {} } } }`,
    (json: string) => `{ "source": { "file": ${json} }, "processors": ${json} }`,
    (json: string) => withEnd(`processors: { "start": ${json} }\nentry: ${json}\nlimits: ${json}`),
    (json: string) => withEnd(`processors: { "start": { "delay": ${json}, "to": ${json}, "retry": ${json} } }`),
    (json: string) => withEnd(`processors: { "start": { "route": ${json}, "timeout": ${json}, "on_error": ${json} } }`),
    (json: string) =>
      withEnd(
        `processors: { "start": { "sample": { "by": ${json}, "labels": ${json} }, "to": end, "concurrency": ${json} } }`
      ),
    (json: string) =>
      `{ "source": { "stdin": ${json} }, "processors": { "start": { "use": ${json} } }, "sinks": ${json} }`
  ]
  await fc.assert(
    fc.asyncProperty(value, fc.constantFrom(...places), async (json, place) => {
      await attempt(place(json))
    }),
    { numRuns: 800, examples: places.map(place => ['"\\u0000"', place]) }
  )
})

test('every name that is allowed comes out as it went in, whatever JavaScript means by it [A27]', async () => {
  const hostile = fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'then',
    '0',
    '-1',
    'null',
    'length'
  )
  const name = fc.oneof(hostile, fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }))
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), async names => {
      const entries = names.map((each, index) => {
        const next = names[index + 1]
        return `  ${JSON.stringify(each)}: { trim: {}${next === undefined ? '' : `, to: ${JSON.stringify(next)}`} }`
      })
      const plan = await attempt(
        `source: { stdin: {} }\nentry: ${JSON.stringify(names[0])}\nprocessors:\n${entries.join('\n')}`
      )
      if (plan !== undefined)
        assert.deepEqual(
          plan.processors.map(processor => processor.name),
          names
        )
    }),
    { numRuns: 500 }
  )
  assert.deepEqual(Object.keys(Object.prototype), [])
})

test('JSON is judged as JSON.parse does, and a place is found for every mistake', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '1',
    '-',
    '0',
    '1e5',
    'true',
    'nul',
    ' ',
    '\n',
    '\\',
    "'",
    '/'
  )
  const source = fc.oneof(
    fc.array(piece, { maxLength: 20 }).map(pieces => pieces.join('')),
    fc.json(),
    fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, junk]) => {
      const cut = at % (json.length + 1)
      return json.slice(0, cut) + junk + json.slice(cut)
    })
  )
  fc.assert(
    fc.property(source, text => {
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      const problem = jsonProblem(text)
      assert.equal(problem === undefined, isJson)
      if (problem === undefined) return
      assert.doesNotMatch(problem.message, /this is not JSON/, `no place was found in ${JSON.stringify(text)}`)
      assert.ok(problem.offset >= 0 && problem.offset <= text.length)
    }),
    { numRuns: 3000 }
  )
})
