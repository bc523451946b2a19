// Words by which main steers a lane and a lane shows that it lives.
//
//   0                       32
//   +-----------------------+------------------------------------------------------------------+
//   | EPOCH STOP PAUSE WAKE | STATE HEARTBEAT CALL | slot of even calls | slot of odd calls      |
//   +-----------------------+------------------------------------------------------------------+
//     written by main         written by the lane, by main only after the lane's exit
//
//   slot: | NODE | SINCE | SOURCE | OFFSET ×2 | LINE ×2 | LENGTH | ITEM |
//
// Progress is a sequence with two slots: a call fills the slot of its parity, then stores CALL. The slot of the
// current call is not written before the next one is in CALL; so a reader that sees the same CALL before and after
// has the words of that call, and a lane that dies leaves a whole slot.

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
const PROGRESS_WORDS = 10

export const CONTROL_WORDS: number = alignWords(PROGRESS + 2 * PROGRESS_WORDS)

/** Words of a slot. */
export const NODE_WORD = 0
export const SINCE_WORD = 1
export const SOURCE_WORD = 2
/** Two words: low, high. */
export const OFFSET_WORD = 3
/** Two words: low, high. */
export const LINE_WORD = 5
export const LENGTH_WORD = 7
export const ITEM_WORD = 8

export const LANE_STATES = ['starting', 'running', 'idle', 'paused', 'stopping', 'finished', 'failed'] as const
export type LaneState = (typeof LANE_STATES)[number]

export const STOP_LEVELS = ['none', 'drain', 'now'] as const
/** `drain`: settle what is open, then leave. `now`: leave after the current call. */
export type StopRequest = (typeof STOP_LEVELS)[number]

/** Node of progress while the lane is in the engine. */
export const IN_ENGINE = -1
/** The lane waits in its event loop: code of processors may run there that belongs to no call under way. */
export const IN_EVENT_LOOP = -2

/** Items of progress that are no item's number. */
export const ALL_ITEMS = -1
/** One of the lines that a line was forked into, in a batch of several: alone it would have another number. */
export const SOME_FORK = -2

export function slotOf(call: number): number {
  return PROGRESS + (call & 1) * PROGRESS_WORDS
}
