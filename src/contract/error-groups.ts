// GET /api/v1/errors and /api/v1/errors/{id}

import { z } from 'zod'

import { ErrorEntrySchema, ErrorGroupSchema } from './errors.ts'
import { LimitQuerySchema } from './limit.ts'
import { CountSchema } from './words.ts'

export const GroupQuerySchema = LimitQuerySchema.extend({
  processor: z.string().optional().describe('Only groups of this processor or sink.'),
  text: z.string().optional().describe('Only groups that have it in class, message, newest line or frame, as shown.'),
  sort: z.enum(['count', 'last_at']).default('count').describe('Most frequent first, or the newest first.')
})
export type GroupQuery = z.infer<typeof GroupQuerySchema>

export const RunGroupQuerySchema = GroupQuerySchema.extend({
  run: z
    .string()
    .optional()
    .describe('Number of a run as in /api/v1/runs, or `last`: its groups as they were stored. Without it, of this run.')
})

export const ErrorGroupDetailSchema = ErrorGroupSchema.extend({
  paths: z
    .array(z.object({ path: z.array(z.string()), errors: CountSchema }))
    .describe('The ways by which the lines had come, the failing processor last; most errors first.'),
  other_paths_errors: CountSchema.describe('Errors of lines that came by further ways.'),
  sample_errors: z
    .array(ErrorEntrySchema)
    .describe('The first, the newest, and up to five drawn with equal chance; `count` errors are in the group.')
}).meta({ id: 'ErrorGroupDetail' })
export type ErrorGroupDetail = z.infer<typeof ErrorGroupDetailSchema>

export const ErrorGroupsSchema = z
  .object({
    run: CountSchema.nullable().describe('With `run`: its number. Else null.'),
    groups: z.array(ErrorGroupSchema),
    found: CountSchema.describe('Groups that fit the question, shown or not.'),
    known: CountSchema.describe('Groups that are kept.'),
    forgotten: CountSchema.nullable().describe(
      'Groups that gave way: there were too many different errors. null for a run that is over.'
    ),
    forgotten_errors: CountSchema.nullable().describe('Errors that were counted in these.'),
    total_errors: CountSchema.nullable().describe('Failed tries since the start, exact; null with `run`.'),
    processors: z
      .array(
        z.object({
          processor: z.string(),
          errors: CountSchema.describe('Failed tries, exact.'),
          not_grouped: CountSchema.describe(
            'Of these, in no group: too many kinds at once, or from before this process began.'
          )
        })
      )
      .nullable()
      .describe('Those that have failed; null with `run`.')
  })
  .meta({ id: 'ErrorGroups' })
export type ErrorGroups = z.infer<typeof ErrorGroupsSchema>
