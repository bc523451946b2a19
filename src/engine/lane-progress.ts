// What the lane is at, for who watches it from outside: which processor's code runs, and for which lines of which input.
// It is what a successor knows of the line that a lane has died with.

import { IN_ENGINE, IN_EVENT_LOOP, type LaneControl, SOME_FORK } from '../shared-memory/index.ts'
import type { Batch } from './batch.ts'
import { type Doom, replaySource } from './caution.ts'
import type { LaneClock } from './lane-clock.ts'

export class LaneProgress {
  /** Told of each line that runs alone, before it does. */
  onLine: ((place: Omit<Doom, 'code' | 'message'>) => void) | undefined
  /** Told when the line that ran alone has its outcome. */
  onLineOver: (() => void) | undefined
  readonly #control: LaneControl
  /** What to add to this thread's clock to get the region's. */
  readonly #shift: number
  readonly #clock: LaneClock
  #outside = IN_ENGINE
  /** The last line, in input order, that an asynchronous call was started for, and where it ends. */
  #begunSequence = -1
  #begunLine = -1
  #begunSource = -1
  #begunOffset = 0

  constructor(control: LaneControl, shift: number, clock: LaneClock) {
    this.#control = control
    this.#shift = shift
    this.#clock = clock
  }

  /** The processor's code runs for some lines of the batch. `at` is this thread's clock. */
  enter(node: number, at: number, batch: Batch): void {
    const { input, offset, firstLineNumber, byteLength, replay } = batch
    if (replay !== undefined) {
      const { job, index } = replay.lines[0].mark
      this.#control.enter(node, at + this.#shift, replaySource(job), index, index, batch.lineCount)
      return
    }
    this.#control.enter(node, at + this.#shift, input.sourceNumber, offset, firstLineNumber, byteLength)
  }

  /** The processor's code runs for this item alone. */
  enterLine(node: number, at: number, batch: Batch, item: number): void {
    const { input, offset, starts, firstLineNumber, lineCount } = batch
    const line = batch.rootOf(item)
    const alone = item < lineCount ? 0 : lineCount === 1 ? item : SOME_FORK
    this.onLine?.({
      sourceNumber: input.sourceNumber,
      offset: offset + starts[line] - starts[0],
      lineNumber: firstLineNumber + line,
      node,
      item: alone
    })
    const replayed = batch.replayLineOf(item)
    if (replayed !== undefined) {
      const { job, index } = replayed.mark
      this.#control.enter(node, at + this.#shift, replaySource(job), index, index, 1, alone)
      return
    }
    this.#control.enter(
      node,
      at + this.#shift,
      input.sourceNumber,
      offset + starts[line] - starts[0],
      firstLineNumber + line,
      starts[line + 1] - starts[line],
      alone
    )
  }

  /** The lane is back in the engine, or in its event loop: that tells up to where asynchronous calls were started. */
  leave(): void {
    this.#control.enter(this.#outside, 0, this.#begunSource, this.#begunOffset)
  }

  /** The lane gives the thread to its event loop. Returns whether it had it already. */
  goOutside(isOutside: boolean): boolean {
    const outside = isOutside ? IN_EVENT_LOOP : IN_ENGINE
    if (outside === this.#outside) return isOutside
    this.#outside = outside
    this.leave()
    this.#clock.goOutside(isOutside)
    return !isOutside
  }

  /** An asynchronous call was started: its code may run whenever the lane is in its event loop. */
  noteBegun(batch: Batch, item: number): void {
    const line = batch.rootOf(item)
    if (batch.sequence < this.#begunSequence || (batch.sequence === this.#begunSequence && line < this.#begunLine)) {
      return
    }
    this.#begunSequence = batch.sequence
    this.#begunLine = line
    const replayed = batch.replayLineOf(item)
    if (replayed !== undefined) {
      this.#begunSource = replaySource(replayed.mark.job)
      this.#begunOffset = replayed.mark.index + 1
      return
    }
    this.#begunSource = batch.input.sourceNumber
    this.#begunOffset = batch.offset + batch.starts[line + 1] - batch.starts[0]
  }
}
