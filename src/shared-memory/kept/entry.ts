// What is kept of a journey that is worth keeping: why, for how many it stands, and every hop with its times and values.

import type { ReplayMark } from '../replay-mark.ts'

/** Why a journey is kept; the bit of each is its index. The order is that in which limits are given away. */
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
export type KeepReason = (typeof KEEP_REASONS)[number]

/** Tags that are no index among those that a processor declares. */
export const TAG = {
  /** Of a processor with one way out. */
  none: -1,
  /** `on_error: { to }` sent the line on. */
  onError: -2,
  /** One that the processor did not declare: its text is told. */
  undeclared: -3
} as const

/** One try of a processor. */
export interface KeptAttempt {
  /** 1 for the first. */
  readonly attempt: number
  /** Since the region's origin; undefined where nobody looked at the clock. */
  readonly startedAtMilliseconds: number | undefined
  readonly milliseconds: number | undefined
  /** Undefined for a try that did not fail. */
  readonly error: { readonly name: string; readonly message: string } | undefined
}

/** One line that a hop sent on. */
export interface KeptEmission<Text> {
  /** Index among the tags that the processor declares, or one of TAG. */
  readonly tag: number
  readonly undeclaredTag: Text | undefined
  /** Why, in the processor's own words. */
  readonly because: Text | undefined
  /** Index of the hop that it led to; −1 for none. */
  readonly child: number
  /** False: what the processor was given went on as it was. */
  readonly isChanged: boolean
  /** Of a changed one; undefined where it is not known or there was no room. */
  readonly value: Text | undefined
}

/** A visit of a processor or sink. Hops stand depth first, as the leaves of the journey tell them. */
export interface KeptHop<Text> {
  readonly node: number
  readonly startedAtMilliseconds: number | undefined
  /** Inside the processor, all tries together. */
  readonly serviceMilliseconds: number | undefined
  /** Of an asynchronous one: from its arrival to its first call. */
  readonly waitedMilliseconds: number | undefined
  /** It was timed together with others. */
  readonly isEstimated: boolean
  /** Of the first hop and of those whose value is not that of an emission. */
  readonly before: Text | undefined
  readonly attempts: readonly KeptAttempt[]
  readonly emissions: readonly KeptEmission<Text>[]
}

interface KeptPlace {
  readonly sourceNumber: number
  /** Byte offset of the line in its source. */
  readonly offset: number
  readonly lineNumber: number
  readonly replay?: ReplayMark
  /** Since the region's origin. */
  readonly readAtMilliseconds: number
  readonly settledAtMilliseconds: number
  /** Bits of KEEP_REASONS. */
  readonly reasons: number
  /** How many lines of its kind it stands for. */
  readonly weight: number
  /** Raw bytes, without the line end. */
  readonly text: Uint8Array
  readonly fullLength: number
  /** As in a journey. */
  readonly leaves: readonly { readonly path: number; readonly code: number; readonly forkDepth: number }[]
  readonly leafCount: number
}

export interface KeptEntry extends KeptPlace {
  readonly hops: readonly KeptHop<string>[]
}

export interface KeptText {
  readonly text: string
  readonly isCut: boolean
}

export interface KeptRecord extends KeptPlace {
  readonly epoch: number
  /** Number of the record among all of this region; unique with the epoch. */
  readonly sequence: number
  readonly isCut: boolean
  readonly hops: readonly KeptHop<KeptText>[]
  /** There was no room for all hops, emissions or tries. */
  readonly areHopsCut: boolean
}
