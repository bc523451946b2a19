// Every answer, to its last field, is what /openapi.json says of it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { delivered } from '../observer/observe-recording-fixtures.ts'
import type { RecordedLine } from '../observer/recording-lane-fixtures.ts'
import { buildApp, type DashboardOptions } from './server-fixtures.ts'

const LOCAL = { host: 'localhost' }

interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  // Words that say nothing about a value.
  readonly description?: string
  readonly format?: string
  readonly propertyNames?: JsonSchema
}

interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

interface Operation {
  readonly responses: Readonly<Record<string, Response>>
}

interface Response {
  readonly description: string
  readonly content: { readonly 'application/json'?: { readonly schema: JsonSchema } }
}

const CHECKED = new Set(
  '$ref type const enum anyOf properties required additionalProperties items minimum maximum pattern'.split(' ')
)
const SAYS_NOTHING = new Set(['description', 'format', 'propertyNames'])

/** What in the value is not as described; a word of JSON Schema that is not known here is a fault too. */
function faultsOf(value: unknown, schema: JsonSchema, document: OpenApi, at = ''): string[] {
  const unknown = Object.keys(schema).filter(word => !CHECKED.has(word) && !SAYS_NOTHING.has(word))
  if (unknown.length > 0) return [`${at}: cannot check ${unknown.join(', ')}`]
  const faults: string[] = []
  const check = (holds: boolean, what: string): void => void (holds || faults.push(`${at}: ${what}`))
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/components/schemas/', '')
    const target = document.components.schemas[name]
    return target === undefined ? [`${at}: ${schema.$ref} leads nowhere`] : faultsOf(value, target, document, at)
  }
  if (schema.anyOf !== undefined) {
    check(
      schema.anyOf.some(each => faultsOf(value, each, document, at).length === 0),
      `${JSON.stringify(value)} is none of what it may be`
    )
    return faults
  }
  if (schema.const !== undefined) check(value === schema.const, `is not ${JSON.stringify(schema.const)}`)
  if (schema.enum !== undefined)
    check(schema.enum.includes(value), `${JSON.stringify(value)} is not one of ${JSON.stringify(schema.enum)}`)
  if (schema.type !== undefined) {
    const types = [schema.type].flat()
    check(
      types.some(type => isOfType(value, type)),
      `${JSON.stringify(value)} is no ${types.join(' or ')}`
    )
  }
  if (typeof value === 'number') {
    check(value >= (schema.minimum ?? value) && value <= (schema.maximum ?? value), `${value} is out of range`)
  }
  if (typeof value === 'string' && schema.pattern !== undefined) {
    check(new RegExp(schema.pattern, 'u').test(value), `${value} is not as ${schema.pattern}`)
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    faults.push(...value.flatMap((item, index) => faultsOf(item, schema.items!, document, `${at}[${index}]`)))
  } else if (typeof value === 'object' && value !== null) {
    for (const name of schema.required ?? []) check(Object.hasOwn(value, name), `${name} is missing`)
    for (const [name, member] of Object.entries(value)) {
      const described = schema.properties?.[name] ?? schema.additionalProperties
      if (typeof described === 'object') faults.push(...faultsOf(member, described, document, `${at}.${name}`))
      else faults.push(`${at}.${name} is not described`)
    }
  }
  return faults
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return type === typeof value
}

function isEndless({ responses }: Operation): boolean {
  return Object.hasOwn(responses['200']?.content ?? {}, 'text/event-stream')
}

const NAMES = { processors: ['start', 'a'], sinks: ['end'] }
const LINES: RecordedLine[] = [
  delivered('plain', [0, 1, 2]),
  { text: 'dropped', leaves: [{ nodes: [0], outcome: 'dropped', reason: 'too old' }] },
  {
    text: 'forked',
    leaves: [
      { nodes: [0, 1, 2], outcome: 'delivered', isChanged: true },
      { nodes: [0, 1], outcome: 'dead', forkDepth: 1 }
    ],
    errors: [
      { node: 1, name: 'TypeError', message: 'first', stack: 'TypeError: first\n    at x', isFinal: false },
      { node: 1, message: 'second', attempt: 2 }
    ]
  },
  {
    text: 'refused before any processor',
    leaves: [{ nodes: [], outcome: 'dead' }],
    errors: [{ node: -1, message: 'no' }]
  },
  delivered('y'.repeat(20_000), [0, 2])
]
const WAITING = { sourceNumber: 0, offset: 9, lineNumber: 8, node: 1, attempt: 2, sinceMilliseconds: 0, isParked: true }

/** What some paths must be asked for, and how they answer here. */
const ASKED: Readonly<Record<string, readonly [query: string, status: number]>> = {
  '/api/v1/tap': ['?at=nothing', 409],
  '/api/v1/lines': ['?id=0:0', 200]
}

const RUNS: Readonly<Record<string, DashboardOptions['run']>> = {
  'before the first line': NAMES,
  'with everything that may happen': { ...NAMES, lanes: [{ lines: LINES, waiting: [WAITING] }, { lines: LINES }] },
  'with a processor that hangs': { ...NAMES, lanes: [{ lines: LINES, hangIn: 1 }] },
  'without journeys': { ...NAMES, trace: false, lines: LINES },
  'at its end': { ...NAMES, lanes: [{ lines: LINES, state: 'finished' }] }
}

describe('answers as described', () => {
  for (const [when, run] of Object.entries(RUNS)) {
    test(`of a run ${when}`, async t => {
      const app = await buildApp(t, run === undefined ? {} : { run })
      const get = async (url: string) => await app.inject({ url, headers: LOCAL })
      const document = (await get('/openapi.json')).json<OpenApi>()
      assert.ok(Object.keys(document.paths).length > 12)

      for (const [url, { get: operation }] of Object.entries(document.paths)) {
        if (operation === undefined || url.includes('{')) continue
        if (isEndless(operation)) continue
        const answer = await get(url)
        const response =
          operation.responses[answer.statusCode] ?? operation.responses[answer.statusCode < 500 ? '4XX' : '']
        assert.ok(response, `${url} answers ${answer.statusCode}`)
        const json = response.content['application/json']
        if (json === undefined) {
          assert.ok(Object.hasOwn(response.content, answer.headers['content-type']!.split(';')[0]), url)
        } else assert.deepEqual(faultsOf(answer.json(), json.schema, document), [], url)
      }
    })
  }

  test('refusals included', async t => {
    const app = await buildApp(t)
    const document = (await app.inject({ url: '/openapi.json', headers: LOCAL })).json<OpenApi>()

    for (const [url, { get, post }] of Object.entries(document.paths)) {
      const operation = get ?? post!
      const { schema } = operation.responses['4XX'].content['application/json']!
      for (const [method, headers] of [
        ['GET', { host: 'evil.example' }],
        ['GET', { ...LOCAL, origin: 'http://evil.example' }],
        ['DELETE', LOCAL],
        ['POST', LOCAL],
        ['POST', { ...LOCAL, 'content-type': 'application/json' }]
      ] as const) {
        const answer = await app.inject({ method, url, headers })
        assert.ok(answer.statusCode >= 400 && answer.statusCode < 500)
        assert.deepEqual(faultsOf(answer.json(), schema, document), [], `${method} ${url}`)
      }
    }
  })

  test('every described path is named where a path is unknown, and every path named there answers', async t => {
    const app = await buildApp(t)
    const { paths } = (await app.inject({ url: '/nothing', headers: LOCAL })).json<{ paths: string[] }>()
    const document = (await app.inject({ url: '/openapi.json', headers: LOCAL })).json<OpenApi>()

    // What belongs to one of many, and what can only be done, is told of with all of them.
    for (const [path, { get }] of Object.entries(document.paths)) {
      if (get !== undefined && !path.includes('{')) assert.ok(paths.includes(path), path)
    }
    for (const path of paths.filter(each => !each.includes('{'))) {
      const operation = document.paths[path]?.get
      if (operation !== undefined && isEndless(operation)) continue
      const [query, expected] = ASKED[path] ?? ['', 200]
      assert.equal((await app.inject({ url: path + query, headers: LOCAL })).statusCode, expected, path)
    }
  })

  test('a response without words would be found, and a field without a description too', () => {
    const document = { paths: {}, components: { schemas: { Name: { type: 'string' } } } }
    const schema = {
      type: 'object',
      properties: { name: { $ref: '#/components/schemas/Name' }, count: { type: 'integer', minimum: 0 } },
      required: ['name', 'count'],
      additionalProperties: false
    }

    assert.deepEqual(faultsOf({ name: 'x', count: 1 }, schema, document), [])
    assert.equal(faultsOf({ name: 1, count: -1, more: true }, schema, document).length, 3)
    assert.equal(faultsOf({ name: 'x' }, schema, document).length, 1)
    assert.equal(faultsOf({ name: 'x', count: 0.5 }, schema, document).length, 1)
  })
})
