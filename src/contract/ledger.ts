// The equation that says no line is missing.

import { z } from 'zod'

import { CountSchema } from './words.ts'

export const LedgerSchema = z
  .object({
    entered: CountSchema.describe('Lines read from the sources.'),
    replayed: CountSchema.describe('Lines that entered again from the dead letters.'),
    forked: CountSchema.describe('A call that emits k lines adds k − 1.'),
    delivered: CountSchema,
    dropped: CountSchema,
    dead: CountSchema,
    unmatched: CountSchema,
    joined: CountSchema,
    in_flight: CountSchema.describe('Counted from what is held, never as the difference.'),
    unaccounted: z
      .number()
      .int()
      .describe(
        'entered + replayed + forked − (delivered + dropped + dead + unmatched + joined + in_flight). Anything but 0 is a fault of Linescope.'
      )
  })
  .meta({ id: 'Ledger' })

export type Ledger = z.infer<typeof LedgerSchema>
