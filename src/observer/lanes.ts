// All lanes together: sums of their counters, the run's state, who is busy.

import type { Lane } from '../contract/health.ts'
import { counterCount, type Region, regionMilliseconds } from '../shared-memory/index.ts'
import { type Busy, LaneReader } from './lane-reader.ts'
import { isoMoment } from './moment.ts'

export class Lanes {
  readonly readers: readonly LaneReader[]
  /** Sums of the lanes' last snapshots; indexes come from counters.ts. */
  readonly totals: Float64Array
  /** Unix time at which the first region was made. */
  readonly startedAtMilliseconds: number

  constructor(regions: readonly Region[]) {
    if (regions.length === 0) throw new RangeError('There must be at least one region.')
    this.readers = regions.map(region => new LaneReader(region))
    this.totals = new Float64Array(counterCount(regions[0].shape))
    this.startedAtMilliseconds = Math.min(...regions.map(region => region.originMilliseconds))
    this.#sum()
  }

  poll(): void {
    for (const reader of this.readers) reader.poll()
    this.#sum()
  }

  /** The call of this node that has lasted longest. */
  busyIn(node: number): Busy | undefined {
    let longest: Busy | undefined
    for (const { busy } of this.readers) {
      if (busy?.node === node && (longest === undefined || busy.seconds > longest.seconds)) longest = busy
    }
    return longest
  }

  /** Whatever becomes of the clock. */
  get uptimeSeconds(): number {
    return Math.max(...this.readers.map(({ region }) => regionMilliseconds(region))) / 1000
  }

  /** Of the lane whose numbers are oldest; undefined while a lane has none. */
  get snapshotAgeSeconds(): number | undefined {
    let oldest = 0
    for (const { snapshotAgeSeconds } of this.readers) {
      if (snapshotAgeSeconds === undefined) return undefined
      oldest = Math.max(oldest, snapshotAgeSeconds)
    }
    return oldest
  }

  describe(nodeNames: readonly string[]): Lane[] {
    return this.readers.map(({ state, busy, snapshotAgeSeconds, heartbeatAgeSeconds }, lane) => ({
      lane,
      state,
      busy_processor: busy === undefined ? null : (nodeNames[busy.node] ?? null),
      busy_since: busy === undefined ? null : isoMoment(busy.sinceMilliseconds),
      busy_seconds: busy?.seconds ?? null,
      snapshot_age_seconds: snapshotAgeSeconds ?? null,
      heartbeat_age_seconds: heartbeatAgeSeconds ?? null
    }))
  }

  #sum(): void {
    this.totals.fill(0)
    for (const { values } of this.readers) {
      for (let index = 0; index < this.totals.length; index++) this.totals[index] += values[index]
    }
  }
}
