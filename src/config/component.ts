// Which behaviour a processor of the pipeline has: a built-in, a module's export (`use`), or inline code.

import { didYouMean } from '../base/closest-name.ts'
import { quote, quoteList } from '../base/quote.ts'
import { UserError } from '../base/user-error.ts'
import type { ComponentReference, InlineFunction } from '../engine/plan.ts'
import type { ProcessorDefinition } from '../sdk/processor.ts'
import type { Context } from './context.ts'
import { definitionFault } from './definition-fault.ts'
import { importModule } from './import-module.ts'
import { describeNode, knownKeysHint, withoutFullStop } from './issue-text.ts'
import { isDefinition } from './object-tree.ts'
import { COMMON_KEYS } from './schema.ts'
import { type ConfigNode, entryOf, type MapEntry, type MapNode, type Position } from './tree.ts'

export interface Component {
  readonly reference: ComponentReference
  /** Undefined for a function: a mapper without options. */
  readonly definition: ProcessorDefinition | undefined
  readonly options: ConfigNode | undefined
  /** How messages call the owner of the options: `"delay"`. */
  readonly owner: string
  /** Where problems with the options as a whole are shown. */
  readonly at: Position
}

const USE_KEYS: readonly string[] = ['use', 'options']

/** Undefined when there were problems. `map` is the processor's value. */
export async function readComponent(entry: MapEntry, map: MapNode, context: Context): Promise<Component | undefined> {
  const { problems, registry } = context
  const builtins = map.entries.filter(({ key }) => registry.processors.has(key))
  const unknown = map.entries.filter(
    ({ key }) => !registry.processors.has(key) && !COMMON_KEYS.includes(key) && !USE_KEYS.includes(key)
  )
  const use = entryOf(map, 'use')
  const chosen = use === undefined ? builtins : [use, ...builtins]
  if (chosen.length === 0) {
    reportNoComponent(entry, unknown, context)
    return undefined
  }
  for (const { key, ...position } of unknown) reportUnknownKey(key, position, entry.key, builtins[0], context)
  if (chosen.length > 1) {
    const keys = chosen.map(({ key }) => key)
    const hint = 'A processor does one thing: make several and connect them with "to".'
    problems.add(chosen[1], `the processor ${quote(entry.key)} has ${quoteList(keys)}`, hint)
    return undefined
  }
  const options = entryOf(map, 'options')
  if (use !== undefined) return readUse(entry, use, options, context)
  const builtin = builtins[0]
  if (options !== undefined) {
    const hint = `Write them inside ${quote(builtin.key)}; "options" belongs to "use".`
    problems.add(options, `unknown key "options" of the processor ${quote(entry.key)}`, hint)
  }
  return {
    reference: { kind: 'builtin', name: builtin.key },
    definition: registry.processors.get(builtin.key),
    options: builtin.value,
    owner: quote(builtin.key),
    at: builtin
  }
}

function reportNoComponent(entry: MapEntry, unknown: readonly MapEntry[], { problems, registry }: Context): void {
  const builtins = [...registry.processors.keys()]
  if (unknown.length === 0) {
    const hint = `It needs "use" or one of ${quoteList(builtins, 30)}.`
    problems.add(entry, `the processor ${quote(entry.key)} does nothing`, hint)
    return
  }
  for (const { key, ...position } of unknown) {
    const near = didYouMean(key, [...builtins, ...USE_KEYS, ...COMMON_KEYS])
    problems.add(
      position,
      `there is no built-in processor ${quote(key)}`,
      near ?? `There are ${quoteList(builtins, 30)}.`
    )
  }
}

function reportUnknownKey(
  key: string,
  position: Position,
  processor: string,
  builtin: MapEntry | undefined,
  { problems, registry }: Context
): void {
  const keys = builtin === undefined ? [...COMMON_KEYS, ...USE_KEYS] : COMMON_KEYS
  const near = didYouMean(key, [...keys, ...registry.processors.keys()])
  const inside = builtin === undefined ? '"options"' : quote(builtin.key)
  const hint = near ?? `Options go inside ${inside}. ${knownKeysHint(keys)}`
  problems.add(position, `unknown key ${quote(key)} of the processor ${quote(processor)}`, hint)
}

async function readUse(
  entry: MapEntry,
  use: MapEntry,
  options: MapEntry | undefined,
  context: Context
): Promise<Component | undefined> {
  const { problems } = context
  if (context.environment.hasFailed(use.value)) return undefined
  if (use.value.kind === 'code') return inlineComponent(entry, use.value, options, context)
  if (use.value.kind !== 'scalar' || typeof use.value.value !== 'string' || use.value.value === '') {
    const hint = 'Write "./processors.ts#name", or the name of an installed package.'
    problems.add(use.value, `"use" must name a module, not ${describeNode(use.value)}`, hint)
    return undefined
  }
  const text = use.value.value
  const hash = text.lastIndexOf('#')
  const specifier = hash > 0 ? text.slice(0, hash) : text
  const exportName = hash > 0 ? text.slice(hash + 1) : 'default'
  if (hash === 0 || exportName === '') {
    problems.add(use.value, `"use" must be a module and an export, not ${quote(text)}`, 'Write "./processors.ts#name".')
    return undefined
  }
  const found = await importExport(specifier, exportName, use.value, context)
  if (found === undefined) return undefined
  const reference: ComponentReference = { kind: 'module', file: found.file, exportName }
  return component(reference, found.value, quote(text), use.value, options, context)
}

async function importExport(
  specifier: string,
  exportName: string,
  at: Position,
  context: Context
): Promise<{ file: string; value: unknown } | undefined> {
  const { problems, baseFolder, currentFolder, importTimeoutMilliseconds: timeoutMilliseconds } = context
  try {
    const { file, exports } = await importModule(specifier, { baseFolder, currentFolder, timeoutMilliseconds })
    context.moduleFiles.add(file)
    if (Object.hasOwn(exports, exportName)) return { file, value: exports[exportName] }
    const names = Object.keys(exports)
    const what = exportName === 'default' ? 'no default export' : `no export ${quote(exportName)}`
    const near = didYouMean(exportName, names)
    const hint = near ?? (names.length === 0 ? 'It exports nothing.' : `It exports ${quoteList(names)}.`)
    problems.add(at, `${quote(specifier)} has ${what}`, hint)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    problems.add(at, error.message, error.hint)
  }
  return undefined
}

/** A function or definition that stands in the pipeline itself. */
export function inlineComponent(
  entry: MapEntry,
  node: ConfigNode & { kind: 'code' },
  options: MapEntry | undefined,
  context: Context
): Component | undefined {
  const reference: ComponentReference =
    context.pipelineModule === undefined
      ? { kind: 'inline', definition: node.value as ProcessorDefinition | InlineFunction }
      : { kind: 'pipeline-module', file: context.pipelineModule, processor: entry.key }
  return component(reference, node.value, `the processor ${quote(entry.key)}`, node, options, context)
}

function component(
  reference: ComponentReference,
  value: unknown,
  owner: string,
  at: Position,
  options: MapEntry | undefined,
  { problems }: Context
): Component | undefined {
  if (typeof value === 'function') {
    if (options !== undefined) {
      problems.add(
        options,
        `${owner} is a plain function, which takes no options`,
        'Use defineProcessor() for options.'
      )
    }
    return { reference, definition: undefined, options: undefined, owner, at }
  }
  if (!isDefinition(value)) {
    const hint = 'Export what defineProcessor() returns, or a function (line) => line.'
    problems.add(at, `${owner} is neither a processor definition nor a function`, hint)
    return undefined
  }
  const fault = definitionFault(value as object)
  if (fault !== undefined) {
    problems.add(at, withoutFullStop(`${owner} is not a valid processor definition: ${fault}`))
    return undefined
  }
  return { reference, definition: value as ProcessorDefinition, options: options?.value, owner, at: options ?? at }
}
