// GET /trace

import { z } from 'zod'

import { CountSchema, MomentSchema, OutcomeSchema, SecondsSchema } from './words.ts'

export const HopSchema = z
  .object({
    processor: z.string().describe('Name of the processor or sink that was visited.'),
    parent: CountSchema.nullable().describe(
      'Index in `hops` of the visit that the line came from; null for the first.'
    ),
    started_at: MomentSchema.nullable().describe('For kept journeys, else null.'),
    duration: SecondsSchema.nullable().describe('For kept journeys, else null.'),
    value: z.string().nullable().describe('The value on arrival, for kept journeys, else null.')
  })
  .meta({ id: 'Hop' })
export type Hop = z.infer<typeof HopSchema>

export const LeafSchema = z
  .object({
    hop: CountSchema.nullable().describe('Index in `hops` of the last visit; null when nothing was visited.'),
    outcome: OutcomeSchema,
    reason: z.string().nullable().describe('Why it was dropped.')
  })
  .meta({ id: 'Leaf' })
export type Leaf = z.infer<typeof LeafSchema>

export const TraceSchema = z
  .object({
    id: z.string().describe('Source number and byte offset: `0:1427`; of a replayed line `r<job>.<n>`.'),
    replay_of: z.string().nullable().describe('Id of the dead letter that was replayed; null for all other lines.'),
    line: z.string().describe('The text that entered; bytes that are not UTF-8 show as U+FFFD.'),
    line_bytes: CountSchema.describe('Length of the whole line in bytes, without its line end.'),
    line_is_cut: z.boolean().describe('Only the beginning of the line is in `line`.'),
    file: z.string().nullable().describe('The source as the user named it.'),
    line_number: CountSchema.describe('In its source, from 1.'),
    path: z.array(z.string()).describe('All visits, depth first.'),
    route: z.string().describe('The visits as one text, as in `recent_traces`.'),
    outcome: OutcomeSchema.describe(
      'Of a forked line: the first that holds of in_flight, dead, unmatched, delivered, dropped.'
    ),
    reason: z.string().nullable().describe('Why it was dropped.'),
    was_changed: z.boolean().describe('A processor emitted something else than it got.'),
    had_errors: z.boolean().describe('At least one try of a processor failed.'),
    read_at: MomentSchema,
    settled_at: MomentSchema,
    hops: z.array(HopSchema),
    leaves: z.array(LeafSchema).describe('One for each line instance that it became.'),
    leaves_are_cut: z.boolean().describe('It became more line instances than are kept.')
  })
  .meta({ id: 'Trace' })
export type Trace = z.infer<typeof TraceSchema>

export const TracesSchema = z
  .object({
    recent_traces: z
      .array(z.string())
      .describe(
        'One text for each line, oldest first: `start > warn > end`; a forked one `start > (a > end | b > end)`.'
      ),
    tracing: z.boolean().describe('Whether the run records journeys.'),
    hint: z.string().optional().describe('How to turn recording on.'),
    traces: z.array(TraceSchema).describe('The same lines with everything that is known, oldest first.'),
    recorded: CountSchema.describe('Journeys written since the start.'),
    overwritten: CountSchema.describe('Journeys overwritten before anybody looked.'),
    dropped: CountSchema.describe('Journeys that found no room.')
  })
  .meta({ id: 'Traces' })
export type Traces = z.infer<typeof TracesSchema>
