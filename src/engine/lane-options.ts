// What a lane is told at its start, and what it says at its end.

import type { Caution } from './caution.ts'
import type { InputListener } from './line-framer.ts'
import type { ReplayInlet } from './replay-line.ts'

export type LaneEnd =
  /** The source ended, or `maxLines` were read. */
  | { readonly reason: 'end' }
  | { readonly reason: 'stopped' }
  /** The reader of a sink's pipe has gone. */
  | { readonly reason: 'sink_closed'; readonly message: string }
  /** A processor failed whose `on_error` is `stop`. */
  | { readonly reason: 'stop_on_error'; readonly message: string }
  /** A source or sink failed. */
  | { readonly reason: 'failed'; readonly message: string }

export interface LaneOptions {
  readonly inputs?: InputListener
  /** Somebody commits: the lane waits while more than this has been written since. Without it nobody does. */
  readonly uncommittedBytes?: number | undefined
  /** What a predecessor died with. */
  readonly caution?: Caution | undefined
  /** Dead letters go in between two batches of the input, while it has none, and behind its end. */
  readonly replays?: ReplayInlet | undefined
}
