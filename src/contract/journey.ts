// GET /api/v1/journeys/{id}, and a kept journey as it goes into a store.

import { z } from 'zod'

import type { Trace } from './trace.ts'
import type { KeepReason } from './words.ts'

export const JourneyParamsSchema = z.object({
  id: z
    .string()
    .describe(
      '`0:1427`: source number and byte offset; `0:1427.2` for a line forked from it; `r<job>.<n>` of a replay.'
    )
})

/** A journey with times and values, as the observer hands it on. */
export interface KeptJourney {
  readonly trace: Trace
  /** Never empty. */
  readonly reasons: readonly KeepReason[]
  /** How many lines of its kind it stands for. */
  readonly weight: number
}
