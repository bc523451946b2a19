// The parts of docs/http.md that come from /openapi.json: what each path takes and the fields of its answer.

import type { Observer } from '../../src/observer/observer.ts'
import { buildServer } from '../../src/server/server.ts'
import { table } from './markdown.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly string[]
  readonly format?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

interface Operation {
  readonly summary: string
  readonly parameters?: readonly { readonly name: string; readonly description?: string; readonly schema: Schema }[]
  readonly requestBody?: { readonly content: { 'application/json': { schema: Schema } } }
  readonly responses: Readonly<Record<string, { readonly content: { 'application/json'?: { schema: Schema } } }>>
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** What a running dashboard answers to /openapi.json: nothing in it depends on the run. */
export async function readApiDocument(): Promise<ApiDocument> {
  const app = buildServer({
    observer: {} as Observer,
    host: '127.0.0.1',
    allowHosts: [],
    token: undefined,
    version: ''
  })
  try {
    const { body } = await app.inject({ url: '/openapi.json', headers: { host: 'localhost' } })
    return JSON.parse(body) as ApiDocument
  } finally {
    await app.close()
  }
}

export function pathTable({ paths }: ApiDocument): string {
  return table(
    ['path', 'what it answers'],
    Object.entries(paths).map(([path, { get, post }]) => {
      const told = [
        ...(get === undefined ? [] : [get.summary]),
        ...(post === undefined ? [] : [`POST: ${post.summary}`])
      ]
      return [`\`${path}\``, told.join('. ')]
    })
  )
}

/** Fields of one path's answer; those of a schema that several answers share are told once, by the path that is given. */
export function fieldTable(document: ApiDocument, path: string): string {
  const { get, post } = document.paths[path] ?? {}
  const operation = get ?? post
  if (operation === undefined) throw new Error(`/openapi.json knows no ${path}`)
  // An export has no fields.
  const answer = operation.responses['200'].content['application/json']
  const rows = answer === undefined ? [] : fieldsOf(document, answer.schema, '')
  const body = post?.requestBody?.content['application/json'].schema
  const sent = body === undefined ? [] : fieldsOf(document, body, '')
  const fields = [
    ...(sent.length === 0 ? [] : [table(['in the body', 'value', 'what it asks for'], sent)]),
    ...(rows.length === 0 ? [] : [table(['field', 'value', 'what it says'], rows)])
  ].join('\n\n')
  const { parameters = [] } = operation
  if (parameters.length === 0) return fields
  const asked = parameters.map(({ name, description = '' }) => [`\`${name}\``, description])
  return `${table(['in the query', 'what it asks for'], asked)}\n\n${fields}`
}

/** Fields of a schema by its name. */
export function schemaTable(document: ApiDocument, name: string): string {
  const schema = document.components.schemas[name]
  if (schema === undefined) throw new Error(`/openapi.json knows no ${name}`)
  return table(['field', 'value', 'what it says'], fieldsOf(document, schema, ''))
}

function fieldsOf(document: ApiDocument, given: Schema, prefix: string): string[][] {
  const schema = resolve(document, given)
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const field = resolve(document, member)
    const description = member.description ?? field.description ?? ''
    const own = [`\`${prefix}${name}\``, kindOf(document, field), description]
    const inner = innerOf(document, field)
    return inner === undefined ? [own] : [own, ...fieldsOf(document, inner.schema, `${prefix}${name}${inner.sign}`)]
  })
}

function innerOf(document: ApiDocument, field: Schema): { schema: Schema; sign: string } | undefined {
  const object = [field, ...(field.anyOf ?? []).map(each => resolve(document, each))].find(each => each.properties)
  if (object !== undefined) return { schema: object, sign: '.' }
  const items = field.items === undefined ? undefined : resolve(document, field.items)
  return items?.properties === undefined ? undefined : { schema: items, sign: '[].' }
}

function kindOf(document: ApiDocument, given: Schema): string {
  const schema = resolve(document, given)
  if (schema.enum !== undefined) return schema.enum.map(word => `\`${word}\``).join(', ')
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(each => kindOf(document, each)))].join(' or ')
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  return types.map(type => wordFor(type, schema)).join(' or ')
}

function wordFor(type: string, { format, items }: Schema): string {
  if (type === 'string') return format === 'date-time' ? 'moment' : 'text'
  if (type === 'integer') return 'count'
  if (type === 'array') return items?.type === 'string' ? 'list of texts' : 'list'
  return { number: 'number', boolean: 'true or false', object: 'map', null: '`null`' }[type] ?? type
}

function resolve(document: ApiDocument, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1)
  const found = name === undefined ? undefined : document.components.schemas[name]
  return found === undefined ? schema : { ...found, ...(schema.description && { description: schema.description }) }
}
