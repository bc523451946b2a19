// Main's side of the control words: starts incarnations of the lane and asks it to pause or stop.

import type { SharedCells } from '../cells.ts'
import { openRegion, type Region } from '../region.ts'
import { EPOCH, PAUSE, STOP, STOP_LEVELS, type StopRequest, WAKE } from './layout.ts'

export class MainControl {
  readonly #cells: SharedCells
  readonly #base: number

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#cells = cells
    this.#base = layout.control
  }

  /** Before each start of the lane: a new number, by which readers tell its records from its predecessor's. */
  nextEpoch(): number {
    const epoch = (this.#cells.load(this.#base + EPOCH) + 1) | 0
    this.#cells.store(this.#base + EPOCH, epoch)
    return epoch
  }

  /** A request is never taken back to a weaker one. */
  requestStop(request: Exclude<StopRequest, 'none'> = 'drain'): void {
    const level = Math.max(STOP_LEVELS.indexOf(request), this.#cells.load(this.#base + STOP))
    this.#cells.store(this.#base + STOP, level)
    this.#wake()
  }

  requestPause(): void {
    this.#cells.store(this.#base + PAUSE, 1)
    this.#wake()
  }

  requestResume(): void {
    this.#cells.store(this.#base + PAUSE, 0)
    this.#wake()
  }

  #wake(): void {
    this.#cells.store(this.#base + WAKE, (this.#cells.load(this.#base + WAKE) + 1) | 0)
    this.#cells.notify(this.#base + WAKE)
  }
}
