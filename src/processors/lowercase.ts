// Writes text in lower case, by the rules of Unicode and of no language in particular (`İ` becomes `i̇`).

import { defineProcessor } from '../sdk/index.ts'

export const lowercase = defineProcessor({
  name: 'lowercase',
  summary: 'Writes the text in lower case.',
  create: () => line => line.toLowerCase()
})
