// GET /stats

import { z } from 'zod'

import { LaneSchema } from './health.ts'
import { LedgerSchema } from './ledger.ts'
import { PathCountSchema } from './paths.ts'
import { BottleneckSchema, LatenciesSchema } from './processors.ts'
import { StoredSchema } from './stored.ts'
import { CountSchema, MomentSchema, RunStateSchema, SecondsSchema } from './words.ts'

export const QuantilesSchema = z
  .object({
    p50: SecondsSchema.nullable().describe('null before the first line.'),
    p95: SecondsSchema.nullable(),
    p99: SecondsSchema.nullable(),
    max: SecondsSchema.nullable(),
    is_estimate: z.boolean().describe('Taken from a sample of the lines; exact ones are within 3.2 %.')
  })
  .meta({ id: 'Quantiles' })
export type Quantiles = z.infer<typeof QuantilesSchema>

const NodeSchema = z.object({
  name: z.string(),
  received: CountSchema.describe('Lines that reached it.'),
  errors: CountSchema.describe('Failed tries.'),
  dead: CountSchema.describe('Lines that failed for good here.'),
  delivered: CountSchema,
  processing_time: SecondsSchema.describe('Spent inside it, summed.'),
  share_of_time: z.number().min(0).max(1).describe('Of the time spent inside all processors and sinks, last 10 s.'),
  lines_per_second: z.number().min(0).describe('Received, last 10 s.'),
  held: CountSchema.describe('Lines that are inside it or wait for it now.'),
  ...QuantilesSchema.shape,
  busy_since: MomentSchema.nullable().describe('Since when it has had the thread; null when it has not.'),
  busy_seconds: SecondsSchema.nullable()
})

export const ProcessorStatsSchema = NodeSchema.extend({
  emitted: CountSchema,
  retries: CountSchema,
  dropped: CountSchema,
  unmatched: CountSchema,
  tags: z.array(z.object({ tag: z.string(), target: z.string(), lines: CountSchema })).describe('Emitted lines by tag.')
}).meta({ id: 'ProcessorStats' })
export type ProcessorStats = z.infer<typeof ProcessorStatsSchema>

export const SinkStatsSchema = NodeSchema.extend({ type: z.string(), bytes_written: CountSchema }).meta({
  id: 'SinkStats'
})
export type SinkStats = z.infer<typeof SinkStatsSchema>

export const InFlightSchema = z
  .object({
    id: z.string(),
    file: z.string().nullable(),
    line_number: CountSchema,
    processor: z.string().nullable(),
    attempt: CountSchema,
    since: MomentSchema,
    seconds: SecondsSchema,
    is_waiting: z.boolean().describe('Waits for its next try; else a call is under way.')
  })
  .meta({ id: 'InFlight' })
export type InFlight = z.infer<typeof InFlightSchema>

export const RatesSchema = z
  .object({
    window_seconds: SecondsSchema.describe('How far back they look: 10 s, less just after the start.'),
    lines: z.number().min(0).describe('Lines settled a second.'),
    entered: z.number().min(0),
    delivered: z.number().min(0),
    dropped: z.number().min(0),
    errors: z.number().min(0),
    input_bytes: z.number().min(0)
  })
  .meta({ id: 'Rates' })
export type Rates = z.infer<typeof RatesSchema>

export const StatsSchema = z
  .object({
    total_lines_processed: CountSchema.describe(
      'Entering lines all of whose descendants have an outcome; replayed ones do not count.'
    ),
    total_processing_time: SecondsSchema.describe(
      'Seconds spent inside processors, summed: with asynchronous processors it may exceed the time that passed.'
    ),
    total_errors: CountSchema.describe('Failed tries.'),
    lines_processed_by_each_processor: z
      .record(z.string(), CountSchema)
      .describe('Lines received by each processor and sink; every declared name is there from the start.'),
    state: RunStateSchema,
    pipeline: z.string(),
    version: z.string(),
    tracing: z.boolean(),
    at: MomentSchema.describe('When this answer was made.'),
    started_at: MomentSchema,
    uptime_seconds: SecondsSchema.describe('Since its start; of a run that is over, how long it lasted.'),
    snapshot_age_seconds: SecondsSchema.nullable().describe(
      'Of the lane whose numbers are oldest; null before the first.'
    ),
    ledger: LedgerSchema,
    rates: RatesSchema,
    end_to_end: QuantilesSchema.describe('From the read of a line to the return of the write.'),
    latency: LatenciesSchema.nullable().describe('null for a run that is over and no longer in memory.'),
    bottleneck: BottleneckSchema.extend({
      processor: z
        .string()
        .nullable()
        .describe('The one with the largest share of time, whether it stands out or not.'),
      share_of_time: z.number().min(0).max(1).describe('Of the time of all processors and sinks.'),
      share_of_lanes: z.number().min(0).max(1).describe('Of all the time that the lanes had: near 1, it sets the pace.')
    })
      .meta({ id: 'StatsBottleneck' })
      .nullable()
      .describe('What sets the pace, last 10 s; of the whole run when it is over; null while nothing has happened.'),
    processors: z.array(ProcessorStatsSchema).describe('In declared order.'),
    sinks: z.array(SinkStatsSchema).describe('In declared order.'),
    lanes: z.array(LaneSchema),
    in_flight: z.array(InFlightSchema).describe('The oldest lines that have no outcome yet, at most 64 for each lane.'),
    paths: z.array(PathCountSchema).describe('The ten most frequent ways; all of them: /api/v1/paths.'),
    input: z.object({
      bytes: CountSchema.nullable().describe(
        'Read from the sources so far; compressed ones as they are stored. null when nobody knows any more.'
      ),
      total_bytes: CountSchema.nullable().describe('Of all inputs, when it is known.'),
      invalid_utf8_lines: CountSchema.describe('Changed lines in which bytes that are not UTF-8 became U+FFFD.'),
      embedded_newlines: CountSchema.describe('Values written with a newline inside.')
    }),
    problems: z.array(z.string()).describe('As in /health: one sentence each; empty when all is well.'),
    warnings: z.array(z.string()),
    stop_reason: z.string().nullable(),
    exit_code: z.number().int().nullable(),
    stored: StoredSchema
  })
  .meta({ id: 'Stats' })
export type Stats = z.infer<typeof StatsSchema>
