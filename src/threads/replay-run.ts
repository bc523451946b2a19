// Replays of one run: those that its lane takes while there is input, and those behind the end of it. When the input has
// ended and the process stays, a second run without input takes the letters, counts on in the same region, and ends when
// there is nothing left to do.

import type { Replay, ReplayAnswer, ReplayQuestion } from '../contract/replay.ts'
import type { LaneEnd } from '../engine/index.ts'
import type { Replays } from './replays.ts'

/** A run without input. */
export interface SecondRun {
  readonly ended: Promise<LaneEnd>
  endReplays(): void
  stop(reason: string): void
  close(): Promise<boolean>
}

export const STARTING: ReplayAnswer = { status: 503, body: { error: 'starting', message: 'The run is just starting.' } }
const NOT_KEPT: ReplayAnswer = {
  status: 409,
  body: { error: 'nothing_kept', message: 'This run keeps no dead letters: it has no state folder.' }
}

export class RunReplays {
  readonly replays: Replays | undefined
  readonly #start: (replays: Replays) => Promise<SecondRun>
  #second: Promise<SecondRun | undefined> | undefined
  #mayGoOn = false

  /** Without `replays` the run keeps no dead letters. */
  constructor(replays: Replays | undefined, start: (replays: Replays) => Promise<SecondRun>) {
    this.replays = replays
    this.#start = start
    if (replays !== undefined) replays.onNeedsLane = () => this.#startSecond(replays)
  }

  async answer(question: ReplayQuestion): Promise<ReplayAnswer> {
    if (this.replays !== undefined) return await this.replays.answer(question)
    return question.ask === 'list' ? { status: 200, body: { replays: [] } } : NOT_KEPT
  }

  async quiet(): Promise<Replay | undefined> {
    return await this.replays?.quiet()
  }

  /** The lane has ended; `atEnd`: with its input, so that a second one may go on with what is left. */
  laneEnded(atEnd: boolean): void {
    this.replays?.laneEnded()
    this.#mayGoOn = atEnd
    if (this.replays?.isRunning === true) this.#startSecond(this.replays)
  }

  /** Nothing begins any more, and what had begun ends. */
  async close(): Promise<void> {
    this.#mayGoOn = false
    const second = await this.#second
    second?.stop('the run ends')
    await second?.ended
    await second?.close()
    this.replays?.close()
  }

  #startSecond(replays: Replays): void {
    if (!this.#mayGoOn || this.#second !== undefined) return
    this.#second = this.#runSecond(replays)
  }

  /** Undefined when it could not begin: the replay is stopped then, and says why. */
  async #runSecond(replays: Replays): Promise<SecondRun | undefined> {
    let run: SecondRun
    try {
      run = await this.#start(replays)
    } catch (failure) {
      this.#second = undefined
      replays.laneFailed(failure instanceof Error ? failure.message : String(failure))
      return undefined
    }
    void replays.quiet().then(() => run.endReplays())
    void run.ended.then(async end => {
      if ('message' in end) replays.laneFailed(end.message)
      await run.close()
      this.#second = undefined
      // Asked for at the last moment, when that one had ended already.
      if (replays.isRunning) this.#startSecond(replays)
    })
    return run
  }
}
