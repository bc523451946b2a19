// Fails on the lines for which a condition holds and passes the others on. To see what a pipeline does with errors:
// retries, dead letters, `on_error`.

import { z } from 'zod'

import { compileCondition, conditionWarnings, defineProcessor, option } from '../sdk/index.ts'

export const fail = defineProcessor({
  name: 'fail',
  summary: 'Fails on the lines for which a condition holds, to try out what happens then.',
  options: z.strictObject({
    when: option.condition({ description: 'Which lines to fail on; without it, all.' }).optional(),
    message: option.text({
      minLength: 1,
      default: 'Failed on purpose',
      description: 'Message of the error.'
    }),
    times: option
      .integer({ min: 1, description: 'Fail only the first so many attempts of a line; without it, every one.' })
      .optional()
  }),
  accepts: 'any',
  warnings: ({ when }) => (when === undefined ? [] : conditionWarnings(when)),

  create: ({ when, message, times = Number.POSITIVE_INFINITY }) => {
    const holds = when === undefined ? () => true : compileCondition(when)
    return (line, context) => {
      if (holds(line, context) && context.attempt <= times) throw new Error(message)
      return line
    }
  }
})
