// GET /api/v1/tap: live lines at one processor or sink.

import { z } from 'zod'

import { CountSchema, MomentSchema } from './words.ts'

export const TAP_LIMITS = {
  lines: { byDefault: 100, most: 10_000 },
  linesPerSecond: { byDefault: 10, most: 1_000 },
  seconds: { byDefault: 60, most: 3_600 }
} as const

export const TapQuerySchema = z.object({
  at: z.string().describe('Name of the processor or sink.'),
  text: z.string().optional().describe('Only lines that hold this text when they come there.'),
  lines: z.number().optional().describe(`Ends after so many; ${TAP_LIMITS.lines.byDefault} by default.`),
  lines_per_second: z
    .number()
    .optional()
    .describe(`Shows at most so many; ${TAP_LIMITS.linesPerSecond.byDefault} by default.`),
  seconds: z.number().optional().describe(`Ends after so many seconds; ${TAP_LIMITS.seconds.byDefault} by default.`)
})

/** What came of a line at a processor, in one word. */
export const TAP_CHANGES = ['unmodified', 'modified', 'split', 'delivered', 'dropped', 'dead', 'unmatched'] as const

export const TapLineSchema = z
  .object({
    id: z.string().describe('Of the line that entered.'),
    file: z.string(),
    line_number: CountSchema,
    at: MomentSchema.describe('When it came there.'),
    before: z.string().describe('What the processor or sink was given; a record as JSON.'),
    before_is_cut: z.boolean(),
    is_record: z.boolean(),
    change: z.enum(TAP_CHANGES),
    reason: z.string().nullable().describe('Why it was dropped, what failed, or the tag that nothing is named after.'),
    failed_attempts: CountSchema,
    after: z.array(
      z.object({
        to: z.string().describe('The processor or sink that got it.'),
        value: z.string(),
        is_cut: z.boolean(),
        is_record: z.boolean(),
        is_changed: z.boolean()
      })
    )
  })
  .meta({ id: 'TapLine' })
export type TapLine = z.infer<typeof TapLineSchema>

export const TapCountsSchema = z
  .object({
    shown: CountSchema,
    matching: CountSchema.describe('About so many lines were wanted: estimated where not all were looked at.'),
    seen: CountSchema.describe('Lines that came there.'),
    looked_at: CountSchema.describe('Those among them that there was time to look at.'),
    lost: CountSchema.describe('Lines that the reader was too slow for.')
  })
  .meta({ id: 'TapCounts' })
export type TapCounts = z.infer<typeof TapCountsSchema>

/** As numbers, clamped; `at` is any text. */
export interface TapRequest {
  readonly at: string
  readonly text: string | undefined
  readonly lines: number
  readonly linesPerSecond: number
  readonly seconds: number
}

export interface TapListener {
  /** False: the reader has no room for it. */
  line(line: TapLine): boolean
  counts(counts: TapCounts): void
  end(reason: string): void
}

/** Returns what ends it, or why there is no tap. */
export type OpenTap = (
  request: TapRequest,
  listener: TapListener
) => (() => void) | { readonly status: number; readonly error: string; readonly message: string }
