// GET /api/v1/lines

import { z } from 'zod'

import { CountSchema, MomentSchema, OutcomeSchema } from './words.ts'

export const LINE_STATES = [
  'settled',
  'in_flight',
  'not_read',
  'before_window',
  'no_such_line',
  'no_such_file',
  'not_indexed'
] as const

export const LineQuerySchema = z.object({
  file: z.string().optional().describe('The source as the user named it, the end of its path, or its number.'),
  line: z.string().optional().describe('Number of the line in its source, from 1. Together with `file`.'),
  id: z.string().optional().describe('`<source number>:<byte offset>` in place of `file` and `line`.')
})

export const FoundLineSchema = z
  .object({
    state: z
      .enum(LINE_STATES)
      .describe(
        '`settled`: it has its outcome. `not_read`: its source was not read so far. `before_window`: it is settled, too ' +
          'long ago for its way to be kept. `not_indexed`: where it went is not kept, `message` says why.'
      ),
    message: z.string().describe('The answer as a sentence.'),
    id: z.string().nullable().describe('Null while its offset is not known.'),
    file: z.string().nullable(),
    line_number: CountSchema.nullable(),
    line_bytes: CountSchema.nullable().describe('With its line end.'),
    path: z.array(z.string()).nullable().describe('All visits; of a forked line those of its first leaf.'),
    outcome: OutcomeSchema.nullable().describe('Of a forked line the outcome of the whole.'),
    is_forked: z.boolean().nullable(),
    waits: z
      .object({
        processor: z.string(),
        attempt: CountSchema,
        since: MomentSchema,
        is_parked: z.boolean().describe('Until the time of its next try.')
      })
      .nullable()
      .describe('Who has it; null when it is not among the 64 lines that wait longest.'),
    line: z.string().nullable().describe('Its text; null when it cannot be had.'),
    line_is_cut: z.boolean(),
    text_from: z
      .enum(['journey', 'source'])
      .nullable()
      .describe('`source`: read again from its file, which is still the one that was read.'),
    no_text_because: z.string().nullable(),
    lines_kept: CountSchema.describe('Settled lines that can be found.'),
    lines_before_window: CountSchema.describe('Settled lines of this run that are too long ago.'),
    lines_left_out: CountSchema.describe('Settled lines that found no room.')
  })
  .meta({ id: 'FoundLine' })
export type FoundLine = z.infer<typeof FoundLineSchema>
