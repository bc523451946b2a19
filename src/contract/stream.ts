// GET /api/v1/stream: server-sent events. The data of each event is JSON of one of these forms.

import { z } from 'zod'

import { LedgerSchema } from './ledger.ts'
import { RatesSchema } from './stats.ts'
import { CountSchema, MomentSchema, OutcomeSchema, RunStateSchema, SecondsSchema } from './words.ts'

/** What a client may ask for; all when it names none. */
export const STREAM_TOPICS = ['stats', 'errors', 'journeys', 'health'] as const
export type StreamTopic = (typeof STREAM_TOPICS)[number]

export const StreamQuerySchema = z.object({
  topics: z
    .string()
    .optional()
    .describe(`Separated by commas, of ${STREAM_TOPICS.join(', ')}; all when it is left out.`)
})

export const StreamStatsSchema = z
  .object({
    at: MomentSchema,
    state: RunStateSchema,
    total_lines_processed: CountSchema,
    total_errors: CountSchema,
    snapshot_age_seconds: SecondsSchema.nullable(),
    ledger: LedgerSchema,
    rates: RatesSchema,
    nodes: z
      .array(
        z.object({
          name: z.string(),
          received: CountSchema,
          errors: CountSchema,
          held: CountSchema,
          lines_per_second: z.number().min(0),
          share_of_time: z.number().min(0).max(1)
        })
      )
      .describe('Processors, then sinks, in declared order; of a very long pipeline the first 200.'),
    nodes_in_all: CountSchema
  })
  .meta({ id: 'StreamStats' })
export type StreamStats = z.infer<typeof StreamStatsSchema>

export const StreamErrorsSchema = z
  .object({
    shown: CountSchema,
    of: CountSchema.describe('Failed tries since the last event.'),
    errors: z
      .array(
        z.object({
          processor: z.string().nullable(),
          name: z.string(),
          message: z.string().describe('At most 500 characters.'),
          line: z.string().describe('At most 500 characters.'),
          file: z.string().nullable(),
          line_number: CountSchema,
          trace_id: z.string(),
          at: MomentSchema,
          attempt: CountSchema,
          is_final: z.boolean()
        })
      )
      .describe('The newest, oldest first.')
  })
  .meta({ id: 'StreamErrors' })
export type StreamErrors = z.infer<typeof StreamErrorsSchema>

export const StreamJourneysSchema = z
  .object({
    shown: CountSchema,
    of: CountSchema.describe('Lines that were settled and recorded since the last event.'),
    journeys: z
      .array(
        z.object({
          id: z.string(),
          line: z.string().describe('At most 500 characters.'),
          file: z.string().nullable(),
          line_number: CountSchema,
          route: z.string().describe('At most 500 characters.'),
          outcome: OutcomeSchema,
          reason: z.string().nullable(),
          had_errors: z.boolean(),
          settled_at: MomentSchema.nullable()
        })
      )
      .describe('A few of the newest, oldest first.')
  })
  .meta({ id: 'StreamJourneys' })
export type StreamJourneys = z.infer<typeof StreamJourneysSchema>

export const StreamHealthSchema = z
  .object({
    status: z.enum(['ok', 'degraded', 'failing']),
    state: RunStateSchema,
    problems: z.array(z.string()),
    stop_reason: z.string().nullable(),
    exit_code: z.number().int().nullable()
  })
  .meta({ id: 'StreamHealth' })
export type StreamHealth = z.infer<typeof StreamHealthSchema>

export const StreamGapSchema = z
  .object({
    dropped_events: CountSchema.describe('Of all topics that the client asked for.'),
    dropped_bytes: CountSchema.nullable().describe('null when the client was away.'),
    reason: z.enum(['slow', 'away']).describe('It read too slowly, or came back after a while.')
  })
  .meta({ id: 'StreamGap' })
export type StreamGap = z.infer<typeof StreamGapSchema>

/** In /openapi.json: what the data of the events may be. */
export const StreamSchema = z
  .union([StreamStatsSchema, StreamErrorsSchema, StreamJourneysSchema, StreamHealthSchema, StreamGapSchema])
  .describe('The data of the events `stats`, `errors`, `journeys`, `health` and `gap`, in this order.')
