// What a lane has counted up to now, also while a call has not returned: until the lane publishes again, the time that
// passes goes to whoever has its thread.

import { LANE, NODE, NODE_OFFSET, NODE_STRIDE, nodeCount } from '../shared-memory/index.ts'
import type { LaneReader } from './lane-reader.ts'

const NANOSECONDS = 1e6

export class LaneTimes {
  readonly #lane: LaneReader
  readonly #nodeCount: number
  /** The newest snapshot, and the sum of all growth up to it: a lane that is started again may count from further back. */
  readonly #last: Float64Array
  readonly #grown: Float64Array

  constructor(lane: LaneReader, length: number) {
    this.#lane = lane
    this.#nodeCount = nodeCount(lane.region.shape)
    this.#last = lane.values.slice(0, length)
    this.#grown = this.#last.slice()
  }

  /** After the lane's poll. */
  poll(): void {
    const { values } = this.#lane
    for (let index = 0; index < this.#last.length; index++) {
      const growth = values[index] - this.#last[index]
      if (growth > 0) this.#grown[index] += growth
      this.#last[index] = values[index]
    }
  }

  addTo(sums: Float64Array): void {
    for (let index = 0; index < sums.length; index++) sums[index] += this.#grown[index]
    const nanos = this.#lane.unpublishedMilliseconds * NANOSECONDS
    if (nanos > 0) this.#addUnpublished(sums, nanos)
  }

  #addUnpublished(sums: Float64Array, nanos: number): void {
    const busy = this.#lane.hasThread
    sums[LANE.lane_nanos] += nanos
    let blocked = 0
    let inCode = 0
    if (busy.node >= 0) {
      inCode = Math.min(nanos, busy.milliseconds * NANOSECONDS)
      sums[indexOf(busy.node, NODE.busy_nanos)] += inCode
      sums[LANE.engine_nanos] += nanos - inCode
    } else blocked = this.#addAwaited(sums, nanos, busy.isOutside)
    for (let node = 0; node < this.#nodeCount; node++) {
      const holds = this.#last[indexOf(node, NODE.holds)] === 1
      const elsewhere = node === busy.node ? nanos - inCode : nanos
      if (holds) sums[indexOf(node, NODE.waiting_nanos)] += elsewhere
      else sums[indexOf(node, NODE.blocked_nanos)] += blocked
    }
  }

  /** Returns for how long of it the lane waits for a sink. */
  #addAwaited(sums: Float64Array, nanos: number, isOutside: boolean): number {
    const { state } = this.#lane
    if (!isOutside) sums[LANE.engine_nanos] += nanos
    else if (state === 'idle') sums[LANE.input_wait_nanos] += nanos
    else if (state === 'paused') sums[LANE.pause_nanos] += nanos
    else {
      const { processorCount } = this.#lane.region.shape
      const node = this.#lastHolding()
      if (node === undefined) sums[LANE.engine_nanos] += nanos
      else sums[indexOf(node, NODE.awaited_nanos)] += nanos
      return node !== undefined && node >= processorCount ? nanos : 0
    }
    return 0
  }

  /** A sink before a processor. */
  #lastHolding(): number | undefined {
    for (let node = this.#nodeCount - 1; node >= 0; node--) {
      if (this.#last[indexOf(node, NODE.holds)] === 1) return node
    }
    return undefined
  }
}

function indexOf(node: number, counter: number): number {
  return NODE_OFFSET + node * NODE_STRIDE + counter
}
