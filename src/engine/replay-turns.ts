// When dead letters go into a lane: between two batches of its input, while that has none at hand, and behind its end.

import type { Batch } from './batch.ts'
import { type Caution, replaySource } from './caution.ts'
import { fillReplayBatch, placeReplayLines } from './replay-batch.ts'
import type { ReplayInlet } from './replay-line.ts'
import type { Telemetry } from './telemetry.ts'

/** What it asks of the lane. */
export interface ReplayTurnsHost {
  /** False: nothing goes in any more. */
  mayEnter(): boolean
  /** More may be open, and more may be written. */
  hasRoom(): boolean
  openCount(): number
  maxLines(): number
  takeBatch(): Batch
  enter(batch: Batch): void
  /** Gives the event loop its turn. */
  turn(): Promise<void>
  pause(): Promise<void>
  /** Resolves when something has moved. */
  progress(): Promise<void>
  wake(): void
}

export class ReplayTurns {
  readonly #inlet: ReplayInlet | undefined
  readonly #telemetry: Telemetry
  readonly #caution: Caution | undefined
  readonly #host: ReplayTurnsHost

  constructor(
    inlet: ReplayInlet | undefined,
    telemetry: Telemetry,
    caution: Caution | undefined,
    host: ReplayTurnsHost
  ) {
    this.#inlet = inlet
    this.#telemetry = telemetry
    this.#caution = caution
    this.#host = host
    if (inlet !== undefined) inlet.onDue = () => host.wake()
  }

  /** False when no letter may go in now. */
  enter(): boolean {
    const host = this.#host
    const isAlone = this.#caution?.hasReplays === true
    if (this.#inlet === undefined || !host.mayEnter() || (isAlone && host.openCount() > 0)) return false
    const replay = this.#inlet.take(isAlone ? 1 : host.maxLines())
    if (replay === undefined) return false
    const batch = host.takeBatch()
    fillReplayBatch(batch, replay)
    const { job, index } = replay.lines[0].mark
    batch.doomed = this.#caution?.doomedAt(replaySource(job), index)
    this.#telemetry.beginReplay(batch, replay)
    placeReplayLines(batch, replay.lines)
    host.enter(batch)
    return true
  }

  /** Lets letters in until there is something of the input. */
  async until<Result>(waiting: Promise<Result>): Promise<Result> {
    if (this.#inlet === undefined) return await waiting
    let isOver = false
    const end = (): void => {
      isOver = true
      this.#host.wake()
    }
    waiting.then(end, end)
    while (!isOver) await this.#enterOrWait()
    return await waiting
  }

  /** Behind the end of the input: lets in what is left. */
  async finish(): Promise<void> {
    while (this.#inlet?.isBusy === true && this.#host.mayEnter()) await this.#enterOrWait()
  }

  close(): void {
    this.#inlet?.close()
  }

  async #enterOrWait(): Promise<void> {
    if (this.#telemetry.control.pauseRequested()) await this.#host.pause()
    else if (this.#host.hasRoom() && this.enter()) await this.#host.turn()
    else await this.#host.progress()
  }
}
