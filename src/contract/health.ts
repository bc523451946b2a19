// GET /health, /livez, /readyz

import { z } from 'zod'

import { StoredSchema } from './stored.ts'
import { CountSchema, LaneStateSchema, MomentSchema, RunStateSchema, SecondsSchema } from './words.ts'

export const LaneSchema = z
  .object({
    lane: CountSchema,
    state: LaneStateSchema,
    busy_processor: z.string().nullable().describe('The processor that has the thread now; null between two calls.'),
    busy_since: MomentSchema.nullable(),
    busy_seconds: SecondsSchema.nullable(),
    snapshot_age_seconds: SecondsSchema.nullable().describe('How old its numbers are; null before the first.'),
    heartbeat_age_seconds: SecondsSchema.nullable().describe('When it last gave a sign of life; null before the first.')
  })
  .meta({ id: 'Lane' })
export type Lane = z.infer<typeof LaneSchema>

export const HealthSchema = z
  .object({
    status: z.enum(['ok', 'degraded', 'failing']),
    state: RunStateSchema,
    problems: z.array(z.string()).describe('One sentence each; empty when all is well.'),
    warnings: z.array(z.string()).describe('What was said at the start.'),
    stop_reason: z.string().nullable(),
    exit_code: z.number().int().nullable(),
    version: z.string(),
    pipeline: z.string(),
    started_at: MomentSchema,
    uptime_seconds: SecondsSchema.describe('Since its start; of a run that is over, how long it lasted.'),
    snapshot_age_seconds: SecondsSchema.nullable().describe('Of the lane whose numbers are oldest.'),
    lanes: z.array(LaneSchema),
    stored: StoredSchema
  })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof HealthSchema>

export const LiveSchema = z.object({ status: z.literal('alive') }).meta({ id: 'Live' })
export type Live = z.infer<typeof LiveSchema>

export const ReadySchema = z.object({ ready: z.boolean(), state: RunStateSchema }).meta({ id: 'Ready' })
export type Ready = z.infer<typeof ReadySchema>
