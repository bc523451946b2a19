// GET /api/v1/runs

import { z } from 'zod'

import { LedgerSchema } from './ledger.ts'
import { CountSchema, MomentSchema } from './words.ts'

export const StoredRunSchema = z
  .object({
    run: CountSchema.describe('Its number in this state folder.'),
    started_at: MomentSchema,
    ended_at: MomentSchema.nullable().describe('null while it goes on; of one that was killed when it was last seen.'),
    ending: z
      .enum(['running', 'end', 'stopped', 'failed', 'stop_on_error', 'sink_closed', 'killed', 'other'])
      .describe('`end`: the input was read to its end. `killed`: nobody knows; the process ended without a word.'),
    message: z.string().nullable(),
    exit_code: z.number().int().nullable(),
    pipeline: z.string(),
    version: z.string().describe('Of Linescope.'),
    config_hash: z.string().describe('Equal when the pipeline was the same.'),
    tracing: z.boolean(),
    ledger: LedgerSchema.nullable().describe('As it was last seen; null when it was never.')
  })
  .meta({ id: 'StoredRun' })
export type StoredRun = z.infer<typeof StoredRunSchema>

export const RunsSchema = z.object({ runs: z.array(StoredRunSchema).describe('Newest first.') }).meta({ id: 'Runs' })
export type Runs = z.infer<typeof RunsSchema>
