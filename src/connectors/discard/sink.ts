// Takes every line and keeps none: for measuring, and for pipelines whose numbers are the result.

import { z } from 'zod'

import { defineSink } from '../../sdk/sink.ts'

export const discardSink = defineSink({
  name: 'discard',
  summary: 'Takes lines and keeps none.',
  options: z.strictObject({}),
  open: () => ({ length: undefined, write() {}, close() {} })
})
