// Lets the lines pass for which a condition holds; the others are dropped with the reason `filtered`.

import { z } from 'zod'

import { compileCondition, conditionWarnings, defineProcessor, option } from '../sdk/index.ts'

export const filter = defineProcessor({
  name: 'filter',
  summary: 'Keeps the lines for which a condition holds and drops the others.',
  options: z.strictObject({ when: option.condition({ description: 'Which lines to keep.' }) }),
  accepts: 'any',
  warnings: ({ when }) => conditionWarnings(when),

  create: ({ when }) => {
    const holds = compileCondition(when)
    return (line, context) => (holds(line, context) ? line : undefined)
  }
})
