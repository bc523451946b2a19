// Tree → Plan: reads every section, connects the names, checks the graph. All problems are found before any is thrown.

import type { z } from 'zod'

import { closestName, didYouMean } from '../base/closest-name.ts'
import { quote } from '../base/quote.ts'
import type { Redaction } from '../base/redaction.ts'
import type { DeadLettersPlan, JourneysPlan, LimitsPlan, Plan, ProcessorPlan, StorePlan } from '../engine/plan.ts'
import { checkGraph } from './check-graph.ts'
import { configHash } from './config-hash.ts'
import { type Connection, connect } from './connect.ts'
import { readSource, type SourceDraft, sinkEntries, sourceFromArguments } from './connectors.ts'
import type { Context } from './context.ts'
import { describeNode, knownKeysHint } from './issue-text.ts'
import { notNamed, readName } from './names.ts'
import { checkFiles, type OutputArgument, type Outputs, readOutputs } from './outputs.ts'
import { type ProcessorDraft, readProcessors } from './processors.ts'
import {
  deadLettersSchema,
  durabilitySchema,
  journeysSchema,
  limitsSchema,
  PIPELINE_KEYS,
  redactionSchema,
  storeSchema
} from './schema.ts'
import { type ConfigNode, entryOf, filledValue, type MapNode } from './tree.ts'
import { validate } from './validate.ts'

export interface PlanArguments {
  /** `--input`: replace the source. */
  readonly inputs?: readonly string[]
  /** `--output`: replace sinks. */
  readonly outputs?: readonly OutputArgument[]
  /** Library mode: lines come from the caller, who replaces the source. */
  readonly inputFromCaller?: boolean
  /** Library mode: values go to the caller, who replaces the sink `end` or the only one. */
  readonly outputToCaller?: boolean
}

export interface PlanIdentity {
  readonly name: string
  /** Absolute path; undefined in library mode. */
  readonly file: string | undefined
}

export interface LoadedPlan {
  readonly plan: Plan
  /** Values put in for `${NAME}`, longest first: to be masked in every output. */
  readonly secrets: readonly string[]
  /** Names of the variables that these came from. */
  readonly variables: readonly string[]
}

export async function buildPlan(
  tree: ConfigNode,
  identity: PlanIdentity,
  given: PlanArguments,
  context: Context
): Promise<LoadedPlan> {
  const { problems, environment } = context
  const mask = (text: string): string => environment.mask(text)
  if (tree.kind !== 'map') {
    problems.add(tree, `a pipeline must be a map, not ${describeNode(tree)}`, 'It has at least the key "processors".')
    throw problems.asError(mask)
  }
  const sections = checkKeys(tree, context)
  const draft = await readDraft(sections, given, context)
  const connections = connectAll(draft, context)
  const entry = readEntry(sections, draft.processors, context)
  if (entry !== undefined && draft.processors.length > 0) {
    const { processors, limits } = draft
    checkGraph({ processors, connections, entry, maxHops: limits.maxHops }, problems)
  }
  problems.throwIfAny(mask)

  const unhashed = {
    ...identity,
    baseFolder: context.baseFolder,
    source: draft.source!.plan,
    entry: entry!,
    processors: draft.processors.map((processor, id) => processorPlan(processor, connections[id])),
    sinks: draft.outputs.sinks.map(({ plan }) => plan!),
    limits: draft.limits,
    deadLetters: draft.deadLetters,
    journeys: draft.journeys,
    durability: draft.durability,
    warnings: problems.warnings(mask)
  }
  const hash = await configHash(unhashed, context.moduleFiles, environment.used())
  const plan = { ...unhashed, configHash: hash, redaction: draft.redaction, store: draft.store }
  return { plan, secrets: environment.secrets(), variables: environment.secretNames() }
}

interface Draft {
  readonly source: SourceDraft | undefined
  readonly processors: readonly ProcessorDraft[]
  readonly outputs: Outputs
  readonly hasSinks: boolean
  readonly limits: LimitsPlan
  readonly deadLetters: DeadLettersPlan
  readonly journeys: JourneysPlan
  readonly durability: Plan['durability']
  readonly redaction: Redaction
  readonly store: StorePlan
}

async function readDraft(tree: MapNode, given: PlanArguments, context: Context): Promise<Draft> {
  const source = await chosenSource(tree, given, context)
  const processors = await readProcessors(filledValue(tree, 'processors'), tree, context)
  const entries = sinkEntries(filledValue(tree, 'sinks'), context)
  checkNamesOnce(processors, entries, context)
  const names = new Set(processors.map(({ name }) => name))
  const outputs = await readOutputs(entries, given.outputs ?? [], given.outputToCaller === true, names, context)
  checkFiles(source, outputs.sinks, context)
  for (const { warnings, component } of processors.flatMap(({ behaviour }) => behaviour ?? [])) {
    for (const warning of warnings) context.problems.warn(component.at, `${component.owner}: ${warning}`)
  }
  return {
    source,
    processors,
    outputs,
    hasSinks: entries.length > 0,
    limits: await readSection('limits', limitsSchema, tree, context, {}),
    deadLetters: await readSection('dead_letters', deadLettersSchema, tree, context, {}),
    journeys: await readSection('journeys', journeysSchema, tree, context, {}),
    durability: await readSection('durability', durabilitySchema, tree, context, undefined),
    redaction: await readSection('redaction', redactionSchema, tree, context, {}),
    store: await readSection('store', storeSchema, tree, context, {})
  }
}

/** The tree with each mistyped section under the name that was meant: one mistake, one problem, and its inside is read. */
function checkKeys(tree: MapNode, { problems }: Context): MapNode {
  const entries = tree.entries.map(entry => {
    // `$schema` is how a JSON file names its schema to an editor.
    if (PIPELINE_KEYS.includes(entry.key) || entry.key === '$schema') return entry
    const meant = closestName(entry.key, PIPELINE_KEYS)
    const hint = didYouMean(entry.key, PIPELINE_KEYS) ?? knownKeysHint(PIPELINE_KEYS)
    problems.add({ place: entry.place, path: entry.path }, `unknown key ${quote(entry.key)}`, hint)
    return meant === undefined || entryOf(tree, meant) !== undefined ? entry : { ...entry, key: meant }
  })
  return { ...tree, entries }
}

async function chosenSource(tree: MapNode, given: PlanArguments, context: Context): Promise<SourceDraft | undefined> {
  if (given.inputFromCaller === true) {
    return { at: undefined, plan: { type: 'iterable', options: {}, readBy: 'main', isEndless: false } }
  }
  const { inputs = [] } = given
  return inputs.length > 0 ? sourceFromArguments(inputs, context) : readSource(tree, context)
}

function checkNamesOnce(
  processors: readonly ProcessorDraft[],
  sinks: ReturnType<typeof sinkEntries>,
  { problems }: Context
): void {
  for (const sink of sinks) {
    const processor = processors.find(({ name }) => name === sink.key)
    if (processor === undefined) continue
    const line = processor.entry.place === undefined ? '' : ` in line ${processor.entry.place.line}`
    problems.add(
      sink,
      `the name ${quote(sink.key)} is used twice: a processor${line} has it too`,
      'Rename one of them.'
    )
  }
}

/** What the engine itself understands; `absent` is what a section that is left out stands for. */
async function readSection<Schema extends z.ZodType>(
  key: string,
  schema: Schema,
  tree: MapNode,
  context: Context,
  absent: unknown
): Promise<z.output<Schema>> {
  const node = filledValue(tree, key)
  if (node === undefined) return schema.parse(absent)
  const at = entryOf(tree, key) ?? tree
  const result = await validate({ schema, node: context.environment.fill(node), owner: quote(key), at }, context)
  return (result?.value ?? schema.parse(absent)) as z.output<Schema>
}

function connectAll({ processors, outputs, hasSinks }: Draft, context: Context): Connection[] {
  const names = [...processors.map(({ name }) => name), ...outputs.sinks.map(({ name }) => name)]
  const ids = new Map(names.map((name, id) => [name, id]))
  return processors.map(draft => connect(draft, { ids, hasSinks, addedSink: outputs.addedSink }, context))
}

/** `entry`, else `start`, else the only processor. */
function readEntry(tree: MapNode, processors: readonly ProcessorDraft[], context: Context): number | undefined {
  const { problems, environment } = context
  const names = processors.map(({ name }) => name)
  const node = filledValue(tree, 'entry')
  if (node === undefined) {
    if (names.includes('start')) return names.indexOf('start')
    if (names.length === 1) return 0
    if (names.length > 1) {
      const where = entryOf(tree, 'entry') ?? entryOf(tree, 'processors') ?? tree
      const hint = `Add entry: NAME, or name the first one "start".`
      problems.add(where, 'it cannot be told which processor lines enter at', hint)
    }
    return undefined
  }
  const filled = environment.fill(node)
  const name = readName(filled, '"entry"', context)
  if (name === undefined || names.length === 0) return undefined
  if (names.includes(name)) return names.indexOf(name)
  const sinks = filledValue(tree, 'sinks')
  const isSink = sinks?.kind === 'map' && entryOf(sinks, name) !== undefined
  const message = isSink
    ? `"entry" must be a processor; ${quote(name)} is a sink`
    : notNamed(name).replace(' or sink', '')
  problems.add(filled, message, didYouMean(name, names))
  return undefined
}

function processorPlan(draft: ProcessorDraft, connection: Connection): ProcessorPlan {
  const { component, options } = draft.behaviour!
  return {
    name: draft.name,
    component: component.reference,
    options,
    tags: connection.tags,
    target: connection.target,
    isEnd: connection.isEnd,
    retry: draft.retry,
    timeoutMilliseconds: draft.timeoutMilliseconds,
    concurrency: draft.concurrency,
    onError: connection.onError,
    ...(draft.circuitBreaker === undefined ? {} : { circuitBreaker: draft.circuitBreaker })
  }
}
