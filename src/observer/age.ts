// When what was read of lanes is too old to be shown. A lane publishes now and then while it runs, and once more when it
// ends: what is read after that is final.

import type { LaneReader } from './lane-reader.ts'

export class Age {
  readonly #lanes: readonly LaneReader[]
  readonly #maximumMilliseconds: number
  #readAtMilliseconds = Number.NEGATIVE_INFINITY
  #endedLanes = 0

  constructor(lanes: readonly LaneReader[], maximumMilliseconds: number) {
    this.#lanes = lanes
    this.#maximumMilliseconds = maximumMilliseconds
  }

  /** True when it is time to read again; the reading is then taken to happen now. */
  isOver(): boolean {
    const now = performance.now()
    const endedLanes = this.#lanes.filter(lane => lane.hasEnded).length
    if (now - this.#readAtMilliseconds <= this.#maximumMilliseconds && endedLanes === this.#endedLanes) return false
    this.#readAtMilliseconds = now
    this.#endedLanes = endedLanes
    return true
  }
}
