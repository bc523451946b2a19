// The sections `source` and `sinks`: which connector each names, with its options; and what the command line puts in
// their place.

import { resolve } from 'node:path'

import { didYouMean } from '../base/closest-name.ts'
import { quote, quoteList } from '../base/quote.ts'
import type { SinkPlan, SourcePlan } from '../engine/plan.ts'
import type { SinkDefinition } from '../sdk/sink.ts'
import type { SourceDefinition } from '../sdk/source.ts'
import type { Context } from './context.ts'
import { describeNode } from './issue-text.ts'
import { describeThrown } from './load-failure.ts'
import { nameFault } from './names.ts'
import { type ConfigNode, entryOf, type MapEntry, type MapNode, type Position } from './tree.ts'
import { validate } from './validate.ts'

export interface SinkDraft {
  readonly name: string
  readonly at: Position | undefined
  /** Undefined when it could not be read. */
  readonly plan: SinkPlan | undefined
  /** Absolute path of the file that it writes. */
  readonly file: string | undefined
}

export interface SourceDraft {
  readonly plan: SourcePlan
  readonly at: Position | undefined
}

const NO_SOURCE_HINT = 'Add source: { file: { path: … } }, or give --input PATH.'

export async function readSource(pipeline: MapNode, context: Context): Promise<SourceDraft | undefined> {
  const entry = entryOf(pipeline, 'source')
  if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null)) {
    context.problems.add(entry ?? pipeline, 'the pipeline has no source', NO_SOURCE_HINT)
    return undefined
  }
  const chosen = chooseOne(entry, context.registry.sources, 'source', context)
  if (chosen === undefined) return undefined
  const value = context.environment.fill(chosen.entry.value)
  return sourceDraft(chosen.definition, value, chosen.entry, context)
}

/** `--input`: files, or stdin for `-`. */
export async function sourceFromArguments(
  inputs: readonly string[],
  context: Context
): Promise<SourceDraft | undefined> {
  const { problems, registry } = context
  if (inputs.includes('')) {
    problems.add(undefined, '--input needs a path')
    return undefined
  }
  if (!inputs.includes('-')) {
    const paths = inputs.map(input => pathForPlan(input, context))
    const options = paths.length === 1 ? { path: paths[0] } : { paths }
    return sourceDraft(registry.sources.get('file')!, argumentTree(options, '--input'), undefined, context)
  }
  if (inputs.length > 1) {
    problems.add(undefined, '--input - is stdin and cannot be combined with other inputs')
    return undefined
  }
  return sourceDraft(registry.sources.get('stdin')!, argumentTree({}, '--input'), undefined, context)
}

async function sourceDraft(
  definition: SourceDefinition,
  node: ConfigNode,
  at: MapEntry | undefined,
  context: Context
): Promise<SourceDraft | undefined> {
  const owner = at === undefined ? '--input' : quote(definition.name)
  const result = await validate({ schema: definition.options, node, owner, at: at ?? node }, context)
  if (result === undefined) return undefined
  const { name, readBy } = definition
  return { at, plan: { type: name, options: result.value, readBy, isEndless: definition.isEndless(result.value) } }
}

/** Names of the section's sinks; their options are read only when the command line does not replace them. */
export function sinkEntries(section: ConfigNode | undefined, { problems }: Context): readonly MapEntry[] {
  if (section === undefined) return []
  if (section.kind !== 'map') {
    problems.add(section, `"sinks" must be a map from names to sinks, not ${describeNode(section)}`)
    return []
  }
  for (const entry of section.entries) {
    const fault = nameFault(entry.key)
    if (fault !== undefined) problems.add(entry, `the sink name ${quote(entry.key)} ${fault}`)
  }
  return section.entries
}

export async function readSink(entry: MapEntry, context: Context): Promise<SinkDraft> {
  const chosen = chooseOne(entry, context.registry.sinks, 'sink', context)
  if (chosen === undefined) return { name: entry.key, at: entry, plan: undefined, file: undefined }
  const value = context.environment.fill(chosen.entry.value)
  return sinkDraft(entry.key, chosen.definition, value, chosen.entry, context)
}

/** `--output`: a file, or stdout for `-`. */
export async function sinkFromArgument(name: string, path: string, context: Context): Promise<SinkDraft> {
  const type = path === '-' ? 'stdout' : 'file'
  const options = path === '-' ? {} : { path: pathForPlan(path, context) }
  if (path === '') {
    context.problems.add(undefined, '--output needs a path')
    return { name, at: undefined, plan: undefined, file: undefined }
  }
  return sinkDraft(name, context.registry.sinks.get(type)!, argumentTree(options, '--output'), undefined, context)
}

async function sinkDraft(
  name: string,
  definition: SinkDefinition,
  node: ConfigNode,
  at: MapEntry | undefined,
  context: Context
): Promise<SinkDraft> {
  const owner = at === undefined ? '--output' : quote(definition.name)
  const result = await validate({ schema: definition.options, node, owner, at: at ?? node }, context)
  if (result === undefined) return { name, at, plan: undefined, file: undefined }
  let file: string | undefined
  try {
    file = definition.file?.(result.value, context.baseFolder)
  } catch (thrown) {
    context.problems.add(at, `${owner} cannot be written: ${describeThrown(thrown)}`)
  }
  return { name, at, plan: { name, type: definition.name, options: result.value }, file }
}

/** As written where that means the same; else absolute, since a plan's paths start from the pipeline's folder. */
function pathForPlan(path: string, { baseFolder, currentFolder }: Context): string {
  return baseFolder === currentFolder ? path : resolve(currentFolder, path)
}

function argumentTree(options: Readonly<Record<string, string | string[]>>, argument: string): ConfigNode {
  const at = { place: undefined, path: argument }
  const text = (value: string): ConfigNode => ({
    kind: 'scalar',
    ...at,
    value,
    text: value,
    isSubstituted: false,
    placeAt: undefined
  })
  const entries = Object.entries(options).map(([key, value]) => ({
    key,
    ...at,
    value: typeof value === 'string' ? text(value) : ({ kind: 'list', ...at, items: value.map(text) } as const)
  }))
  return { kind: 'map', ...at, entries }
}

/** A source or sink is a map with one key: the name of the connector. */
function chooseOne<Definition>(
  { key: name, value, ...position }: MapEntry,
  definitions: ReadonlyMap<string, Definition>,
  kind: 'source' | 'sink',
  { problems }: Context
): { entry: MapEntry; definition: Definition } | undefined {
  const subject = kind === 'source' ? 'the source' : `the sink ${quote(name)}`
  const known = [...definitions.keys()]
  if (value.kind !== 'map') {
    const isName = value.kind === 'scalar' && definitions.has(value.text)
    const hint = isName ? `Write { ${String(value.text)}: {} }.` : `It holds one of ${quoteList(known)}.`
    problems.add(position, `${subject} must be a map, not ${describeNode(value)}`, hint)
    return undefined
  }
  const [first, second] = value.entries
  if (first === undefined) {
    problems.add(position, `${subject} is empty`, `It holds one of ${quoteList(known)}.`)
    return undefined
  }
  let isKnown = true
  for (const { key, ...at } of value.entries) {
    if (definitions.has(key)) continue
    isKnown = false
    problems.add(at, `there is no ${kind} ${quote(key)}`, didYouMean(key, known) ?? `There are ${quoteList(known)}.`)
  }
  if (!isKnown) return undefined
  if (second !== undefined) {
    problems.add(second, `${subject} has ${quoteList(value.entries.map(({ key }) => key))}; it can be only one`)
    return undefined
  }
  return { entry: first, definition: definitions.get(first.key)! }
}
