// GET /errors

import { z } from 'zod'

import { CountSchema, MomentSchema } from './words.ts'

export const ErrorEntrySchema = z
  .object({
    processor: z
      .string()
      .nullable()
      .describe('Name of the processor or sink that failed; null for a line that the engine refused before any.'),
    name: z.string().describe('Class of the error: `TypeError`.'),
    message: z.string(),
    line: z.string().describe('What the processor was given; bytes that are not UTF-8 show as U+FFFD.'),
    line_is_cut: z.boolean().describe('Only the beginning is in `line`.'),
    file: z.string().nullable().describe('The source as the user named it.'),
    line_number: CountSchema.describe('In its source, from 1.'),
    trace_id: z.string().describe('Id of the journey: `0:1427`; of a replayed line `r<job>.<n>`.'),
    replay_of: z.string().nullable().describe('Id of the dead letter that was replayed; null for all other lines.'),
    at: MomentSchema,
    attempt: CountSchema.describe('1 for the first try.'),
    is_final: z.boolean().describe('No further try followed.'),
    path: z.array(z.string()).describe('The names that the line had visited, the failing one last.'),
    stack: z.string().nullable().describe('Down to the last frame of your own code; with ?stack=full the whole.'),
    stack_frames_hidden: CountSchema.describe('Frames of Linescope and Node below that.')
  })
  .meta({ id: 'ErrorEntry' })
export type ErrorEntry = z.infer<typeof ErrorEntrySchema>

export const ErrorGroupSchema = z
  .object({
    id: z.string().describe('Of the kind: the same in every run with the same code.'),
    processor: z.string().nullable(),
    name: z.string(),
    message: z.string().describe('The newest message; numbers and quoted parts do not split a group.'),
    at_code: z.string().nullable().describe('The frame of your code that threw: `at parse (file:///…/steps.ts:4:9)`.'),
    count: CountSchema.describe('Failed tries, also those of which no sample was kept.'),
    final: CountSchema.describe('How many of them were final.'),
    first_at: MomentSchema,
    last_at: MomentSchema,
    per_second: z.number().min(0).describe('Failed tries a second, over the last minute.'),
    samples: CountSchema.describe('How many of them are kept with line and stack, at /api/v1/errors/{id}.'),
    line: z.string().describe('The newest line that failed this way.'),
    file: z.string().nullable(),
    line_number: CountSchema,
    trace_id: z.string()
  })
  .meta({ id: 'ErrorGroup' })
export type ErrorGroup = z.infer<typeof ErrorGroupSchema>

export const ErrorsSchema = z
  .object({
    recent_errors: z.array(z.string()).describe('The messages, oldest first.'),
    errors: z.array(ErrorEntrySchema).describe('The same errors with everything that is known, oldest first.'),
    groups: z.array(ErrorGroupSchema).describe('Errors of one kind in one processor, most frequent first.'),
    total_errors: CountSchema.describe('Failed tries since the start, shown or not.'),
    shed: CountSchema.describe(
      'Errors that came too fast to be kept each, with line and stack; groups count them still.'
    ),
    groups_forgotten: CountSchema.nullable().describe(
      'Groups that gave way to newer ones; null when nobody knows any more.'
    ),
    hint: z.string().optional().describe('Why there are no single errors, or no groups.')
  })
  .meta({ id: 'Errors' })
export type Errors = z.infer<typeof ErrorsSchema>
