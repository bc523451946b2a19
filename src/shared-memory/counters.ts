// Names of everything that a lane counts. An index is derived from the name; nobody writes one by hand.
//
// A snapshot's values are: the lane's counters, then NODE_STRIDE counters for each node, then one for each edge; then
// those of nodes and edges once more, as settled batches alone have them.
// A hot loop hoists `NODE_OFFSET + node * NODE_STRIDE` and adds `NODE.received`.

import type { RegionShape } from './region.ts'

export const LANE_COUNTERS = [
  // The ledger: entered + replayed + forked = delivered + dropped + dead + unmatched + joined + in_flight
  'entered',
  'replayed',
  'forked',
  'delivered',
  'dropped',
  'dead',
  'unmatched',
  'joined',
  'in_flight',
  // Entering lines all of whose descendants have an outcome, replayed ones not counted
  'settled_lines',
  'settled_batches',
  // The ledger of settled batches alone: what a successor begins with. Delivered lines are settled ones anyhow
  'settled_replayed',
  'settled_forked',
  'settled_dropped',
  'settled_dead',
  'settled_unmatched',
  'failed_attempts',
  'late_emits',
  'input_bytes',
  'input_lines_changed_invalid_utf8',
  'embedded_newlines',
  'over_long_lines',
  // Position up to which everything is settled, in the input that was opened as the so-manieth, from 1; 0 is none yet
  'input_turn',
  'source_number',
  'source_offset',
  'source_line',
  // How the last settled line ends: 1 \n, 2 \r\n
  'source_line_end',
  'dead_letter_bytes',
  // The replay job that letters entered from last, and how many of its letters are settled, from the first on
  'replay_job',
  'replay_position',
  'errors_shed',
  // Copied from the journey writer before each publish; after a crash, journeys from this one on are void
  'journeys_written',
  'journeys_overwritten',
  'journeys_dropped',
  // The same of journeys that are kept with times and values
  'kept_written',
  'kept_shed',
  // Journeys that a rule of keeping held for, and those of them that were kept: the limits have taken the rest
  'matched_forced',
  'matched_dead',
  'matched_unmatched',
  'matched_errored',
  'matched_retried',
  'matched_slow',
  'matched_rare',
  'matched_forked',
  'matched_hops',
  'matched_loop',
  'matched_dropped',
  'matched_baseline',
  'kept_forced',
  'kept_dead',
  'kept_unmatched',
  'kept_errored',
  'kept_retried',
  'kept_slow',
  'kept_rare',
  'kept_forked',
  'kept_hops',
  'kept_loop',
  'kept_dropped',
  'kept_baseline',
  'paths_overflowed',
  'reasons_overflowed',
  'open_batches',
  'open_lines',
  'open_bytes',
  // Where the lane's time went: what is left of it was spent inside nodes, or waiting for them
  'lane_nanos',
  'engine_nanos',
  'input_wait_nanos',
  'commit_wait_nanos',
  'letters_wait_nanos',
  'pause_nanos'
] as const

export const NODE_COUNTERS = [
  // Instances that came from outside the pipeline: from a source, or as a replay
  'entered',
  'received',
  'emitted',
  // A call that emits k lines adds k - 1
  'forked',
  'errors',
  'retries',
  'dropped',
  'dead',
  'unmatched',
  'delivered',
  // Instances that were here when they were undone with their entering line, or given back to their source
  'undone',
  'time_nanos',
  'held',
  'bytes_written',
  // Length of the sink's file at this snapshot: what it is cut back to after a crash
  'sink_length',
  // Which file that is, see fileNumber: the sink's path may lead to another one by now. 0 where nobody can tell
  'sink_file',
  // The line end that the last line written still needs before another one: 0 none, 1 \n, 2 \r\n
  'sink_line_end',
  // At each instant a node is in one of four states: its code has the thread; else calls hold lines; else the lane waits
  // for a sink, the dead letters or a commit; else it is idle, which is what is left of `lane_nanos`
  'busy_nanos',
  'waiting_nanos',
  'blocked_nanos',
  // Part of the time in which the lane has nothing to do: it waits for a call of this node
  'awaited_nanos',
  // Asynchronous calls under way, summed over time
  'call_nanos',
  // Whether its calls hold lines now
  'holds'
] as const

/** Counted with the batch that the work was done for, so that they are known of settled batches alone as well. */
export const BATCH_COUNTERS = [
  'entered',
  'received',
  'forked',
  'errors',
  'retries',
  'dropped',
  'dead',
  'unmatched',
  'delivered',
  'undone',
  'bytes_written'
] as const satisfies readonly (typeof NODE_COUNTERS)[number][]

export type LaneCounter = (typeof LANE_COUNTERS)[number]
export type NodeCounter = (typeof NODE_COUNTERS)[number]

/** Index of each lane counter in a snapshot's values. */
export const LANE = indexes(LANE_COUNTERS)

/** Index of each node counter within the node's stride. */
export const NODE = indexes(NODE_COUNTERS)

export const NODE_OFFSET: number = LANE_COUNTERS.length
export const NODE_STRIDE: number = NODE_COUNTERS.length

export function nodeCount(shape: RegionShape): number {
  return shape.processorCount + shape.sinkCount
}

export function edgeOffset(shape: RegionShape): number {
  return NODE_OFFSET + nodeCount(shape) * NODE_STRIDE
}

/** Where the counters of nodes and edges begin once more, those of settled batches alone. */
export function settledOffset(shape: RegionShape): number {
  return edgeOffset(shape) + shape.edgeCount
}

export function counterCount(shape: RegionShape): number {
  return 2 * settledOffset(shape) - NODE_OFFSET
}

export function laneCounter(name: LaneCounter): number {
  return LANE[name]
}

export function nodeCounter(node: number, name: NodeCounter, shape: RegionShape): number {
  if (!(node >= 0 && node < nodeCount(shape))) throw new RangeError(`There is no node ${node}.`)
  return NODE_OFFSET + node * NODE_STRIDE + NODE[name]
}

export function edgeCounter(edge: number, shape: RegionShape): number {
  if (!(edge >= 0 && edge < shape.edgeCount)) throw new RangeError(`There is no edge ${edge}.`)
  return edgeOffset(shape) + edge
}

function indexes<const Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.freeze(Object.fromEntries(names.map((name, index) => [name, index])) as Record<Name, number>)
}
