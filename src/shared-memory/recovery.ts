// What main does with a lane's region after one of its threads died: after the thread's `exit` event, never before.

import { LANE_STATES, type LaneState, STATE } from './control/layout.ts'
import { LANE } from './counters.ts'
import { giveBackRead, giveBackWritten } from './line-index/recovery.ts'
import { recoverDeadReader, recoverDeadWriter } from './pages/recovery.ts'
import { openRegion, type Region } from './region.ts'
import { SnapshotReader } from './snapshot/reader.ts'

/**
 * After a lane's exit and before its successor starts (`epoch` is the dead one's; `state` is shown until then). All that
 * it published stays readable; what it had not handed over is gone. Journeys not in its last snapshot become void.
 */
export function recoverLane(region: Region, epoch: number, state: LaneState = 'failed'): void {
  const { cells, layout } = openRegion(region)
  const { errorPages, journeyPages, keptPages } = region.limits
  const snapshot = new SnapshotReader(region).read()
  // Of a lane that published nothing all is void; the snapshot is a predecessor's then.
  const countOf = (counter: number): number => (snapshot.epoch === epoch ? snapshot.values[counter] : 0)
  // An error has happened, whatever becomes of its line: errors are never void.
  const errorRing = { base: layout.errors, pageCount: errorPages }
  recoverDeadWriter(cells, errorRing, { epoch, voidFrom: Number.MAX_SAFE_INTEGER })
  if (region.shape.trace) {
    const journeys = { base: layout.journeys, pageCount: journeyPages }
    recoverDeadWriter(cells, journeys, { epoch, voidFrom: countOf(LANE.journeys_written) })
    const kept = { base: layout.kept, pageCount: keptPages }
    recoverDeadWriter(cells, kept, { epoch, voidFrom: countOf(LANE.kept_written) })
    giveBackWritten(cells, { base: layout.lineIndex, blocks: region.limits.indexBlocks })
  }
  cells.store(layout.control + STATE, LANE_STATES.indexOf(state))
}

/** After the exit of the thread that reads journeys and errors, and before its successor starts. */
export function recoverObserver(region: Region): void {
  const { cells, layout } = openRegion(region)
  const { errorPages, journeyPages, keptPages } = region.limits
  recoverDeadReader(cells, { base: layout.errors, pageCount: errorPages })
  if (!region.shape.trace) return
  recoverDeadReader(cells, { base: layout.journeys, pageCount: journeyPages })
  giveBackRead(cells, { base: layout.lineIndex, blocks: region.limits.indexBlocks })
  recoverDeadReader(cells, { base: layout.kept, pageCount: keptPages })
}
