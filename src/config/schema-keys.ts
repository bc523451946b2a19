// Which keys a schema knows, for "did you mean": read from its JSON Schema, where all kinds of schema look alike.

import { z } from 'zod'

/** Empty when the schema takes any key, or none can be told. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  try {
    let parts: JsonSchema[] = [z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema]
    for (const key of path) {
      parts = parts.flatMap(alternatives).flatMap(part => childrenOf(part, key))
    }
    return [...new Set(parts.flatMap(alternatives).flatMap(part => Object.keys(part.properties ?? {})))]
  } catch {
    return []
  }
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly anyOf?: JsonSchema[]
  readonly oneOf?: JsonSchema[]
  readonly allOf?: JsonSchema[]
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [schema, ...inner.flatMap(alternatives)]
}

function childrenOf(schema: JsonSchema, key: PropertyKey): JsonSchema[] {
  if (typeof key === 'number') return schema.items === undefined ? [] : [schema.items]
  const child = schema.properties?.[String(key)] ?? schema.additionalProperties
  return typeof child === 'object' ? [child] : []
}
