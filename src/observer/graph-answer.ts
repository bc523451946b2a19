// What GET /api/v1/graph answers. Every way out of a node is an edge, also those to what is outside the pipeline: so the
// numbers at a node's edges add up to its ledger.

import type { Graph, GraphEdge, GraphNode } from '../contract/graph.ts'
import {
  edgeOffset,
  LANE,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  type NodeBook,
  type NodeCounter,
  type NodeWays,
  nodeBook
} from '../shared-memory/index.ts'
import { ledgerOf } from './ledger.ts'
import { isoMoment } from './moment.ts'
import type { NodeSources } from './node-stats.ts'

const SOURCE = 'source'
const OUTCOMES = ['delivered', 'dropped', 'unmatched', 'dead_letters'] as const
type OutcomeNode = (typeof OUTCOMES)[number]
const COUNTED_AS = { delivered: 'delivered', dropped: 'dropped', unmatched: 'unmatched', dead_letters: 'dead' } as const

export function graphAnswer(sources: NodeSources): Graph {
  const { pipeline, lanes, nodeNames } = sources
  const { totals } = lanes
  const { shape } = lanes.readers[0].region
  const ways = waysOf(sources)
  const books = nodeNames.map((_, node) => nodeBook(totals, shape, node, ways[node]))
  const edges = [...entryEdges(sources, books), ...tagEdges(sources), ...outcomeEdges(sources, books)]
  const linesTo = (id: string): number => edges.filter(({ to }) => to === id).reduce((sum, { lines }) => sum + lines, 0)
  const outside = (id: OutcomeNode | typeof SOURCE): GraphNode[] =>
    edges.some(({ from, to }) => from === id || to === id)
      ? [{ id, kind: id, name: id.replace('_', ' '), type: null, lines: linesTo(id), ledger: null }]
      : []
  const ledger = ledgerOf(totals)
  return {
    pipeline: pipeline.name,
    at: isoMoment(Date.now()),
    snapshot_age_seconds: lanes.snapshotAgeSeconds ?? null,
    nodes: [
      ...outside(SOURCE),
      ...nodeNames.map((name, node): GraphNode => {
        const sink = pipeline.sinks[node - pipeline.processors.length]
        const id = idOf(sources, node)
        const kind = sink === undefined ? 'processor' : 'sink'
        return { id, kind, name, type: sink?.type ?? null, lines: linesTo(id), ledger: books[node] }
      }),
      ...OUTCOMES.flatMap(outside)
    ],
    edges,
    ledger,
    unaccounted: books.reduce((sum, { unaccounted }) => sum + Math.abs(unaccounted), Math.abs(ledger.unaccounted))
  }
}

/** A name may be any text; an id says which node it is and nothing else. */
function idOf({ pipeline: { processors } }: NodeSources, node: number): string {
  return node < processors.length ? `processor-${node}` : `sink-${node - processors.length}`
}

/** By node. */
export function waysOf({ pipeline, nodeNames }: Pick<NodeSources, 'pipeline' | 'nodeNames'>): NodeWays[] {
  const ways = nodeNames.map(() => ({ into: [] as number[], out: [] as number[] }))
  for (const [node, { tags }] of pipeline.processors.entries()) {
    for (const { target, edge } of tags) {
      ways[target]?.into.push(edge)
      ways[node].out.push(edge)
    }
  }
  return ways
}

/** Lines from the source all come to one processor, or are too long; replays come to any node. */
function entryEdges(sources: NodeSources, books: readonly NodeBook[]): GraphEdge[] {
  const { pipeline, lanes, rates } = sources
  const elsewhere = books.reduce((sum, { entered }, node) => sum + (node === pipeline.entry ? 0 : entered), 0)
  const { entered } = books[pipeline.entry]
  const replayedAtEntry = Math.min(entered, Math.max(0, lanes.totals[LANE.replayed] - elsewhere))
  const tooLong = lanes.totals[LANE.over_long_lines]
  const perSecond = (node: number): number => rates.perSecond(indexOf(node, 'entered'))
  const replays = books.flatMap((book, node): GraphEdge[] => {
    const isEntry = node === pipeline.entry
    const lines = isEntry ? replayedAtEntry : book.entered
    if (lines === 0) return []
    const to = idOf(sources, node)
    const lines_per_second = isEntry ? 0 : perSecond(node)
    return [{ from: 'dead_letters', to, kind: 'replay', tag: null, lines, lines_per_second }]
  })
  return [
    {
      from: SOURCE,
      to: idOf(sources, pipeline.entry),
      kind: 'entry',
      tag: null,
      lines: entered - replayedAtEntry,
      lines_per_second: perSecond(pipeline.entry)
    },
    ...(tooLong === 0
      ? []
      : [
          {
            from: SOURCE,
            to: 'dead_letters',
            kind: 'outcome' as const,
            tag: null,
            lines: tooLong,
            lines_per_second: rates.perSecond(LANE.over_long_lines)
          }
        ]),
    ...replays
  ]
}

function tagEdges(sources: NodeSources): GraphEdge[] {
  const { pipeline, lanes, rates } = sources
  const first = edgeOffset(lanes.readers[0].region.shape)
  return pipeline.processors.flatMap(({ tags }, node) =>
    tags.map(({ tag, target, edge, isForFailed }) => ({
      from: idOf(sources, node),
      to: idOf(sources, target),
      kind: isForFailed === true ? 'on_error' : 'tag',
      tag: isForFailed === true ? null : tag,
      lines: lanes.totals[first + edge] ?? 0,
      lines_per_second: rates.perSecond(first + edge)
    }))
  )
}

/** Where lines ended. Sinks deliver, and refuse; what no processor can do, and none has, is left out. */
function outcomeEdges(sources: NodeSources, books: readonly NodeBook[]): GraphEdge[] {
  const { pipeline, nodeNames, rates } = sources
  return nodeNames.flatMap((_, node) => {
    const isSink = node >= pipeline.processors.length
    return OUTCOMES.flatMap((to): GraphEdge[] => {
      const counter = COUNTED_AS[to]
      const lines = books[node][counter]
      const mayBe = to === 'delivered' ? isSink : to === 'dead_letters' || !isSink
      if (lines === 0 && !mayBe) return []
      const lines_per_second = rates.perSecond(indexOf(node, counter))
      return [{ from: idOf(sources, node), to, kind: 'outcome', tag: null, lines, lines_per_second }]
    })
  })
}

function indexOf(node: number, counter: NodeCounter): number {
  return NODE_OFFSET + node * NODE_STRIDE + NODE[counter]
}
