// Lines that enter from the dead letters instead of a source.

import type { LineValue } from '../sdk/line.ts'
import type { ReplayMark } from '../shared-memory/index.ts'
import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import type { ReplayOutcome } from '../state/replay/outcome.ts'

/** Where a letter goes in, and with what. */
export interface ReplayEntry {
  /** Processor, or the sink that had refused it. */
  readonly node: number
  readonly value: LineValue
  /** False: the value is the text of the original line, whose bytes are the line's. */
  readonly isChanged: boolean
}

export interface ReplayLine {
  readonly letter: DeadLetter
  readonly entry: ReplayEntry
  readonly mark: ReplayMark
}

/** Lines of one batch. */
export interface ReplayLines {
  readonly lines: readonly ReplayLine[]
  /** What became of the first of them, in order; of the others nothing is known. Called at the instant they are counted. */
  settled(outcomes: readonly ReplayOutcome[]): void
  /** `on_error: stop` ends the replay, not the run: the letter that did it would stop each start of the run, too. */
  stop(reason: string): void
}

/** Where a lane gets letters from. */
export interface ReplayInlet {
  /** The next ones, at most so many; undefined while none may go in. */
  take(maxLines: number): ReplayLines | undefined
  /** The end of the input waits for it. */
  readonly isBusy: boolean
  /** Called when `take` may have something again. */
  onDue: (() => void) | undefined
  /** The lane has ended. */
  close(): void
}

export function replayId({ job, index }: ReplayMark): string {
  return `r${job}.${index}`
}
