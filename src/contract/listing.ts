// GET /api/v1: what there is.

import { z } from 'zod'

export const ListingSchema = z
  .object({
    paths: z.array(
      z.object({
        method: z.enum(['GET', 'POST']),
        path: z.string().describe('What stands in braces is to be filled in.'),
        summary: z.string()
      })
    ),
    openapi: z.string().describe('Where all of it is described for programs.'),
    docs: z.string().describe('Where it is described for people, to be tried.')
  })
  .meta({ id: 'Listing' })
export type Listing = z.infer<typeof ListingSchema>
