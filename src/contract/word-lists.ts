// The words of the API as plain lists, for threads that check nothing and need no library for it: see words.ts.

/** What became of a line, in the order in which a forked line's outcome is decided: the first that holds wins. */
export const OUTCOMES = ['in_flight', 'dead', 'unmatched', 'delivered', 'dropped', 'joined'] as const

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

/** `crashed`: it is over and has not said how: it was killed, or the machine went down. */
export const RUN_STATES = ['starting', 'running', 'paused', 'stopping', 'finished', 'failed', 'crashed'] as const

/** A lane may also be idle: it waits for lines. */
export const LANE_STATES = ['starting', 'running', 'idle', 'paused', 'stopping', 'finished', 'failed'] as const
