// GET /api/v1/history

import { z } from 'zod'

import { CountSchema, MomentSchema, SecondsSchema } from './words.ts'

const RateSchema = z.number().min(0)

export const NodePointSchema = z
  .object({
    received_per_second: RateSchema,
    emitted_per_second: RateSchema,
    errors_per_second: RateSchema.describe('Failed tries.'),
    busy: RateSchema.describe(
      'Seconds spent inside it for each second; more than 1 for one that waits for many at once.'
    ),
    p50: SecondsSchema.nullable().describe('Of the calls of this step; null when none was timed.'),
    p95: SecondsSchema.nullable(),
    p99: SecondsSchema.nullable()
  })
  .meta({ id: 'NodePoint' })

export const HistoryPointSchema = z
  .object({
    at: MomentSchema.describe('Beginning of the step.'),
    seconds: SecondsSchema.describe('How much of the step was counted: less at the start and the end of a run.'),
    run: CountSchema.describe('Number of the run, as in /api/v1/runs.'),
    entered_per_second: RateSchema.describe('Lines.'),
    settled_per_second: RateSchema.describe('Lines all of whose descendants have an outcome.'),
    errors_per_second: RateSchema.describe('Failed tries.'),
    dead_per_second: RateSchema,
    bytes_per_second: RateSchema.describe('Read.'),
    node: NodePointSchema.nullable().describe('With `node`: that one, zeros when it had nothing to do. Else null.')
  })
  .meta({ id: 'HistoryPoint' })
export type HistoryPoint = z.infer<typeof HistoryPointSchema>

export const HistorySchema = z
  .object({
    step_seconds: z.literal([1, 10, 60]),
    node: z.string().nullable(),
    points: z.array(HistoryPointSchema).describe('Oldest first. Steps in which no run was on are not there.')
  })
  .meta({ id: 'History' })
export type History = z.infer<typeof HistorySchema>
