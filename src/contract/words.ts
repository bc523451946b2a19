// The words of the API, each once: states and outcomes.

import { z } from 'zod'

import { HOP_OUTCOMES, KEEP_REASONS, LANE_STATES, OUTCOMES, RUN_STATES } from './word-lists.ts'

export const OutcomeSchema = z.enum(OUTCOMES).meta({ id: 'Outcome' })
export type Outcome = z.infer<typeof OutcomeSchema>

export const HopOutcomeSchema = z
  .enum(HOP_OUTCOMES)
  .describe('`failed`: its error sent the line on (on_error). `waiting`: it is there now.')
  .meta({ id: 'HopOutcome' })
export type HopOutcome = z.infer<typeof HopOutcomeSchema>

export const KeepReasonSchema = z.enum(KEEP_REASONS).meta({ id: 'KeepReason' })
export type KeepReason = z.infer<typeof KeepReasonSchema>

export const RunStateSchema = z.enum(RUN_STATES).meta({ id: 'RunState' })
export type RunState = z.infer<typeof RunStateSchema>

export const LaneStateSchema = z.enum(LANE_STATES).meta({ id: 'LaneState' })
export type LaneState = z.infer<typeof LaneStateSchema>

/** A count of lines, bytes or events: exact up to 2^53. */
export const CountSchema = z.number().int().min(0)
/** A span of time in seconds. */
export const SecondsSchema = z.number().min(0)
/** A moment as ISO 8601 in UTC, with milliseconds. */
export const MomentSchema = z.iso.datetime()
