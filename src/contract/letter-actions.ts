// /api/v1/dead-letters: discarding and exporting dead letters, and trying what a replay would do with them.

import { z } from 'zod'

import { LetterFilterSchema, RefusedSchema, type ReplayRequest } from './replay.ts'
import { OUTCOMES } from './word-lists.ts'
import { CountSchema, MomentSchema } from './words.ts'

/** Letters that a trial takes when nothing says how many, and at most. */
export const TRIED_LETTERS = { byDefault: 20, most: 1_000 } as const

const DamagedSchema = CountSchema.describe('Places of the log that cannot be read: `linescope verify` names them.')

export const DiscardRequestSchema = z
  .strictObject({
    select: LetterFilterSchema,
    dry_run: z.boolean().default(false).describe('Only count them.')
  })
  .meta({ id: 'DiscardRequest' })
export type DiscardRequest = z.infer<typeof DiscardRequestSchema>

export const DiscardedSchema = z
  .object({
    matching: CountSchema.describe('Dead letters that match.'),
    discarded: CountSchema.describe('They are shown no more, and cannot be replayed.'),
    segments_deleted: CountSchema.describe('Files of the log that held nothing else.'),
    damaged: DamagedSchema
  })
  .meta({ id: 'Discarded' })
export type Discarded = z.infer<typeof DiscardedSchema>

export const ExportRequestSchema = z
  .strictObject({
    select: LetterFilterSchema,
    format: z
      .enum(['json', 'lines'])
      .default('json')
      .describe(
        '`json`: one object a line, with everything that is kept. `lines`: the bytes of the lines as they came.'
      )
  })
  .meta({ id: 'ExportRequest' })
export type ExportRequest = z.infer<typeof ExportRequestSchema>

const WaySchema = z.object({
  path: z.array(z.string()),
  outcome: z.enum(OUTCOMES),
  reason: z.string().nullable(),
  values: z.array(z.unknown()).describe('What each processor or sink of the path was given.')
})

export const TriedSchema = z
  .object({
    number: CountSchema.nullable().describe('Of the letter in the log; null when damage made it unknown.'),
    id: z.string(),
    before: z.object({
      path: z.array(z.string()),
      outcome: z.enum(['dead', 'unmatched']),
      error: z.string(),
      value: z.unknown().describe('The value before the step, where it was not the line itself.')
    }),
    refused: z.string().nullable().describe('Why it could not go in.'),
    now: z.array(WaySchema).describe('Where it would go; a forked line has several ways.')
  })
  .meta({ id: 'TriedLetter' })
export type Tried = z.infer<typeof TriedSchema>

export const TrialAnswerSchema = z
  .object({
    at: MomentSchema,
    matching: CountSchema.describe('Letters that were tried: those that match, up to the limit.'),
    replayed_before: CountSchema.describe('Letters that match and were replayed before; only `force` takes them.'),
    is_limited: z.boolean().describe('There may be more: `select.limit` says how many are tried.'),
    refused: z.array(RefusedSchema),
    damaged: DamagedSchema,
    letters: z.array(TriedSchema).describe('In the order of the log. Nothing was written anywhere.')
  })
  .meta({ id: 'ReplayTrial' })
export type TrialAnswer = z.infer<typeof TrialAnswerSchema>

/** What a thread of its own answers, so that neither a big log nor a processor that hangs keeps anybody waiting. */
export type LettersQuestion =
  | { readonly ask: 'discard'; readonly request: DiscardRequest }
  | { readonly ask: 'export'; readonly request: ExportRequest }
  | { readonly ask: 'try'; readonly request: ReplayRequest }

export interface LettersAnswer {
  /** Of HTTP. */
  readonly status: number
  readonly body: object | AsyncIterable<Uint8Array>
}
