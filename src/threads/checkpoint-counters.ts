// A lane's counters as a checkpoint keeps them: by name, so that a run goes on counting after the pipeline has changed.

import { edgeBases, nodeNames, nodeWays, type Plan } from '../engine/index.ts'
import {
  BATCH_COUNTERS,
  counterCount,
  edgeOffset,
  LANE_COUNTERS,
  type LaneCounter,
  NODE,
  NODE_COUNTERS,
  NODE_OFFSET,
  NODE_STRIDE,
  type NodeCounter,
  type NodeWays,
  nodeBook,
  type RegionShape,
  settledOffset,
  settledShift
} from '../shared-memory/index.ts'
import type { CounterGroup } from '../state/checkpoint/checkpoint.ts'

/** What holds for one lane, at one instant or in one process. */
const NOT_KEPT: ReadonlySet<LaneCounter> = new Set([
  'in_flight',
  'open_batches',
  'open_lines',
  'open_bytes',
  'input_turn',
  'input_bytes',
  'source_number',
  'source_offset',
  'source_line',
  'source_line_end',
  'dead_letter_bytes',
  'journeys_written',
  'journeys_overwritten',
  'journeys_dropped',
  'kept_written',
  'kept_shed',
  'paths_overflowed',
  'reasons_overflowed'
])

const IN_BATCHES: ReadonlySet<NodeCounter> = new Set(BATCH_COUNTERS)

export function counterGroups(plan: Plan, shape: RegionShape, values: Float64Array): CounterGroup[] {
  const shift = settledShift(shape)
  // What was open runs again: only the work of settled batches counts when the run goes on.
  const kept = LANE_COUNTERS.flatMap((name, index) => (NOT_KEPT.has(name) ? [] : [[name, values[index]] as const]))
  return [
    group('lane', '', kept),
    ...nodeNames(plan).map((name, node) => {
      const base = NODE_OFFSET + node * NODE_STRIDE
      return group(
        'node',
        name,
        NODE_COUNTERS.map((counter, index) => [counter, values[base + index + (IN_BATCHES.has(counter) ? shift : 0)]])
      )
    }),
    ...edgeNames(plan).map((name, edge) => group('edge', name, [['lines', values[edgeOffset(shape) + edge + shift]]]))
  ].filter(({ values }) => Object.keys(values).length > 0)
}

/** Of a pipeline that may have changed: what it does not have any more is left out. */
export function counterValues(plan: Plan, shape: RegionShape, groups: readonly CounterGroup[]): Float64Array {
  return valuesByName({ nodes: nodeNames(plan), edges: edgeNames(plan), ways: nodeWays(plan) }, shape, groups)
}

/** What of a pipeline is counted, by number. */
export interface CountedNames {
  readonly nodes: readonly string[]
  readonly edges: readonly string[]
  /** By node. */
  readonly ways: readonly NodeWays[]
}

export function valuesByName(
  { nodes, edges, ways: allWays }: CountedNames,
  shape: RegionShape,
  groups: readonly CounterGroup[]
): Float64Array {
  const values = new Float64Array(counterCount(shape))
  for (const { of, name, values: counts } of groups) {
    const node = nodes.indexOf(name)
    const edge = edges.indexOf(name)
    if (of === 'lane') put(values, 0, LANE_COUNTERS, counts)
    else if (of === 'node' && node !== -1) put(values, NODE_OFFSET + node * NODE_STRIDE, NODE_COUNTERS, counts)
    else if (of === 'edge' && edge !== -1) put(values, edgeOffset(shape) + edge, ['lines'], counts)
  }
  for (const [node, ways] of allWays.entries()) balance(values, shape, node, ways)
  values.copyWithin(settledOffset(shape), NODE_OFFSET, settledOffset(shape))
  return values
}

/** What came or went by an edge that the pipeline does not have any more: from now on it came from outside, or is gone. */
function balance(values: Float64Array, shape: RegionShape, node: number, ways: NodeWays): void {
  const { unaccounted } = nodeBook(values, shape, node, ways)
  const base = NODE_OFFSET + node * NODE_STRIDE
  if (unaccounted < 0) values[base + NODE.entered] -= unaccounted
  else values[base + NODE.undone] += unaccounted
}

function put(
  values: Float64Array,
  base: number,
  names: readonly string[],
  counts: Readonly<Record<string, number>>
): void {
  for (const [index, name] of names.entries()) values[base + index] = Object.hasOwn(counts, name) ? counts[name] : 0
}

/** Zeros say nothing. */
function group(of: CounterGroup['of'], name: string, values: readonly (readonly [string, number])[]): CounterGroup {
  return { of, name, values: Object.fromEntries(values.filter(([, value]) => value !== 0)) }
}

/** No name of a node has ` > ` in it. */
export function edgeNames(plan: Plan): string[] {
  const bases = edgeBases(plan)
  return plan.processors.flatMap(({ name, tags }, id) =>
    Array.from({ length: bases[id + 1] - bases[id] }, (_, index) => `${name} > ${tags[index]?.tag ?? `#${index}`}`)
  )
}
