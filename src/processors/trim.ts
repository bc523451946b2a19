// Takes white space (that of Unicode, and the byte order mark) from both ends of the text.

import { defineProcessor } from '../sdk/index.ts'

export const trim = defineProcessor({
  name: 'trim',
  summary: 'Takes white space from both ends of the text.',
  create: () => line => line.trim()
})
