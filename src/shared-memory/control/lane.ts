// The lane's side of the control words. Every call is one to three atomic operations.

import type { SharedCells } from '../cells.ts'
import { openRegion, type Region } from '../region.ts'
import {
  ALL_ITEMS,
  CALL,
  EPOCH,
  HEARTBEAT,
  IN_ENGINE,
  LANE_STATES,
  type LaneState,
  PAUSE,
  STATE,
  STOP,
  STOP_LEVELS,
  type StopRequest,
  WAKE
} from './layout.ts'
import { storeProgress } from './progress.ts'

export class LaneControl {
  readonly #cells: SharedCells
  readonly #base: number
  #call: number
  #heartbeat: number

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#cells = cells
    this.#base = layout.control
    this.#call = cells.load(this.#base + CALL)
    this.#heartbeat = cells.load(this.#base + HEARTBEAT)
    this.leave()
    this.setState('starting')
  }

  /** Number of this incarnation of the lane, given by main before it started it. */
  get epoch(): number {
    return this.#cells.load(this.#base + EPOCH)
  }

  stopRequest(): StopRequest {
    return STOP_LEVELS[this.#cells.load(this.#base + STOP)] ?? 'drain'
  }

  stopRequested(): boolean {
    return this.#cells.load(this.#base + STOP) !== 0
  }

  pauseRequested(): boolean {
    return this.#cells.load(this.#base + PAUSE) !== 0
  }

  setState(state: LaneState): void {
    this.#cells.store(this.#base + STATE, LANE_STATES.indexOf(state))
  }

  /** The lane lives: once for each batch and each turn of its loop. */
  heartbeat(): void {
    this.#heartbeat = (this.#heartbeat + 1) | 0
    this.#cells.store(this.#base + HEARTBEAT, this.#heartbeat)
  }

  /**
   * The lane calls the node's code; `nowMilliseconds` counts from the region's origin. The place is that of the lines
   * that it is called with (see ProgressPlace).
   */
  enter(
    node: number,
    nowMilliseconds: number,
    sourceNumber = -1,
    offset = 0,
    lineNumber = 0,
    byteLength = 0,
    item = ALL_ITEMS
  ): void {
    this.#call = (this.#call + 1) | 0
    const since = nowMilliseconds | 0
    storeProgress(this.#cells, this.#base, this.#call, node, since, sourceNumber, offset, lineNumber, byteLength, item)
  }

  /** The lane is back in the engine. */
  leave(): void {
    this.enter(IN_ENGINE, 0)
  }

  /** Blocks the lane until main has a request, at most so long. */
  waitForRequest(timeoutMilliseconds: number): void {
    const seen = this.#cells.load(this.#base + WAKE)
    if (this.stopRequested()) return
    this.#cells.wait(this.#base + WAKE, seen, timeoutMilliseconds)
  }

  /** As `waitForRequest`, while the lane's event loop goes on. */
  async waitForRequestAsync(timeoutMilliseconds: number): Promise<void> {
    const seen = this.#cells.load(this.#base + WAKE)
    if (this.stopRequested()) return
    await this.#cells.waitAsync(this.#base + WAKE, seen, timeoutMilliseconds)
  }
}
