// The section `processors`: each entry with its behaviour and options, before names are connected.

import type { z } from 'zod'

import { quote } from '../base/quote.ts'
import type { CircuitBreakerPlan, RetryPlan } from '../engine/plan.ts'
import { type Component, inlineComponent, readComponent } from './component.ts'
import type { Context } from './context.ts'
import { tagsFault } from './definition-fault.ts'
import { describeNode, withoutFullStop } from './issue-text.ts'
import { describeThrown } from './load-failure.ts'
import { nameFault, readName } from './names.ts'
import {
  circuitBreakerSchema,
  concurrencySchema,
  DEFAULT_CONCURRENCY,
  DEFAULT_RETRY,
  DEFAULT_TIMEOUT_MILLISECONDS,
  onErrorSchema,
  retrySchema,
  timeoutSchema
} from './schema.ts'
import { type ConfigNode, entryOf, filledValue, type MapEntry, type MapNode } from './tree.ts'
import { validate } from './validate.ts'

export interface ProcessorDraft {
  readonly name: string
  readonly entry: MapEntry
  /** Undefined when it could not be told what the processor does: then nothing is known of where it leads. */
  readonly behaviour: Behaviour | undefined
  readonly to: ConfigNode | undefined
  readonly retry: RetryPlan
  readonly timeoutMilliseconds: number
  readonly concurrency: number
  readonly onError: OnErrorDraft
  readonly circuitBreaker: CircuitBreakerPlan | undefined
}

export interface Behaviour {
  readonly component: Component
  readonly options: unknown
  /** Undefined for a mapper. */
  readonly tags: readonly string[] | undefined
  readonly warnings: readonly string[]
}

export type OnErrorDraft =
  | { readonly kind: 'dead_letter' | 'drop' | 'stop' }
  | { readonly kind: 'to'; readonly name: string; readonly node: ConfigNode }

export async function readProcessors(
  section: ConfigNode | undefined,
  at: MapNode,
  context: Context
): Promise<ProcessorDraft[]> {
  const { problems } = context
  if (section === undefined || (section.kind === 'map' && section.entries.length === 0)) {
    const where = entryOf(at, 'processors') ?? at
    problems.add(where, 'the pipeline has no processors', 'Add one, such as processors: { start: { trim: {} } }.')
    return []
  }
  if (section.kind !== 'map') {
    problems.add(section, `"processors" must be a map from names to processors, not ${describeNode(section)}`)
    return []
  }
  const drafts: ProcessorDraft[] = []
  for (const entry of section.entries) {
    const fault = nameFault(entry.key)
    if (fault !== undefined) problems.add(entry, `the processor name ${quote(entry.key)} ${fault}`)
    // One after the other: modules may print or time out while they load, and that should come in the file's order.
    drafts.push(await readProcessor({ ...entry, value: context.environment.fill(entry.value) }, context))
  }
  return drafts
}

async function readProcessor(entry: MapEntry, context: Context): Promise<ProcessorDraft> {
  const { value } = entry
  if (value.kind === 'code') {
    const component = inlineComponent(entry, value, undefined, context)
    return { ...defaults(entry), behaviour: await behaviourOf(component, context) }
  }
  if (value.kind !== 'map') {
    const isBuiltin = value.kind === 'scalar' && context.registry.processors.has(value.text)
    const hint = isBuiltin ? `Write { ${String(value.text)}: {} }.` : 'It holds a built-in such as trim: {}, or "use".'
    context.problems.add(
      value.place === undefined ? value : entry,
      `the processor ${quote(entry.key)} must be a map, not ${describeNode(value)}`,
      hint
    )
    return defaults(entry)
  }
  const behaviour = await behaviourOf(await readComponent(entry, value, context), context)
  const whole = { ...defaults(entry), behaviour, to: filledValue(value, 'to') }
  return {
    ...whole,
    retry: await common('retry', retrySchema, value, whole.retry, context),
    timeoutMilliseconds: await common('timeout', timeoutSchema, value, whole.timeoutMilliseconds, context),
    concurrency: await common('concurrency', concurrencySchema, value, whole.concurrency, context),
    onError: await readOnError(value, context),
    circuitBreaker: await common('circuit_breaker', circuitBreakerSchema.optional(), value, undefined, context)
  }
}

function defaults(entry: MapEntry): ProcessorDraft {
  return {
    name: entry.key,
    entry,
    behaviour: undefined,
    to: undefined,
    retry: DEFAULT_RETRY,
    timeoutMilliseconds: DEFAULT_TIMEOUT_MILLISECONDS,
    concurrency: DEFAULT_CONCURRENCY,
    onError: { kind: 'dead_letter' },
    circuitBreaker: undefined
  }
}

/** A key that every processor may have; absent or wrong, it is the default. */
async function common<Value>(
  key: string,
  schema: z.ZodType<Value>,
  map: MapNode,
  fallback: Value,
  context: Context
): Promise<Value> {
  const node = filledValue(map, key)
  if (node === undefined) return fallback
  const result = await validate({ schema, node, owner: quote(key), at: node }, context)
  return result === undefined ? fallback : (result.value as Value)
}

async function readOnError(map: MapNode, context: Context): Promise<OnErrorDraft> {
  const node = filledValue(map, 'on_error')
  // Read by hand where it names a node, so that a name such as `1` comes out right.
  const [only, ...others] = node?.kind === 'map' ? node.entries : []
  if (only?.key === 'to' && others.length === 0) {
    const name = readName(only.value, '"to" of "on_error"', context)
    return name === undefined ? { kind: 'dead_letter' } : { kind: 'to', name, node: only.value }
  }
  const value = await common('on_error', onErrorSchema, map, 'dead_letter' as const, context)
  return typeof value === 'string' ? { kind: value } : { kind: 'dead_letter' }
}

async function behaviourOf(component: Component | undefined, context: Context): Promise<Behaviour | undefined> {
  if (component === undefined) return undefined
  const { definition, owner, at } = component
  if (definition === undefined) return { component, options: undefined, tags: undefined, warnings: [] }
  const validated = await readOptions(component, context)
  if (validated === undefined) return undefined
  const options = validated.value
  try {
    const tags: unknown = typeof definition.emits === 'function' ? definition.emits(options) : definition.emits
    const fault = tags === undefined && definition.emits === undefined ? undefined : tagsFault(tags)
    if (fault !== undefined) {
      context.problems.add(at, `${owner}: ${fault}`)
      return undefined
    }
    const warnings = definition.warnings?.(options) ?? []
    return { component, options, tags: tags === undefined ? undefined : [...new Set(tags as string[])], warnings }
  } catch (thrown) {
    context.problems.add(at, withoutFullStop(`${owner} failed to say what it emits: ${describeThrown(thrown)}`))
    return undefined
  }
}

async function readOptions(component: Component, context: Context): Promise<{ value: unknown } | undefined> {
  const { definition, options: node, owner, at } = component
  const schema = definition?.options as z.ZodType | undefined
  if (schema !== undefined) {
    const result = await validate({ schema, node, owner, at }, context)
    if (result !== undefined && component.reference.kind !== 'inline' && !isPlainData(result.value)) {
      context.problems.add(at, `the options of ${owner} cannot be sent to a thread: they hold a function`)
      return undefined
    }
    return result
  }
  const given = node?.kind === 'map' ? node.entries : []
  if (node !== undefined && node.kind !== 'map' && !(node.kind === 'scalar' && node.value === null)) {
    context.problems.add(node, `${owner} takes no options`)
    return undefined
  }
  for (const entry of given) context.problems.add(entry, `${owner} takes no options; ${quote(entry.key)} is unknown`)
  return given.length === 0 ? { value: {} } : undefined
}

function isPlainData(options: unknown): boolean {
  try {
    structuredClone(options)
    return true
  } catch {
    return false
  }
}
