// Which ways lines took through the pipeline, and how many took each. Always counted, also without --trace.

import { z } from 'zod'

import { CountSchema } from './words.ts'

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
    ...outcomes
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
