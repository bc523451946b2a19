// The outcome of a journey from the outcomes of its line instances.

import { OUTCOMES } from '../contract/word-lists.ts'
import type { Outcome } from '../contract/words.ts'

/** The first that holds of in_flight, dead, unmatched, delivered, dropped, joined. */
export function journeyOutcome(leaves: readonly Outcome[]): Outcome {
  return OUTCOMES.find(outcome => leaves.includes(outcome)) ?? 'in_flight'
}
