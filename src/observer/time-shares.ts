// Where the time of the lanes went in a window: for each node four shares that add up to 1, and for the lanes as a whole
// who had them. Pure arithmetic on what counters grew by.

import { LANE, NODE, NODE_OFFSET, NODE_STRIDE, type RegionShape } from '../shared-memory/index.ts'

/** What counters grew by; indexes come from counters.ts. */
export interface Counted {
  of(index: number): number
}

/** Parts of the lanes' time; together 1, or all 0 while they had none. */
export interface NodeShares {
  readonly busy: number
  readonly waiting: number
  readonly blocked: number
  readonly idle: number
  /** Of the lanes' time: its code had the thread, or the lane had nothing to do but to wait for its calls. */
  readonly lane: number
  /** The part of `lane` that was waiting. */
  readonly awaited: number
}

export interface LaneShares {
  readonly nodes: readonly NodeShares[]
  readonly engine: number
  readonly input: number
  readonly commit: number
  readonly deadLetters: number
  readonly paused: number
  /** Of all lanes together. */
  readonly laneSeconds: number
}

const NANOSECONDS = 1e9

export function timeShares(counted: Counted, { processorCount, sinkCount }: RegionShape): LaneShares {
  const nodes = Array.from({ length: processorCount + sinkCount }, (_, node) => node)
  const of = (node: number, counter: keyof typeof NODE): number =>
    Math.max(0, counted.of(NODE_OFFSET + node * NODE_STRIDE + NODE[counter]))
  const lane = (counter: keyof typeof LANE): number => Math.max(0, counted.of(LANE[counter]))
  const lanes = lane('lane_nanos')
  const parts = [
    lane('engine_nanos'),
    lane('input_wait_nanos'),
    lane('commit_wait_nanos'),
    lane('letters_wait_nanos'),
    lane('pause_nanos'),
    ...nodes.map(node => of(node, 'busy_nanos') + of(node, 'awaited_nanos'))
  ]
  // A snapshot in the middle of a call may know of one part a moment earlier than of another.
  const whole = Math.max(sum(parts), Number.MIN_VALUE)
  const [engine, input, commit, deadLetters, paused] = parts.map(part => part / whole)
  return {
    nodes: nodes.map(node => ({
      ...stateShares(of(node, 'busy_nanos'), of(node, 'waiting_nanos'), of(node, 'blocked_nanos'), lanes),
      lane: parts[5 + node] / whole,
      awaited: of(node, 'awaited_nanos') / whole
    })),
    engine,
    input,
    commit,
    deadLetters,
    paused,
    laneSeconds: lanes / NANOSECONDS
  }
}

function stateShares(
  busy: number,
  waiting: number,
  blocked: number,
  lanes: number
): { busy: number; waiting: number; blocked: number; idle: number } {
  const whole = Math.max(lanes, busy + waiting + blocked)
  if (whole === 0) return { busy: 0, waiting: 0, blocked: 0, idle: 0 }
  const idle = (whole - busy - waiting - blocked) / whole
  return { busy: busy / whole, waiting: waiting / whole, blocked: blocked / whole, idle: Math.max(0, idle) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
