// A pipeline as a graph: what stands in it, and where lines go. Made from the plan, from a run that goes on, or from both.

import type { LoadedPlan } from '../../config/load-plan.ts'
import type { Stats } from '../../contract/stats.ts'
import { describePlan } from '../../threads/describe-plan.ts'

type Plan = LoadedPlan['plan']

export type GraphNodeKind = 'source' | 'processor' | 'sink' | 'dropped' | 'dead_letters' | 'unmatched'

export interface GraphNode {
  /** Unique in the graph, of letters and digits: names are none. */
  readonly id: string
  readonly kind: GraphNodeKind
  /** As the user wrote it; of what the user did not name, what it is. */
  readonly name: string
  /** `route`, `./processors.ts#parseError`, `file`. */
  readonly does: string | undefined
  readonly live: LiveNode | undefined
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** The processor's own word for it, where that is not the name of the target. */
  readonly tag: string | undefined
  /** A way that lines take only when something failed or was left out. */
  readonly isAside: boolean
  /** Lines that went this way; only with a run. */
  readonly lines: number | undefined
}

export interface LiveNode {
  readonly received: number
  readonly lines_per_second: number
  readonly errors: number
  readonly share_of_time: number
}

export interface Graph {
  readonly name: string
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** When the numbers were taken; undefined without a run. */
  readonly at: string | undefined
}

/** Numbers of a run are put to the processors and sinks of the same names. */
export function graphOfPlan(plan: Plan, stats: Stats | undefined): Graph {
  const { processors, sinks, entry } = describePlan(plan)
  const names = [...processors, ...sinks].map(({ name }) => name)
  const source: GraphNode = { id: 'source', kind: 'source', name: plan.source.type, does: undefined, live: undefined }
  const nodes: GraphNode[] = [
    source,
    ...plan.processors.map((processor, index) =>
      nodeOf(index, 'processor', processor.name, doesOf(plan, processor.component), stats)
    ),
    ...plan.sinks.map(({ name, type }, index) => nodeOf(processors.length + index, 'sink', name, type, stats))
  ]
  const edges: GraphEdge[] = [{ ...edge('source', idOf(entry)), lines: stats?.ledger.entered }]
  for (const [index, { name, tags }] of processors.entries()) {
    const live = stats?.processors.find(processor => processor.name === name)
    for (const { tag, target } of tags) {
      const lines = live?.tags.find(counted => counted.tag === tag && counted.target === names[target])?.lines
      edges.push({
        from: idOf(index),
        to: idOf(target),
        tag: tag === names[target] ? undefined : tag,
        isAside: tag === 'on_error' && plan.processors[index].onError.kind === 'to',
        lines: stats === undefined ? undefined : (lines ?? 0)
      })
    }
  }
  const asides = stats === undefined ? plannedAsides(plan) : countedAsides(stats, name => idOf(names.indexOf(name)))
  return withAsides({ name: plan.name, nodes, edges, at: stats?.at }, asides)
}

/** For a run whose pipeline file is not at hand. Where lines enter is known once one has come to its end. */
export function graphOfStats(stats: Stats): Graph {
  const names = [...stats.processors, ...stats.sinks].map(({ name }) => name)
  const idByName = (name: string): string => idOf(names.indexOf(name))
  const nodes = [
    ...stats.processors.map(({ name }, index) => nodeOf(index, 'processor', name, undefined, stats)),
    ...stats.sinks.map(({ name, type }, index) => nodeOf(stats.processors.length + index, 'sink', name, type, stats))
  ]
  const entry = stats.paths.find(({ path }) => path.length > 0)?.path[0]
  const source: GraphNode = { id: 'source', kind: 'source', name: 'source', does: undefined, live: undefined }
  const edges: GraphEdge[] =
    entry === undefined || !names.includes(entry)
      ? []
      : [{ ...edge('source', idByName(entry)), lines: stats.ledger.entered }]
  for (const { name, tags } of stats.processors) {
    for (const { tag, target, lines } of tags) {
      if (!names.includes(target)) continue
      const isAside = tag === 'on_error'
      edges.push({
        from: idByName(name),
        to: idByName(target),
        tag: tag === target ? undefined : tag,
        isAside,
        lines
      })
    }
  }
  const graph = { name: stats.pipeline, nodes: edges.length > 0 && entry !== undefined ? [source, ...nodes] : nodes }
  return withAsides({ ...graph, edges, at: stats.at }, countedAsides(stats, idByName))
}

/** Without what the user did not name. */
export function withoutAsides({ nodes, edges, ...graph }: Graph): Graph {
  const kept = nodes.filter(({ kind }) => !ASIDES.some(aside => aside.kind === kind))
  const ids = new Set(kept.map(({ id }) => id))
  return { ...graph, nodes: kept, edges: edges.filter(({ to }) => ids.has(to)) }
}

const ASIDES = [
  { kind: 'dropped', name: 'dropped' },
  { kind: 'dead_letters', name: 'dead letters' },
  { kind: 'unmatched', name: 'unmatched' }
] as const

interface Aside {
  readonly from: string
  readonly to: (typeof ASIDES)[number]['kind']
  readonly lines: number | undefined
}

/** What may happen: built-in processors drop only what they are for, and emit nothing that was not declared. */
function plannedAsides(plan: Plan): Aside[] {
  return plan.processors.flatMap(({ component, onError, options, tags }, index) => {
    const from = idOf(index)
    const isBuiltin = component.kind === 'builtin'
    const drops = onError.kind === 'drop' || !isBuiltin || mayDrop(component.name, options)
    const asides: Aside[] = []
    if (drops) asides.push({ from, to: 'dropped', lines: undefined })
    if (onError.kind === 'dead_letter') asides.push({ from, to: 'dead_letters', lines: undefined })
    if (!isBuiltin && tags.length > 0) asides.push({ from, to: 'unmatched', lines: undefined })
    return asides
  })
}

function mayDrop(builtin: string, options: unknown): boolean {
  // A route drops what no rule holds for, unless its last one takes all.
  if (builtin === 'route') return Array.isArray(options) && options.every(rule => 'when' in rule)
  return builtin === 'filter'
}

/** What did happen. */
function countedAsides({ processors, sinks }: Stats, idByName: (name: string) => string): Aside[] {
  return [
    ...processors.flatMap(({ name, dropped, dead, unmatched }) => [
      { from: idByName(name), to: 'dropped' as const, lines: dropped },
      { from: idByName(name), to: 'dead_letters' as const, lines: dead },
      { from: idByName(name), to: 'unmatched' as const, lines: unmatched }
    ]),
    ...sinks.map(({ name, dead }) => ({ from: idByName(name), to: 'dead_letters' as const, lines: dead }))
  ].filter(({ lines }) => lines > 0)
}

function withAsides(graph: Graph, asides: readonly Aside[]): Graph {
  const used = ASIDES.filter(({ kind }) => asides.some(({ to }) => to === kind))
  return {
    ...graph,
    nodes: [
      ...graph.nodes,
      ...used.map(({ kind, name }) => ({ id: kind, kind, name, does: undefined, live: undefined }))
    ],
    edges: [...graph.edges, ...asides.map(({ from, to, lines }) => ({ ...edge(from, to), isAside: true, lines }))]
  }
}

function nodeOf(
  index: number,
  kind: 'processor' | 'sink',
  name: string,
  does: string | undefined,
  stats: Stats | undefined
): GraphNode {
  const live = (kind === 'sink' ? stats?.sinks : stats?.processors)?.find(node => node.name === name)
  if (live === undefined) return { id: idOf(index), kind, name, does, live: undefined }
  const { received, lines_per_second, errors, share_of_time } = live
  return { id: idOf(index), kind, name, does, live: { received, lines_per_second, errors, share_of_time } }
}

function edge(from: string, to: string): GraphEdge {
  return { from, to, tag: undefined, isAside: false, lines: undefined }
}

function idOf(node: number): string {
  return `n${node}`
}

function doesOf({ baseFolder }: Plan, component: Plan['processors'][number]['component']): string | undefined {
  switch (component.kind) {
    case 'builtin':
      return component.name
    case 'module': {
      const { file, exportName } = component
      const path = file.startsWith(`${baseFolder}/`) ? `./${file.slice(baseFolder.length + 1)}` : file
      return exportName === 'default' ? path : `${path}#${exportName}`
    }
    default:
      return undefined
  }
}
