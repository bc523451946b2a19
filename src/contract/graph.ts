// GET /api/v1/graph: the pipeline as nodes and edges, each with its counts, so that anybody can check that none is missing.

import { z } from 'zod'

import { LedgerSchema } from './ledger.ts'
import { CountSchema, MomentSchema, SecondsSchema } from './words.ts'

export const GRAPH_NODE_KINDS = [
  'source',
  'processor',
  'sink',
  'delivered',
  'dropped',
  'unmatched',
  'dead_letters'
] as const
export const GRAPH_EDGE_KINDS = ['entry', 'replay', 'tag', 'on_error', 'outcome'] as const

export const NodeLedgerSchema = z
  .object({
    entered: CountSchema.describe('Lines that came from outside: from a source, or as a replay.'),
    arrived: CountSchema.describe('Lines that processors sent here.'),
    forked: CountSchema.describe('A call that emits k lines adds k − 1.'),
    emitted: CountSchema.describe('Lines that it sent on.'),
    delivered: CountSchema,
    dropped: CountSchema,
    dead: CountSchema,
    unmatched: CountSchema,
    held: CountSchema.describe('Lines that are here now.'),
    undone: CountSchema.describe(
      'Lines that were here when they were undone with their entering line, or given back to their source by a stop.'
    ),
    unaccounted: z
      .number()
      .int()
      .describe(
        'entered + arrived + forked − (emitted + delivered + dropped + dead + unmatched + held + undone). Anything but 0 is a fault of Linescope.'
      )
  })
  .meta({ id: 'NodeLedger' })

export const GraphNodeSchema = z
  .object({
    id: z.string().describe('What edges call it; the same in every answer about this pipeline.'),
    kind: z.enum(GRAPH_NODE_KINDS).describe('All but processors and sinks stand for what is outside the pipeline.'),
    name: z.string().describe('Of a processor or sink its name in the pipeline; two nodes may have the same.'),
    type: z.string().nullable().describe('Of a sink; null for all others.'),
    lines: CountSchema.describe('Lines that its edges brought here.'),
    ledger: NodeLedgerSchema.nullable().describe('Of processors and sinks.')
  })
  .meta({ id: 'GraphNode' })
export type GraphNode = z.infer<typeof GraphNodeSchema>

export const GraphEdgeSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    kind: z.enum(GRAPH_EDGE_KINDS),
    tag: z.string().nullable().describe('Under which the lines are emitted; null when they are not.'),
    lines: CountSchema.describe('Counted once for both ends, when the line is handed over.'),
    lines_per_second: z.number().min(0).describe('Last 10 s.')
  })
  .meta({ id: 'GraphEdge' })
export type GraphEdge = z.infer<typeof GraphEdgeSchema>

export const GraphSchema = z
  .object({
    pipeline: z.string(),
    at: MomentSchema.describe('When this answer was made.'),
    snapshot_age_seconds: SecondsSchema.nullable().describe(
      'Of the lane whose numbers are oldest; null before the first. All counts of a lane are of one instant.'
    ),
    nodes: z.array(GraphNodeSchema),
    edges: z
      .array(GraphEdgeSchema)
      .describe('At each processor and sink: lines of the edges in + forked = lines of the edges out + held + undone.'),
    ledger: LedgerSchema.describe('Of the whole pipeline.'),
    unaccounted: CountSchema.describe('What all ledgers lack, or have too much, together. Must be 0.')
  })
  .meta({ id: 'Graph' })
export type Graph = z.infer<typeof GraphSchema>
