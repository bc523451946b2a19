// What became of each replayed line as a whole: of a forked one, the first that holds of dead, unmatched, delivered,
// dropped.

import { OUTCOME } from '../shared-memory/index.ts'
import type { ReplayOutcome } from '../state/replay/outcome.ts'
import type { Batch } from './batch.ts'

const OUTCOME_BITS = 0b1111
const RANKED: readonly (readonly [code: number, name: ReplayOutcome])[] = [
  [OUTCOME.dropped, 'dropped'],
  [OUTCOME.delivered, 'delivered'],
  [OUTCOME.unmatched, 'unmatched'],
  [OUTCOME.dead, 'dead']
]
const RANK_OF = new Map(RANKED.map(([code], rank) => [code, rank]))

/** Of the first `lines` lines of a batch whose leaf codes are complete. */
export function replayOutcomes(batch: Batch, lines: number): ReplayOutcome[] {
  const ranks = new Int8Array(lines)
  for (let item = 0; item !== -1; item = batch.nextOf(item)) {
    const line = batch.rootOf(item)
    if (line >= lines) break
    const rank = RANK_OF.get(batch.outcome[item] & OUTCOME_BITS) ?? 0
    ranks[line] = Math.max(ranks[line], rank)
  }
  return Array.from(ranks, rank => RANKED[rank][1])
}
