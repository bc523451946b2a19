// GET /trace

import { z } from 'zod'

import { CountSchema, HopOutcomeSchema, KeepReasonSchema, MomentSchema, OutcomeSchema, SecondsSchema } from './words.ts'

const TRIES = 'For kept journeys, else null.'

export const AttemptSchema = z
  .object({
    attempt: CountSchema.describe('1 for the first try.'),
    started_at: MomentSchema.nullable(),
    duration: SecondsSchema.nullable().describe('Null where it was timed together with others.'),
    error: z
      .object({ name: z.string(), message: z.string() })
      .nullable()
      .describe('What the try failed with; null for one that did not.')
  })
  .meta({ id: 'Attempt' })
export type Attempt = z.infer<typeof AttemptSchema>

export const EmissionSchema = z
  .object({
    tag: z.string().nullable().describe("The processor's own word; null where it has one way out or it is not known."),
    hop: CountSchema.nullable().describe('Index in `hops` of the visit that it led to; null when there was none.'),
    because: z.string().nullable().describe("Why, in the processor's own words."),
    value: z.string().nullable().describe('What was sent on; null when it is not known.'),
    value_is_cut: z.boolean(),
    was_changed: z.boolean().describe('It is not what the processor was given.')
  })
  .meta({ id: 'Emission' })
export type Emission = z.infer<typeof EmissionSchema>

export const HopSchema = z
  .object({
    processor: z.string().describe('Name of the processor or sink that was visited.'),
    parent: CountSchema.nullable().describe(
      'Index in `hops` of the visit that the line came from; null for the first.'
    ),
    tag: z
      .string()
      .nullable()
      .describe(
        'Tag under which the line came here, in the words of its sender; null when there is none or several lead here.'
      ),
    started_at: MomentSchema.nullable().describe(TRIES),
    duration: SecondsSchema.nullable().describe(
      'Inside the processor, all tries together. For kept journeys, else null.'
    ),
    is_estimated: z
      .boolean()
      .nullable()
      .describe('It was timed together with other lines. For kept journeys, else null.'),
    waited: SecondsSchema.nullable().describe('Of asynchronous processors: until the first try began. Else null.'),
    value: z.string().nullable().describe('The value on arrival, for kept journeys, else null.'),
    before: z.string().nullable().describe('The same as `value`.'),
    before_is_cut: z.boolean(),
    after: z.string().nullable().describe('The value of the first line that it sent on. For kept journeys, else null.'),
    after_is_cut: z.boolean(),
    emitted: z.array(EmissionSchema).nullable().describe('Lines sent on, in order. For kept journeys, else null.'),
    attempts: z.array(AttemptSchema).nullable().describe('Every try. For kept journeys, else null.'),
    outcome: HopOutcomeSchema,
    reason: z.string().nullable().describe('Why it was dropped, or what the last try failed with.')
  })
  .meta({ id: 'Hop' })
export type Hop = z.infer<typeof HopSchema>

export const LeafSchema = z
  .object({
    id: z.string().describe('Of the line instance: `0:1427`, and `0:1427.1` for what was forked from it.'),
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
    settled_at: MomentSchema.nullable().describe('Null while it is in flight.'),
    hops: z.array(HopSchema),
    leaves: z.array(LeafSchema).describe('One for each line instance that it became.'),
    leaves_are_cut: z.boolean().describe('It became more line instances than are kept.'),
    reasons: z
      .array(KeepReasonSchema)
      .nullable()
      .describe('Why its times and values are kept; null when they are not.'),
    weight: z
      .number()
      .min(1)
      .nullable()
      .describe('How many lines of its kind it stands for. For kept journeys, else null.'),
    hops_are_cut: z.boolean().describe('There was no room for the times and values of all hops.')
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
    hint: z.string().optional().describe('How to turn recording on, or why there are no more.'),
    traces: z.array(TraceSchema).describe('The same lines with everything that is known, oldest first.'),
    recorded: CountSchema.nullable().describe('Journeys written since the start; null when nobody knows any more.'),
    overwritten: CountSchema.nullable().describe('Journeys overwritten before anybody looked.'),
    dropped: CountSchema.nullable().describe('Journeys that found no room.'),
    kept: z
      .object({
        written: CountSchema.describe('Kept with times and values since the start.'),
        shed: CountSchema.describe('Of these, so many were lost because nobody took them over in time.'),
        forgotten: CountSchema.describe('And so many had to give way to newer ones.'),
        rules: z
          .array(
            z.object({
              reason: KeepReasonSchema,
              matched: CountSchema.describe('Journeys that it held for.'),
              kept: CountSchema.describe('Of these; the limits took the rest.')
            })
          )
          .describe('In the order in which limits are given away.')
      })
      .nullable()
      .describe('Journeys that are kept with times and values: see `journeys` in the pipeline file.')
  })
  .meta({ id: 'Traces' })
export type Traces = z.infer<typeof TracesSchema>
