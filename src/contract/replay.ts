// /api/v1/replay: letting dead letters go through the pipeline again.

import { z } from 'zod'

import { CountSchema, MomentSchema } from './words.ts'

export const REPLAY_STATES = ['running', 'paused', 'stopped', 'done', 'cancelled'] as const

/** What a person might type; each of it in a list of at most so many. */
const Texts = z.array(z.string().max(1024)).max(10_000)

/** A value inside the pipeline: text, or a record of JSON values. */
const ValueSchema = z.union([z.string(), z.looseObject({}), z.array(z.unknown())])

export const LetterFilterSchema = z
  .strictObject({
    all: z.literal(true).optional().describe('Every dead letter. Needed when nothing else is given.'),
    ids: Texts.optional().describe('Numbers in the log, or ids: `17`, `0:1427`.'),
    processors: Texts.optional().describe('Names of the processors or sinks that failed.'),
    tags: Texts.optional().describe('Tags under which the lines came, or that nothing was named after.'),
    kind: z.enum(['dead', 'unmatched']).optional(),
    error: z.string().max(1024).optional().describe('A text that the error holds, or `/a regular expression/`.'),
    text: z.string().max(1024).optional().describe('The same in the line or the value.'),
    since: MomentSchema.optional().describe('From this moment on.'),
    until: MomentSchema.optional().describe('Before this moment.'),
    limit: z.number().int().min(1).optional().describe('At most so many, oldest first.')
  })
  .meta({ id: 'LetterFilter' })
export type LetterFilter = z.infer<typeof LetterFilterSchema>

export const ReplayRequestSchema = z
  .strictObject({
    select: LetterFilterSchema,
    from: z
      .enum(['step', 'start'])
      .default('step')
      .describe(
        '`step`: at the processor that failed, with the value from before it. `start`: the original line, from its beginning.'
      ),
    value: ValueSchema.optional().describe('Goes in instead of the value that was kept.'),
    set: z
      .array(z.strictObject({ name: z.string(), value: z.unknown() }))
      .max(100)
      .optional()
      .describe('Fields of a record to set.'),
    edits: z
      .array(z.strictObject({ id: z.string().describe('Number or id of the letter.'), value: ValueSchema }))
      .max(100_000)
      .optional()
      .describe('Values of single letters.'),
    lines_per_second: z.number().positive().max(1e9).optional().describe('At most. Without it as fast as lines go.'),
    stop_at_errors: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('Stop when more than so many percent of the lines fail again; looked at from 20 lines on.'),
    name: z.string().min(1).max(100).optional(),
    by: z.string().min(1).max(100).optional().describe('Who asks for it, for the record.'),
    force: z.boolean().default(false).describe('Also letters that were replayed before.'),
    key: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('Asking again with the same key makes no second replay: it answers with the first one.')
  })
  .meta({ id: 'ReplayRequest' })
export type ReplayRequest = z.infer<typeof ReplayRequestSchema>

export const ReplayChangeSchema = z
  .strictObject({
    lines_per_second: z.number().positive().max(1e9).nullable().optional().describe('A new limit; null for none.')
  })
  .meta({ id: 'ReplayChange' })

export const RefusedSchema = z
  .object({ outcome: z.string(), reason: z.string(), count: CountSchema })
  .meta({ id: 'Refused' })

export const ReplayPreviewSchema = z
  .object({
    selected: CountSchema.describe('Dead letters that would be replayed, the refused ones included.'),
    refused: z.array(RefusedSchema).describe('Letters that could not go in now. They stay in the dead letters.'),
    same_line: CountSchema.describe('With from start: letters of a line that another letter stands for already.'),
    replayed_before: CountSchema.describe('Letters that match and were replayed before; only `force` takes them.'),
    config_changed: CountSchema.describe('Letters that failed under another configuration than the present one.')
  })
  .meta({ id: 'ReplayPreview' })
export type ReplayPreview = z.infer<typeof ReplayPreviewSchema>

export const ReplaySchema = z
  .object({
    replay: CountSchema.describe('Its number: its lines are `r<number>.1`, `r<number>.2`, …'),
    name: z.string(),
    state: z.enum(REPLAY_STATES).describe('`stopped`: by itself; it can go on, as one that is paused can.'),
    reason: z.string().nullable().describe('Why it was stopped or cancelled.'),
    selection: z.string().describe('Which letters, as the command line would say it.'),
    from: z.enum(['step', 'start']),
    is_edited: z.boolean(),
    is_forced: z.boolean(),
    by: z.string(),
    created_at: MomentSchema,
    ended_at: MomentSchema.nullable(),
    lines_per_second: z.number().nullable(),
    stop_at_errors: z.number().nullable().describe('In percent.'),
    config_hashes: z.array(z.string()).describe('Of the pipeline that it went through; several when it was changed.'),
    total: CountSchema.describe('Letters in it.'),
    done: CountSchema.describe('Letters whose outcome is known and durable.'),
    delivered: CountSchema,
    dropped: CountSchema,
    dead: CountSchema.describe('Failed again: each is a new dead letter.'),
    unmatched: CountSchema,
    same_line: CountSchema,
    refused: z.array(RefusedSchema).describe('Nothing was done with them: they stay in the dead letters.')
  })
  .meta({ id: 'Replay' })
export type Replay = z.infer<typeof ReplaySchema>

export const ReplaysSchema = z.object({ replays: z.array(ReplaySchema).describe('Oldest first.') }).meta({
  id: 'Replays'
})

/** Questions about replays, as the dashboard passes them on to who can answer them. */
export type ReplayQuestion =
  | { readonly ask: 'list' }
  | { readonly ask: 'show'; readonly replay: number }
  | { readonly ask: 'preview'; readonly request: ReplayRequest }
  | { readonly ask: 'start'; readonly request: ReplayRequest }
  | { readonly ask: 'pause' | 'cancel'; readonly replay: number }
  | { readonly ask: 'resume'; readonly replay: number; readonly linesPerSecond: number | null | undefined }

export interface ReplayAnswer {
  /** Of HTTP. */
  readonly status: number
  readonly body: object
}
