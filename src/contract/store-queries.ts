// What the routes that ask the store take in their queries.

import { z } from 'zod'

import { LimitQuerySchema } from './limit.ts'
import { MomentSchema } from './words.ts'

const From = MomentSchema.optional().describe('From this moment on: ISO 8601, or milliseconds since 1970.')
const To = MomentSchema.optional().describe('Before this moment.')

export const HistoryQuerySchema = z.object({
  from: From,
  to: To,
  step: z
    .enum(['1', '10', '60'])
    .optional()
    .describe('Seconds. By default the finest that reaches back to `from`; without `from`, 1.'),
  node: z.string().optional().describe('Name of a processor or sink, for its own numbers.')
})

export const DeadLettersQuerySchema = LimitQuerySchema.extend({
  processor: z.string().optional().describe('Only what failed in this processor or sink.'),
  code: z.string().optional().describe('Only errors with this code.'),
  text: z.string().optional().describe('Only where the line or the message holds this text, as they are shown.'),
  from: From,
  to: To,
  before: z.string().optional().describe('`before` of the last answer, for older ones.')
})
