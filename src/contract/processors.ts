// GET /api/v1/processors: where the time goes, for each processor and sink and over several windows.

import { z } from 'zod'

import { CountSchema, MomentSchema, RunStateSchema, SecondsSchema } from './words.ts'

const ShareSchema = z.number().min(0).max(1)
const RateSchema = z.number().min(0)

export const BOTTLENECK_KINDS = [
  'processor',
  'calls',
  'sink',
  'commit',
  'dead_letters',
  'input',
  'engine',
  'spread',
  'paused'
] as const

export const BottleneckSchema = z
  .object({
    kind: z
      .enum(BOTTLENECK_KINDS)
      .describe(
        'processor: its code has the thread; calls: the lane waits for asynchronous calls of it; sink, commit, dead_letters: ' +
          'the lane waits for these; input: nothing waits, lines come no faster; engine: the work of Linescope itself; spread: ' +
          'no step stands out.'
      ),
    node: z.string().nullable().describe('The processor or sink that is named; null when none stands out.'),
    share: ShareSchema.describe('Of the time of the lanes.'),
    headroom_lines_per_second: RateSchema.nullable().describe(
      'How fast the run can be at most until what is named is faster; null while no line comes through.'
    ),
    sentence: z.string()
  })
  .meta({ id: 'Bottleneck' })
export type Bottleneck = z.infer<typeof BottleneckSchema>

export const LatencySchema = z
  .object({
    lines: CountSchema,
    p50: SecondsSchema.nullable().describe('null before the first line.'),
    p95: SecondsSchema.nullable(),
    p99: SecondsSchema.nullable(),
    max: SecondsSchema.nullable()
  })
  .meta({ id: 'Latency' })
export type Latency = z.infer<typeof LatencySchema>

export const LatenciesSchema = z
  .object({
    sources: z
      .array(LatencySchema.extend({ source: z.string() }))
      .describe('From the read of a line until all that it became has an outcome. Files of a glob are one source.'),
    sinks: z
      .array(LatencySchema.extend({ sink: z.string() }))
      .describe('From the read of a line to the return of the write.'),
    outcomes: z.object({
      delivered: LatencySchema,
      dropped: LatencySchema,
      dead: LatencySchema,
      unmatched: LatencySchema
    })
  })
  .meta({ id: 'Latencies' })
export type Latencies = z.infer<typeof LatenciesSchema>

const windowFields = {
  window: z.enum(['10s', '1m', '5m', '15m', '1h', 'run']),
  seconds: SecondsSchema.describe('How far back it looks: less than its name says while the run is younger.')
}

export const NodeWindowSchema = z
  .object({
    ...windowFields,
    busy: ShareSchema.describe(
      'Its code has the thread, also while a call has not returned. busy + waiting + blocked + idle = 1.'
    ),
    waiting: ShareSchema.describe('Else: it holds lines, in asynchronous calls or until they are tried again.'),
    blocked: ShareSchema.describe('Else: the lane waits for a sink, the dead-letter log or a commit.'),
    idle: ShareSchema.describe('Else.'),
    share_of_lanes: ShareSchema.describe(
      'Of all the time that the lanes had: its code had the thread, or there was nothing to do but to wait for its calls.'
    ),
    lines_per_second: RateSchema.describe('Received.'),
    errors_per_second: RateSchema,
    calls_under_way: RateSchema.describe('Asynchronous calls, on average.')
  })
  .meta({ id: 'NodeWindow' })
export type NodeWindow = z.infer<typeof NodeWindowSchema>

export const LaneWindowSchema = z
  .object({
    ...windowFields,
    lane_seconds: SecondsSchema.describe('Time that the lanes had, summed.'),
    nodes: ShareSchema.describe('Spent in processors and sinks, or waiting for them. The six add up to 1.'),
    engine: ShareSchema.describe('The work of Linescope itself.'),
    input: ShareSchema.describe('Waiting for lines.'),
    commit: ShareSchema.describe('Waiting for a commit, with 64 MiB written and not yet durable.'),
    dead_letters: ShareSchema.describe('Waiting for the dead-letter log.'),
    paused: ShareSchema,
    lines_per_second: RateSchema.describe('Settled.')
  })
  .meta({ id: 'LaneWindow' })
export type LaneWindow = z.infer<typeof LaneWindowSchema>

export const ProcessorsSchema = z
  .object({
    state: RunStateSchema,
    at: MomentSchema,
    bottleneck: BottleneckSchema.nullable().describe('Of the last 10 s; of the whole run when it is over.'),
    lanes: z.array(LaneWindowSchema).describe('Where the time of all lanes went, by window.'),
    nodes: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['processor', 'sink']),
        received: CountSchema,
        p50: SecondsSchema.nullable().describe('Of a call; of the write that a line was part of, at a sink.'),
        p95: SecondsSchema.nullable(),
        p99: SecondsSchema.nullable(),
        max: SecondsSchema.nullable(),
        is_estimate: z.boolean(),
        busy_since: MomentSchema.nullable(),
        busy_seconds: SecondsSchema.nullable(),
        windows: z.array(NodeWindowSchema)
      })
    ),
    latency: LatenciesSchema
  })
  .meta({ id: 'Processors' })
export type Processors = z.infer<typeof ProcessorsSchema>
