// What became of a letter that was replayed: one byte in the job's file of outcomes, a letter that can be read there too.

/** Those in capitals were refused: nothing was done, and the letter stays in the log. */
export const REPLAY_OUTCOME = {
  /** Its turn has not come. */
  pending: '.',
  delivered: 'd',
  dropped: 'f',
  /** Failed again: a new letter says so. */
  dead: 'x',
  unmatched: 'u',
  /** A letter of the same line stands for it: the line went through from its start, once. */
  same_line: 's',
  no_processor: 'P',
  no_tag: 'T',
  cut: 'C',
  no_record: 'R',
  gone: 'G'
} as const

export type ReplayOutcome = keyof typeof REPLAY_OUTCOME

const NAMES = Object.keys(REPLAY_OUTCOME) as ReplayOutcome[]
const CODES = new Map(NAMES.map(name => [name, REPLAY_OUTCOME[name].charCodeAt(0)]))
const BY_CODE = new Map(NAMES.map(name => [REPLAY_OUTCOME[name].charCodeAt(0), name]))

export function outcomeCode(outcome: ReplayOutcome): number {
  return CODES.get(outcome)!
}

/** What no Linescope has written counts as not done. */
export function outcomeOf(code: number): ReplayOutcome {
  return BY_CODE.get(code) ?? 'pending'
}

const LAST_CAPITAL = 'Z'.charCodeAt(0)

/** The letter has gone in again, whatever came of it: it counts no more. */
export function isReplayed(code: number): boolean {
  return code > LAST_CAPITAL
}

/** Why nothing was done, for people. */
export const REFUSALS: Readonly<Partial<Record<ReplayOutcome, string>>> = {
  no_processor: 'the processor or sink that it failed in is not in the pipeline any more',
  no_tag: 'still nothing is named after its tag',
  cut: 'only the beginning of the line was kept, as it was too long',
  no_record: 'its value is text, which has no fields to set',
  gone: 'the letter cannot be read any more'
}
