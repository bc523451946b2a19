// Goes on in new files where somebody has renamed or deleted those of sinks.
//
// It happens when nothing is under way, so that the old file has all lines up to there and the new one all from there
// on. The new one is written to only once a checkpoint names it: so after a crash at any moment each line is in one of
// them, once.

import type { LaneParts } from './lane-parts.ts'

export interface ReopeningHost {
  /** Nothing is under way. */
  isQuiet(): boolean
  hasOpenBatches(): boolean
  /** With the states of processors. Returns the snapshot's number. */
  publish(): number
}

export class Reopening {
  readonly #parts: LaneParts
  readonly #host: ReopeningHost
  /** Nothing more is read. */
  isOver = false
  #wanted: readonly number[] = []
  #heldUntil: number | undefined
  readonly #failures = new Map<number, string>()

  constructor(parts: LaneParts, host: ReopeningHost) {
    this.#parts = parts
    this.#host = host
  }

  /** Nothing may be written before the next commit. */
  get isHeld(): boolean {
    return this.#heldUntil !== undefined
  }

  /** `sinks` by their numbers. At once, or as soon as nothing is under way. */
  want(sinks: readonly number[]): void {
    if (this.isOver) return
    this.#wanted = sinks
    if (this.#host.isQuiet()) this.#reopen()
  }

  /** True while no line may enter, which ends with a batch that is settled or with a commit. */
  mustWait(): boolean {
    if (this.#wanted.length > 0) {
      if (this.#host.hasOpenBatches()) return true
      if (this.#host.isQuiet()) this.#reopen()
    }
    return this.isHeld
  }

  committed(sequence: number): void {
    if (this.#heldUntil !== undefined && sequence >= this.#heldUntil) this.#heldUntil = undefined
  }

  #reopen(): void {
    const reopened = this.#wanted.filter(sink => this.#reopenSink(sink))
    this.#wanted = []
    if (reopened.length > 0) this.#heldUntil = this.#host.publish()
  }

  #reopenSink(sink: number): boolean {
    const reason = this.#parts.reopenSink(sink)
    if (reason === undefined) {
      this.#failures.delete(sink)
      return true
    }
    if (this.#failures.get(sink) !== reason) {
      this.#failures.set(sink, reason)
      this.#parts.log(
        `The output ${JSON.stringify(this.#parts.plan.sinks[sink].name)} was renamed or deleted by somebody, and cannot be opened again: ${reason}. Its lines go on into the old file, and it is tried again.`
      )
    }
    return false
  }
}
