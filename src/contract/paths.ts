// Which ways lines took through the pipeline, and how many took each. Always counted, also without --trace.

import { z } from 'zod'

import { CountSchema, MomentSchema, SecondsSchema } from './words.ts'

const outcomes = {
  delivered: CountSchema,
  dropped: CountSchema,
  dead: CountSchema,
  unmatched: CountSchema,
  joined: CountSchema
}

export const PathCountSchema = z
  .object({
    path: z.array(z.string()).describe('The names visited, in order.'),
    lines: CountSchema.describe('Line instances whose way ended here.'),
    share: z.number().min(0).max(1).describe('Of all line instances that have an outcome.'),
    ...outcomes,
    errors: CountSchema.describe('Line instances that became dead letters or that no tag matched.'),
    route: z.string().describe('The way as one text, rounds in a loop counted: `start > retry ×3 > end`.'),
    p50: SecondsSchema.nullable().describe(
      'From read to written: half of the lines took no longer. Null for rare paths.'
    ),
    p95: SecondsSchema.nullable(),
    p99: SecondsSchema.nullable(),
    max: SecondsSchema.nullable(),
    timed_lines: CountSchema.describe('Lines that these times are of.'),
    last_at: MomentSchema.nullable().describe('When a line on it was seen last. Null for rare paths.'),
    example_id: z.string().nullable().describe('A line that took it. Null for rare paths.')
  })
  .meta({ id: 'PathCount' })
export type PathCount = z.infer<typeof PathCountSchema>

export const PathsSchema = z
  .object({
    paths: z.array(PathCountSchema).describe('The most frequent ones, most frequent first.'),
    other: z
      .object({ paths: CountSchema.describe('How many ways are summed up here.'), lines: CountSchema, ...outcomes })
      .describe('All others together.'),
    distinct: CountSchema.describe('How many ways there are.'),
    overflowed: CountSchema.describe('Lines whose way could not be told apart because the table was full.')
  })
  .meta({ id: 'Paths' })
export type Paths = z.infer<typeof PathsSchema>
