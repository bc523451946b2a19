// The `?limit=` of the lists.

import { z } from 'zod'

export const DEFAULT_LIMIT = 100
export const MAXIMUM_LIMIT = 1000

export const LimitQuerySchema = z.object({
  limit: z
    .number()
    .int()
    .min(1)
    .max(MAXIMUM_LIMIT)
    .default(DEFAULT_LIMIT)
    .describe('The newest N; values outside of 1 to 1000 are clamped.')
})

/**
 * Any text is taken: what is not a number gives the default, what is out of range is clamped, a fraction is cut off.
 * Of several the last counts.
 */
export function clampLimit(given: unknown): number {
  const text = String((Array.isArray(given) ? given.at(-1) : given) ?? '').trim()
  const number = text === '' ? Number.NaN : Number(text)
  if (Number.isNaN(number)) return DEFAULT_LIMIT
  return Math.min(MAXIMUM_LIMIT, Math.max(1, Math.trunc(number)))
}
