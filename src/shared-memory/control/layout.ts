// Words by which main steers a lane and a lane shows that it lives.
//
//   0                       32
//   +-----------------------+-----------------------------------------------------------+
//   | EPOCH STOP PAUSE WAKE | STATE HEARTBEAT CALL | NODE SINCE (even) | NODE SINCE (odd) |
//   +-----------------------+-----------------------------------------------------------+
//     written by main         written by the lane, by main only after the lane's exit
//
// Progress is a sequence with two slots: a call fills the slot of its parity, then stores CALL. The slot of the
// current call is not written before the next one is in CALL; so a reader that sees the same CALL before and after
// has the pair of that call, and a lane that dies leaves a whole one.

import { alignWords } from '../cells.ts'

export const EPOCH = 0
export const STOP = 1
export const PAUSE = 2
export const WAKE = 3

const LANE_WORDS = alignWords(4)
export const STATE = LANE_WORDS
export const HEARTBEAT = LANE_WORDS + 1
export const CALL = LANE_WORDS + 2
const PROGRESS = LANE_WORDS + 4

export const CONTROL_WORDS: number = alignWords(LANE_WORDS + 8)

export const LANE_STATES = ['starting', 'running', 'idle', 'paused', 'stopping', 'finished', 'failed'] as const
export type LaneState = (typeof LANE_STATES)[number]

export const STOP_LEVELS = ['none', 'drain', 'now'] as const
/** `drain`: settle what is open, then leave. `now`: leave after the current call. */
export type StopRequest = (typeof STOP_LEVELS)[number]

/** Node of progress while the lane is in the engine. */
export const IN_ENGINE = -1

export function nodeWord(call: number): number {
  return PROGRESS + (call & 1) * 2
}

export function sinceWord(call: number): number {
  return PROGRESS + (call & 1) * 2 + 1
}
