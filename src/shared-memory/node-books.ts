// The books of one node out of the counters of one instant: what came to it, and what became of that.
//
// `edges into + entered + forked = edges out + delivered + dropped + dead + unmatched + held + undone`, in every snapshot
// and, with nothing held, for its settled batches alone.

import { edgeOffset, NODE, NODE_OFFSET, NODE_STRIDE, type NodeCounter, settledOffset } from './counters.ts'
import type { RegionShape } from './region.ts'

/** Numbers of the edges that lead to a node, and of those that lead from it to another one. */
export interface NodeWays {
  readonly into: readonly number[]
  readonly out: readonly number[]
}

export interface NodeBook {
  /** From a source, or as a replay. */
  readonly entered: number
  /** From other nodes, or from itself. */
  readonly arrived: number
  readonly forked: number
  readonly emitted: number
  readonly delivered: number
  readonly dropped: number
  readonly dead: number
  readonly unmatched: number
  readonly held: number
  readonly undone: number
  /** Anything but 0 is a fault of the engine. */
  readonly unaccounted: number
}

/** What is added to the index of a node's or an edge's counter to get that of settled batches alone. */
export function settledShift(shape: RegionShape): number {
  return settledOffset(shape) - NODE_OFFSET
}

/** `of` settled batches alone, or of all work so far. */
export function nodeBook(
  values: Float64Array,
  shape: RegionShape,
  node: number,
  ways: NodeWays,
  of: 'all' | 'settled' = 'all'
): NodeBook {
  const shift = of === 'all' ? 0 : settledShift(shape)
  const count = (name: NodeCounter): number => values[NODE_OFFSET + node * NODE_STRIDE + NODE[name] + shift]
  const lines = (edges: readonly number[]): number =>
    edges.reduce((sum, edge) => sum + values[edgeOffset(shape) + edge + shift], 0)
  const book = {
    entered: count('entered'),
    arrived: lines(ways.into),
    forked: count('forked'),
    emitted: lines(ways.out),
    delivered: count('delivered'),
    dropped: count('dropped'),
    dead: count('dead'),
    unmatched: count('unmatched'),
    held: of === 'all' ? count('held') : 0,
    undone: count('undone')
  }
  const came = book.entered + book.arrived + book.forked
  const went = book.emitted + book.delivered + book.dropped + book.dead + book.unmatched + book.held + book.undone
  return { ...book, unaccounted: came - went }
}
