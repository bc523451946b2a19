// Numbers of followed files in ids and checkpoints. None is given twice, also not by a run that goes on from a
// checkpoint: so a checkpoint keeps the largest one, even when its file is done with.

import type { SourceSetup } from '../../sdk/source.ts'

export class FollowNumbers {
  private readonly setup: SourceSetup
  private free: number
  /** All lines of these files are durable, and nothing will come. */
  private done: number[]

  constructor(setup: SourceSetup) {
    this.setup = setup
    const positions = setup.resume ?? []
    this.free = positions.reduce((most, { sourceNumber }) => Math.max(most, sourceNumber + 1), 0)
    this.done = positions.filter(({ isFinished }) => isFinished).map(({ sourceNumber }) => sourceNumber)
  }

  take(): number {
    return this.free++
  }

  committed(sourceNumber: number): void {
    this.done.push(sourceNumber)
    const largest = Math.max(...this.done)
    for (const number of this.done) if (number !== largest) this.setup.release?.(number)
    this.done = [largest]
  }
}
