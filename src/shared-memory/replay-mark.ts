// How a record tells that its line is one of a replay: which one, and of what. Six words; a job of 0 is none.
//
//   word   0    1      2          3        4, 5
//          job  index  of source  of fork  of offset

/** The line is `r<job>.<index>`; its place in its source is told where that of any line is. */
export interface ReplayMark {
  readonly job: number
  /** From 1. */
  readonly index: number
  /** The id of the letter that was replayed, in numbers: source and byte offset, or the negative job and its index. */
  readonly of: { readonly source: number; readonly offset: number; readonly fork: number }
}

export const REPLAY_WORDS = 6

/** `word` is even; `numbers` are the same words as doubles. */
export function writeReplayMark(
  words: Int32Array,
  numbers: Float64Array,
  word: number,
  mark: ReplayMark | undefined
): void {
  words[word] = mark?.job ?? 0
  words[word + 1] = mark?.index ?? 0
  words[word + 2] = mark?.of.source ?? 0
  words[word + 3] = mark?.of.fork ?? 0
  numbers[word / 2 + 2] = mark?.of.offset ?? 0
}

/** Undefined for a line that is none of a replay. */
export function readReplayMark(words: Int32Array, numbers: Float64Array, word: number): ReplayMark | undefined {
  const job = words[word]
  const offset = numbers[word / 2 + 2]
  if (job <= 0 || !Number.isFinite(offset)) return undefined
  return { job, index: words[word + 1], of: { source: words[word + 2], offset, fork: words[word + 3] } }
}
