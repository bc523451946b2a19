// Where the line of an item came from: of a replay, where it came from at first.

import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import { parseLineId } from '../state/replay/job.ts'
import type { Batch } from './batch.ts'

interface LinePlace {
  readonly sourceNumber: number
  /** Byte offset of the line in its source. */
  readonly offset: number
  readonly lineNumber: number
}

export function placeOfItem(batch: Batch, item: number): LinePlace {
  const letter = batch.replayLineOf(item)?.letter
  if (letter !== undefined) {
    const { offset, lineNumber } = letter
    return { sourceNumber: sourceNumberOf(letter), offset, lineNumber }
  }
  const line = batch.rootOf(item)
  return {
    sourceNumber: batch.input.sourceNumber,
    offset: batch.offset + batch.starts[line] - batch.starts[0],
    lineNumber: batch.firstLineNumber + line
  }
}

/** Number of the input that a letter came from, where the lane knows it; else -1. */
export function sourceNumberOf({ id, replayOf }: Pick<DeadLetter, 'id' | 'replayOf'>): number {
  const source = parseLineId(id)?.source ?? -1
  return source >= 0 ? source : Math.max(-1, parseLineId(replayOf ?? '')?.source ?? -1)
}
