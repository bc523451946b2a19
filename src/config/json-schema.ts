// The JSON Schema of a pipeline file, for editors: completion, descriptions and red lines while one writes.
//
// Draft 07, which every YAML editor reads. Made of the schemas that check a pipeline, so the two cannot disagree.

import { z } from 'zod'

import type { Registry } from '../sdk/registry.ts'
import {
  circuitBreakerSchema,
  concurrencySchema,
  deadLettersSchema,
  durabilitySchema,
  journeysSchema,
  limitsSchema,
  onErrorSchema,
  redactionSchema,
  retrySchema,
  storeSchema,
  timeoutSchema,
  toSchema
} from './schema.ts'

interface JsonSchema {
  [key: string]: unknown
  type?: unknown
  enum?: unknown
  pattern?: unknown
  const?: unknown
  anyOf?: unknown
  description?: unknown
  default?: unknown
}

interface Described {
  readonly name: string
  readonly summary: string
  readonly options?: z.ZodType
}

export function pipelineJsonSchema(registry: Registry): object {
  const processor = exactlyOne(
    registry.processors.values(),
    {
      use: z.string().describe('Module and export of a processor of your own: ./processors.ts#name.'),
      options: z.unknown().optional().describe('Options of the processor that "use" names.')
    },
    ['use']
  )
  const pipeline = z.strictObject({
    $schema: z.string().optional(),
    source: exactlyOne(registry.sources.values()).optional().describe('Where lines come from.'),
    entry: z.string().optional().describe('Processor that lines enter at; by default "start", or the only one.'),
    processors: z.record(z.string(), processor).describe('Named steps. A tag is the name of the next one.'),
    sinks: z
      .record(z.string(), exactlyOne(registry.sinks.values()))
      .nullish()
      .describe('Where lines leave, each with a name.'),
    limits: limitsSchema.optional(),
    dead_letters: deadLettersSchema.optional(),
    journeys: journeysSchema.optional(),
    durability: durabilitySchema.optional(),
    redaction: redactionSchema.optional(),
    store: storeSchema.optional()
  })
  const schema = z.toJSONSchema(pipeline, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => allowVariables(jsonSchema)
  }) as JsonSchema
  return { ...schema, title: 'Linescope pipeline' }
}

/** A map with exactly one of the components, and for a processor the keys that each may have. */
function exactlyOne(
  components: Iterable<Described>,
  extra?: Record<string, z.ZodType>,
  alternatives: readonly string[] = []
): z.ZodType {
  const shape: Record<string, z.ZodType> = {}
  for (const { name, summary, options } of components) {
    shape[name] = (options ?? z.strictObject({})).nullish().describe(summary)
  }
  const names = [...Object.keys(shape), ...alternatives]
  const common =
    extra === undefined
      ? {}
      : {
          to: toSchema.optional(),
          retry: retrySchema.optional(),
          timeout: timeoutSchema.optional(),
          concurrency: concurrencySchema.optional(),
          on_error: onErrorSchema.optional(),
          circuit_breaker: circuitBreakerSchema.optional()
        }
  const optionalExtra = Object.fromEntries(Object.entries(extra ?? {}).map(([key, schema]) => [key, schema.optional()]))
  return z.strictObject({ ...shape, ...optionalExtra, ...common }).meta({
    oneOf: names.map(name => ({ required: [name] }))
  })
}

const VARIABLE = { type: 'string', pattern: '\\$\\{[A-Za-z_]' }

/** `${NAME}` may stand where a number or one of several words is asked for. */
function allowVariables(schema: JsonSchema): void {
  const isText = schema.type === 'string' && schema.enum === undefined && schema.pattern === undefined
  const isPlain = typeof schema.type === 'string' && !['object', 'array', 'null'].includes(schema.type)
  if (isText || !isPlain || schema.const !== undefined) return
  const { description, default: fallback, ...own } = schema
  for (const key of Object.keys(schema)) delete schema[key]
  if (description !== undefined) schema.description = description
  if (fallback !== undefined) schema.default = fallback
  schema.anyOf = [own, VARIABLE]
}
