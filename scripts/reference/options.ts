// What a schema says of its options: names, kinds of values, defaults, descriptions. Lists and maps inside are told by
// their members, as `[].when` and `backoff`.

import { z } from 'zod'

import type { Option } from './markdown.ts'

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** What a pipeline file may say, not what comes of it. */
export function optionsOf(schema: z.ZodType): Option[] {
  return members(z.toJSONSchema(schema, { target: 'draft-07', io: 'input', unrepresentable: 'any' }) as JsonSchema, '')
}

function members(schema: JsonSchema, prefix: string): Option[] {
  if (schema.items !== undefined) return members(schema.items, `${prefix}[].`)
  return Object.entries(schema.properties ?? {}).map(([name, member]) => {
    const { description = '' } = member
    const form = FORMS.find(({ ending }) => ending.test(description))
    return {
      name: prefix + name,
      type: form?.kind ?? kindOf(member),
      default: defaultOf(member, schema.required?.includes(name) === true),
      description: form === undefined ? description : description.replace(form.ending, '').trim()
    }
  })
}

/** How an option of a common kind is written: its description ends with it, and docs/pipeline.md says it once. */
const FORMS = [
  { kind: 'duration', ending: /Written as [^.]*(?:\.\d[^.]*)*; a number is milliseconds\.$/ },
  { kind: 'size', ending: /Written as [^.]*; a number is bytes\.$/ },
  { kind: 'condition', ending: /A condition in CEL, .*$/ }
] as const

function defaultOf({ default: value }: JsonSchema, isRequired: boolean): string {
  if (value !== undefined) return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
  return isRequired ? 'required' : '–'
}

function kindOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${String(value)}\``).join(', ')
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(kindOf))].join(' or ')
  if (schema.items !== undefined) return 'list'
  if (schema.type === 'integer') return `whole number${rangeOf(schema)}`
  if (schema.type === 'number') return `number${rangeOf(schema)}`
  if (schema.type === 'boolean') return '`true`, `false`'
  if (schema.type === 'object') return 'map'
  return schema.format === 'date-time' ? 'date and time' : 'text'
}

// Bounds that only keep a number exact say nothing to a reader.
const LARGEST_TOLD = 1e9

function rangeOf({ minimum, maximum }: JsonSchema): string {
  const isTold = (value: number | undefined) => value !== undefined && Math.abs(value) <= LARGEST_TOLD
  if (isTold(minimum) && isTold(maximum)) return ` from ${minimum} to ${maximum}`
  return isTold(minimum) ? ` from ${minimum}` : ''
}
