// How a line instance ends, as the words of shared memory say it.
//
//   leaf code:  bits 0–3 outcome | bit 4 changed | bit 5 failed once | bits 8–30 detail
//   detail:     sink's node id when delivered, id of the reason when dropped, else 0

export const OUTCOME = { delivered: 1, dropped: 2, dead: 3, unmatched: 4, joined: 5 } as const

export type OutcomeName = keyof typeof OUTCOME

/** The outcomes by code; code 0 is none. */
export const OUTCOME_NAMES = [undefined, 'delivered', 'dropped', 'dead', 'unmatched', 'joined'] as const

export const OUTCOME_MASK = 0b1111
/** The line's text is not the one that entered. */
export const CHANGED = 1 << 4
/** An attempt failed on the way, whatever came of it. */
export const FAILED_ONCE = 1 << 5
export const DETAIL_SHIFT = 8

export function leafCode(outcome: OutcomeName, detail = 0, flags = 0): number {
  return OUTCOME[outcome] | flags | (detail << DETAIL_SHIFT)
}

export interface Leaf {
  /** Undefined for a code that no writer stores. */
  readonly outcome: OutcomeName | undefined
  readonly isChanged: boolean
  readonly hasFailedOnce: boolean
  readonly detail: number
}

export function decodeLeaf(code: number): Leaf {
  return {
    outcome: OUTCOME_NAMES[code & OUTCOME_MASK],
    isChanged: (code & CHANGED) !== 0,
    hasFailedOnce: (code & FAILED_ONCE) !== 0,
    detail: code >>> DETAIL_SHIFT
  }
}
