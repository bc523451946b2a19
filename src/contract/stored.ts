// Of a run that is over, what its answers are taken from.

import { z } from 'zod'

import { MomentSchema } from './words.ts'

export const StoredSchema = z
  .object({
    state_folder: z.string(),
    committed_at: MomentSchema.nullable().describe('All counts are of this moment; null when nothing was committed.'),
    lacking: z.array(z.string()).describe('What nobody knows any more, one sentence each.')
  })
  .nullable()
  .describe('Given by `linescope open`, which shows what a run that is over has left. Null for all others.')
  .meta({ id: 'Stored' })
export type Stored = z.infer<typeof StoredSchema>
