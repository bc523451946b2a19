// The ledger out of the counters of one instant.

import type { Ledger } from '../contract/ledger.ts'
import { LANE } from '../shared-memory/index.ts'

/** `values` of one snapshot, or the sum of several: sums of balanced snapshots balance. */
export function ledgerOf(values: Float64Array): Ledger {
  const ledger = {
    entered: values[LANE.entered],
    replayed: values[LANE.replayed],
    forked: values[LANE.forked],
    delivered: values[LANE.delivered],
    dropped: values[LANE.dropped],
    dead: values[LANE.dead],
    unmatched: values[LANE.unmatched],
    joined: values[LANE.joined],
    in_flight: values[LANE.in_flight]
  }
  const came = ledger.entered + ledger.replayed + ledger.forked
  const went = ledger.delivered + ledger.dropped + ledger.dead + ledger.unmatched + ledger.joined + ledger.in_flight
  return { ...ledger, unaccounted: came - went }
}
