// What shared memory holds of a run, with names in place of numbers.

import { edgeBases, nodeNames, nodeWays, type Plan } from '../engine/index.ts'
import {
  decodeLeaf,
  edgeOffset,
  type Journey,
  LANE,
  NODE_COUNTERS,
  NODE_OFFSET,
  NODE_STRIDE,
  type NodeCounter,
  nodeBook,
  OUTCOME_NAMES,
  type OutcomeName,
  type PathReader,
  type Region,
  type StringReader
} from '../shared-memory/index.ts'

export type NodeCounts = Readonly<Record<NodeCounter, number>>

export interface EdgeCount {
  readonly processor: string
  /** The processor's own word; undefined for a mapper's way and for that of lines that failed. */
  readonly tag: string | undefined
  /** It leads where `on_error: { to }` says. */
  readonly isForFailed: boolean
  /** Undefined for an end, where lines are delivered. */
  readonly target: string | undefined
  readonly lines: number
}

export interface PathCount {
  readonly names: readonly string[]
  readonly outcome: OutcomeName
  readonly lines: number
}

export interface Ledger {
  readonly entered: number
  readonly replayed: number
  readonly forked: number
  readonly delivered: number
  readonly dropped: number
  readonly dead: number
  readonly unmatched: number
  readonly joined: number
  readonly inFlight: number
  /** 0 unless the engine has lost a line or counted one twice. */
  readonly unaccounted: number
}

export interface RunLeaf {
  /** Names visited, the sink included. */
  readonly path: readonly string[]
  readonly outcome: OutcomeName | undefined
  /** Of a drop. */
  readonly reason: string | undefined
  readonly isChanged: boolean
  readonly hasFailedOnce: boolean
  /** How many names at its start it shares with the leaf before it. */
  readonly sharedNames: number
}

export interface RunJourney {
  readonly sourceNumber: number
  readonly offset: number
  readonly lineNumber: number
  /** Raw bytes without the line end. */
  readonly text: Uint8Array
  readonly fullLength: number
  readonly leaves: readonly RunLeaf[]
}

export function ledgerOf(values: Float64Array): Ledger {
  const [entered, replayed, forked] = [values[LANE.entered], values[LANE.replayed], values[LANE.forked]]
  const outcomes = [LANE.delivered, LANE.dropped, LANE.dead, LANE.unmatched, LANE.joined].map(index => values[index])
  const [delivered, dropped, dead, unmatched, joined] = outcomes as [number, number, number, number, number]
  const inFlight = values[LANE.in_flight]
  const unaccounted = entered + replayed + forked - delivered - dropped - dead - unmatched - joined - inFlight
  return { entered, replayed, forked, delivered, dropped, dead, unmatched, joined, inFlight, unaccounted }
}

export function nodeCounts(plan: Plan, values: Float64Array): Map<string, NodeCounts> {
  return new Map(
    [...plan.processors, ...plan.sinks].map(({ name }, node) => {
      const base = NODE_OFFSET + node * NODE_STRIDE
      const counts = NODE_COUNTERS.map((counter, index) => [counter, values[base + index]] as const)
      return [name, Object.fromEntries(counts) as NodeCounts]
    })
  )
}

export function edgeCounts(plan: Plan, region: Region, values: Float64Array): EdgeCount[] {
  const bases = edgeBases(plan)
  const names = [...plan.processors, ...plan.sinks].map(({ name }) => name)
  const first = edgeOffset(region.shape)
  return plan.processors.flatMap(({ name, tags, target, isEnd, onError }, id) => {
    const ways: { tag?: string; target: number | undefined; isForFailed?: true }[] = [...tags]
    if (tags.length === 0 && (isEnd || target !== undefined)) ways.push({ target })
    if (onError.kind === 'to') ways.push({ target: onError.target, isForFailed: true })
    return ways.map((way, index) => ({
      processor: name,
      tag: way.tag,
      isForFailed: way.isForFailed === true,
      target: way.target === undefined ? undefined : names[way.target],
      lines: values[first + bases[id] + index]
    }))
  })
}

/** Nodes whose books do not balance: of all work, and of settled batches alone. */
export function unbalancedNodes(plan: Plan, region: Region, values: Float64Array): string[] {
  const ways = nodeWays(plan)
  return nodeNames(plan).flatMap((name, node) => {
    return (['all', 'settled'] as const).flatMap(of => {
      const book = nodeBook(values, region.shape, node, ways[node], of)
      return book.unaccounted === 0 ? [] : [`${of} work of ${name}: ${JSON.stringify(book)}`]
    })
  })
}

export function pathCounts(paths: PathReader, names: readonly string[]): PathCount[] {
  return [...paths.counts()].flatMap(counts => {
    const visited = paths.nodesOf(counts.path).map(node => names[node])
    return OUTCOME_NAMES.flatMap(outcome =>
      outcome === undefined || counts[outcome] === 0 ? [] : [{ names: visited, outcome, lines: counts[outcome] }]
    )
  })
}

export function describeJourney(
  journey: Journey,
  paths: PathReader,
  strings: StringReader,
  names: readonly string[]
): RunJourney {
  const { sourceNumber, offset, lineNumber, text, fullLength } = journey
  const leaves = journey.leaves.map(({ path, code, forkDepth }) => {
    const { outcome, isChanged, hasFailedOnce, detail } = decodeLeaf(code)
    return {
      path: paths.nodesOf(path).map(node => names[node]),
      outcome,
      reason: outcome === 'dropped' ? strings.text(detail) : undefined,
      isChanged,
      hasFailedOnce,
      sharedNames: forkDepth
    }
  })
  return { sourceNumber, offset, lineNumber, text, fullLength, leaves }
}
