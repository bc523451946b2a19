// Every refusal and every failure has this form; a stack trace is never in it.

import { z } from 'zod'

export const ProblemSchema = z
  .object({
    error: z.string().describe('What kind of problem it is, for programs: `not_found`, `host_refused`, …'),
    message: z.string().describe('What is wrong and what to do, for people.'),
    paths: z.array(z.string()).optional().describe('With `not_found`: what there is.')
  })
  .meta({ id: 'Problem' })

export type Problem = z.infer<typeof ProblemSchema>
