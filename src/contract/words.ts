// The words of the API, each once: states and outcomes.

import { z } from 'zod'

/** What became of a line, in the order in which a forked line's outcome is decided: the first that holds wins. */
export const OUTCOMES = ['in_flight', 'dead', 'unmatched', 'delivered', 'dropped', 'joined'] as const
export const OutcomeSchema = z.enum(OUTCOMES).meta({ id: 'Outcome' })
export type Outcome = z.infer<typeof OutcomeSchema>

/** What became of a line at one visit. */
export const HOP_OUTCOMES = [
  'emitted',
  'failed',
  'delivered',
  'dropped',
  'dead',
  'unmatched',
  'joined',
  'waiting'
] as const
export const HopOutcomeSchema = z
  .enum(HOP_OUTCOMES)
  .describe('`failed`: its error sent the line on (on_error). `waiting`: it is there now.')
  .meta({ id: 'HopOutcome' })
export type HopOutcome = z.infer<typeof HopOutcomeSchema>

/** Why a journey is kept with times and values. */
export const KEEP_REASONS = [
  'forced',
  'dead',
  'unmatched',
  'errored',
  'retried',
  'slow',
  'rare',
  'forked',
  'hops',
  'loop',
  'dropped',
  'baseline'
] as const
export const KeepReasonSchema = z.enum(KEEP_REASONS).meta({ id: 'KeepReason' })
export type KeepReason = z.infer<typeof KeepReasonSchema>

export const RUN_STATES = ['starting', 'running', 'paused', 'stopping', 'finished', 'failed'] as const
export const RunStateSchema = z.enum(RUN_STATES).meta({ id: 'RunState' })
export type RunState = z.infer<typeof RunStateSchema>

/** A lane may also be idle: it waits for lines. */
export const LANE_STATES = ['starting', 'running', 'idle', 'paused', 'stopping', 'finished', 'failed'] as const
export const LaneStateSchema = z.enum(LANE_STATES).meta({ id: 'LaneState' })
export type LaneState = z.infer<typeof LaneStateSchema>

/** A count of lines, bytes or events: exact up to 2^53. */
export const CountSchema = z.number().int().min(0)
/** A span of time in seconds. */
export const SecondsSchema = z.number().min(0)
/** A moment as ISO 8601 in UTC, with milliseconds. */
export const MomentSchema = z.iso.datetime()
