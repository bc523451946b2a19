// What anyone may see of a lane: its state, its heartbeat, and which processor it is in since when.

import type { AtomicCells } from '../cells.ts'
import { openRegion, type Region, regionMilliseconds } from '../region.ts'
import { ALL_ITEMS, EPOCH, HEARTBEAT, IN_ENGINE, LANE_STATES, type LaneState, PAUSE, STATE, STOP } from './layout.ts'
import { loadProgress, type ProgressPlace } from './progress.ts'

const TRIES = 8

export interface Progress extends ProgressPlace {
  /** Id of the node whose code runs; negative while none does: IN_ENGINE, IN_EVENT_LOOP. */
  readonly node: number
  /** Grows with every call; the same number twice means the same call. */
  readonly call: number
  /** Since when, in milliseconds since the region's origin; means nothing in the engine. */
  readonly sinceMilliseconds: number
}

export interface ControlState {
  readonly epoch: number
  readonly state: LaneState
  readonly stopRequested: boolean
  readonly pauseRequested: boolean
  readonly heartbeat: number
  readonly progress: Progress
}

export class ControlReader {
  telemetryCorrupt = 0
  readonly #cells: AtomicCells
  readonly #base: number
  readonly #region: Region
  #progress: Progress = {
    node: IN_ENGINE,
    call: 0,
    sinceMilliseconds: 0,
    sourceNumber: -1,
    offset: 0,
    lineNumber: 0,
    byteLength: 0,
    item: ALL_ITEMS
  }

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#cells = cells
    this.#base = layout.control
    this.#region = region
  }

  read(): ControlState {
    return {
      epoch: this.#cells.load(this.#base + EPOCH),
      state: this.#state(),
      stopRequested: this.#cells.load(this.#base + STOP) !== 0,
      pauseRequested: this.#cells.load(this.#base + PAUSE) !== 0,
      heartbeat: this.#cells.load(this.#base + HEARTBEAT),
      progress: this.progress()
    }
  }

  /** Of one call, never a mixture of two; the last one seen when the lane changes calls faster than it can be read. */
  progress(): Progress {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const found = loadProgress(this.#cells, this.#base)
      if (found === undefined) continue
      const now = Math.floor(regionMilliseconds(this.#region))
      // The word holds the low 32 bits of a time that lies in the past.
      const sinceMilliseconds = now - (((now | 0) - found.since) | 0)
      const { since: _, ...progress } = found
      this.#progress = { ...progress, sinceMilliseconds }
      break
    }
    return this.#progress
  }

  #state(): LaneState {
    const state = LANE_STATES[this.#cells.load(this.#base + STATE)]
    if (state === undefined) this.telemetryCorrupt++
    return state ?? 'failed'
  }
}
