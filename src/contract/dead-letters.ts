// GET /api/v1/dead-letters

import { z } from 'zod'

import { CountSchema, MomentSchema } from './words.ts'

export const DeadLetterEntrySchema = z
  .object({
    number: CountSchema.nullable().describe('In the log, from 0; null where damage makes it unknown.'),
    id: z.string().describe('Of its line: `0:1427`, with `.n` for a fork; of a replayed line `r<job>.<n>`.'),
    kind: z.enum(['dead', 'unmatched']).describe('It failed, or its tag is the name of nothing.'),
    processor: z.string().describe('What failed, or emitted; empty when the engine itself refused the line.'),
    tag: z.string(),
    error: z.string().nullable().describe('Class of the error.'),
    message: z.string().nullable().describe('At most 2,000 characters.'),
    code: z.string().nullable().describe('`hop_limit`, `hung`, or the code that the error has.'),
    attempts: CountSchema,
    line: z.string().describe('At most 2,000 characters; `linescope dlq show` has all of it.'),
    line_bytes: CountSchema,
    line_is_cut: z.boolean(),
    file: z.string(),
    line_number: CountSchema,
    at: MomentSchema,
    replay_of: z.string().nullable()
  })
  .meta({ id: 'DeadLetterEntry' })
export type DeadLetterEntry = z.infer<typeof DeadLetterEntrySchema>

export const DeadLettersSchema = z
  .object({
    dead_letters: z.array(DeadLetterEntrySchema).describe('Newest first.'),
    before: z
      .string()
      .nullable()
      .describe('Ask with `before` of this for older ones; null when there are none. A page may be empty and go on.'),
    known: CountSchema.describe('Letters in the index, discarded ones not counted.'),
    discarded: CountSchema,
    is_complete: z.boolean().describe('False while the index is behind the log.')
  })
  .meta({ id: 'DeadLetters' })
export type DeadLetters = z.infer<typeof DeadLettersSchema>
