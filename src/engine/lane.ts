// A lane: reads lines, runs them through the whole pipeline and settles them, batch by batch, in input order.
//
// A batch passes the steps of the plan one after the other and waits at one while calls are under way there. Later
// batches may follow up to the same step, never overtake: so every processor gets its lines in input order, and the
// output depends neither on batches nor on timing.

import type { Source } from '../sdk/source.ts'
import { Batch } from './batch.ts'
import { hasLines, isFull, MAX_OPEN_BATCHES, mayFollow } from './batch-order.ts'
import { BatchPace } from './batch-pace.ts'
import { type Caution, replaySource } from './caution.ts'
import { describeError } from './errors.ts'
import { giveBack } from './give-back.ts'
import type { LaneEnd, LaneOptions } from './lane-options.ts'
import type { LaneParts } from './lane-parts.ts'
import { LineFramer } from './line-framer.ts'
import { refuseOversize } from './oversize.ts'
import { PUBLISH_MILLISECONDS, Publisher } from './publisher.ts'
import { fillReplayBatch, placeReplayLines } from './replay-batch.ts'
import type { ReplayInlet } from './replay-line.ts'
import type { Step } from './steps.ts'

// A turn of the event loop costs about 2 µs; waiting messages and timers can wait so long.
const TURN_MILLISECONDS = 5
const PAUSE_POLL_MILLISECONDS = 20

export class Lane {
  readonly #parts: LaneParts
  readonly #framer: LineFramer
  readonly #pace = new BatchPace()
  readonly #open: Batch[] = []
  readonly #free: Batch[] = []
  #sequence = 0
  #linesLeft: number
  #isStopping = false
  #isAbandoned = false
  #hasGivenBack = false
  #end: LaneEnd | undefined
  /** Last batch that is settled, up to its `stopAt`: `on_error: stop`, or a stop that gives lines back. */
  #stopSequence = Number.POSITIVE_INFINITY
  readonly #publisher: Publisher
  readonly #caution: Caution | undefined
  readonly #replays: ReplayInlet | undefined
  #lastTurn = 0
  #isProgressScheduled = false
  #isAdvancing = false
  #wake: (() => void) | undefined

  /** Goes on from the snapshot that stands in its region: a predecessor's, or what main has put there. */
  constructor(parts: LaneParts, source: Source, maxLines: number, options: LaneOptions = {}) {
    this.#parts = parts
    this.#framer = new LineFramer(source, parts.plan.limits.maxLineBytes, options.inputs)
    this.#publisher = new Publisher(parts, this.#framer, this.#open, options.uncommittedBytes)
    this.#linesLeft = maxLines
    this.#caution = this.#framer.caution = options.caution
    this.#replays = options.replays
    if (options.replays !== undefined) options.replays.onDue = () => this.#wake?.()
    parts.connect({
      progressed: () => this.#scheduleProgress(),
      stopAt: (_node, batch, line, message) => this.#stopAt(batch, line, message),
      betweenLines: now => this.#publisher.publishIfDue(now)
    })
  }

  /** 0: after every line of a slow processor and every step that a batch takes; a test sees each moment then. */
  set publishMilliseconds(milliseconds: number) {
    this.#publisher.intervalMilliseconds = milliseconds
  }

  /** Told after each publish: everything before this position is settled and in the snapshot. */
  set onPublished(told: (sourceNumber: number, offset: number) => void) {
    this.#publisher.onPublished = told
  }

  publish(): void {
    this.#publisher.publish()
  }

  /** What this snapshot tells of is durable. */
  committed(sequence: number): void {
    this.#publisher.committed(sequence)
    this.#wake?.()
  }

  /** Somebody has moved the files of these sinks away: it goes on in the files that their paths lead to. */
  reopen(sinks: readonly number[]): void {
    this.#publisher.reopening.want(sinks)
    this.#wake?.()
  }

  /** Runs until the source ends, a stop is asked for, or something fails that is not a line's fault. Never rejects. */
  async run(): Promise<LaneEnd> {
    const { control } = this.#parts.telemetry
    control.setState('running')
    const timer = setInterval(() => this.publish(), PUBLISH_MILLISECONDS)
    // Whatever ends the reading, what was read before is settled, and what is open is closed.
    await this.#noteFailure(() => this.#readAll())
    await this.#noteFailure(() => this.#finishReplays())
    this.#publisher.reopening.isOver = true
    // At the end of its input a run goes on until the last line has its outcome.
    if (this.#isStopping || this.#end !== undefined) control.setState('stopping')
    await this.#noteFailure(() => this.#drain())
    await this.#noteFailure(() => this.#parts.close())
    this.#replays?.close()
    clearInterval(timer)
    this.#parts.calls.close()
    this.#framer.close()
    this.#publisher.publishAll()
    // Main ends a source of its own before its message about the stop can come.
    const isStopped = this.#isStopping || control.stopRequested()
    const end = this.#end ?? { reason: isStopped ? 'stopped' : 'end' }
    control.setState(end.reason === 'failed' ? 'failed' : 'finished')
    return end
  }

  async #noteFailure(part: () => Promise<void>): Promise<void> {
    try {
      await part()
    } catch (thrown) {
      this.#end ??= { reason: 'failed', message: describeError(thrown).message }
    }
  }

  /** Reads no more and returns from `run` once what is under way is settled; lines that wait are given back. */
  stop(): void {
    // Not in the middle of a call, from which a stop may be asked for.
    if (!this.#hasGivenBack) queueMicrotask(() => this.#giveBack())
    this.#hasGivenBack = true
    this.#stopReading()
  }

  #giveBack(): void {
    const last = giveBack(this.#open, this.#parts.nodes, this.#parts.calls)
    if (last === undefined) return
    this.#settleUpTo(Math.min(this.#stopSequence, last.sequence))
    this.#scheduleProgress()
  }

  #stopReading(): void {
    this.#isStopping = true
    this.#framer.close()
    this.#wake?.()
  }

  /** Ends calls that are under way; their lines stay unsettled. For a stop whose time is up. */
  abandon(): void {
    this.#isAbandoned = true
    this.#parts.patience.end()
    this.#parts.calls.abandon()
    this.#stopReading()
  }

  #settleUpTo(sequence: number): void {
    this.#stopSequence = sequence
    this.#publisher.settlesUpTo = sequence
  }

  async #readAll(): Promise<void> {
    const { control } = this.#parts.telemetry
    for (;;) {
      if (control.stopRequested()) this.#isStopping = true
      if (this.#isStopping || this.#linesLeft <= 0) return
      if (control.pauseRequested()) {
        await this.#pause()
        continue
      }
      if (isFull(this.#open)) {
        await this.#progress()
        continue
      }
      if (this.#publisher.mustWaitForCommit()) {
        await this.#progress()
        continue
      }
      if (this.#enterReplay()) await this.#turnIfDue()
      const batch = this.#takeBatch()
      let result = this.#framer.next(batch, Math.min(this.#pace.limit, this.#linesLeft))
      if (typeof result !== 'string') result = await this.#idle(result)
      // What is read from there on is not settled.
      if (result === 'end' || this.#sequence > this.#stopSequence) return
      if (this.#publisher.reopening.isHeld && !(await this.#untilCommitted())) return
      if (this.#caution?.isAlone(batch.input.sourceNumber, batch.offset) === true) await this.#beginAlone(batch)
      else this.#begin(batch)
      await this.#turnIfDue()
    }
  }

  /** Nothing else is open while the line runs, and each step that it takes is seen from outside. */
  async #beginAlone(batch: Batch): Promise<void> {
    this.#publisher.isHolding = true
    await this.#drain()
    if (this.#isAbandoned || this.#isStopping) return
    const { intervalMilliseconds } = this.#publisher
    this.#publisher.intervalMilliseconds = 0
    this.publish()
    this.#publisher.isHolding = false
    batch.doomed = this.#caution!.doomedAt(batch.input.sourceNumber, batch.offset)
    this.#begin(batch)
    await this.#drain()
    this.#publisher.intervalMilliseconds = intervalMilliseconds
  }

  /** A batch was read while outputs were opened again. False: the run stops, and it is as if it had not been read. */
  async #untilCommitted(): Promise<boolean> {
    this.#publisher.isHolding = true
    while (this.#publisher.reopening.isHeld && !this.#isStopping) await this.#progress()
    if (this.#isStopping) return false
    this.#publisher.isHolding = false
    return true
  }

  async #pause(): Promise<void> {
    const { control } = this.#parts.telemetry
    control.setState('paused')
    while (control.pauseRequested() && !control.stopRequested() && !this.#isStopping) {
      await this.#outside(new Promise(resolve => setTimeout(resolve, PAUSE_POLL_MILLISECONDS)))
    }
    control.setState('running')
  }

  async #idle<Result>(waiting: Promise<Result>): Promise<Result> {
    const { control } = this.#parts.telemetry
    this.#publisher.publishAll()
    control.setState('idle')
    const result = this.#replays === undefined ? await this.#outside(waiting) : await this.#replayUntil(waiting)
    control.setState('running')
    this.#pace.restart()
    return result
  }

  async #replayUntil<Result>(waiting: Promise<Result>): Promise<Result> {
    let isOver = false
    const end = (): void => {
      isOver = true
      this.#wake?.()
    }
    waiting.then(end, end)
    while (!isOver) await this.#replayOrWait()
    return await waiting
  }

  async #finishReplays(): Promise<void> {
    while (this.#replays?.isBusy === true && this.#end === undefined) {
      if (this.#isStopping || this.#parts.telemetry.control.stopRequested()) return
      await this.#replayOrWait()
    }
  }

  async #replayOrWait(): Promise<void> {
    if (this.#parts.telemetry.control.pauseRequested()) await this.#pause()
    else if (!isFull(this.#open) && !this.#publisher.mustWaitForCommit() && this.#enterReplay()) await this.#turnIfDue()
    else await this.#progress()
  }

  /** False when no letter may go in now. */
  #enterReplay(): boolean {
    const isAlone = this.#caution?.hasReplays === true
    if (!this.#mayEnter() || (isAlone && this.#open.length > 0)) return false
    const replay = this.#replays?.take(isAlone ? 1 : this.#pace.limit)
    if (replay === undefined) return false
    const batch = this.#takeBatch()
    fillReplayBatch(batch, replay)
    const { job, index } = replay.lines[0].mark
    batch.doomed = this.#caution?.doomedAt(replaySource(job), index)
    this.#parts.telemetry.beginReplay(batch, replay)
    placeReplayLines(batch, replay.lines)
    this.#enter(batch)
    return true
  }

  #mayEnter(): boolean {
    return !this.#isStopping && this.#sequence <= this.#stopSequence
  }

  #takeBatch(): Batch {
    return this.#free.pop() ?? new Batch(this.#parts.targets)
  }

  #begin(batch: Batch): void {
    const { telemetry, plan } = this.#parts
    this.#linesLeft -= batch.lineCount
    telemetry.begin(batch, plan.entry)
    const queue = batch.queues[plan.entry]
    queue.clear()
    if (batch.oversize === undefined) {
      queue.grow(batch.lineCount)
      for (let line = 0; line < batch.lineCount; line++) queue.items[line] = line
      queue.count = batch.lineCount
    } else refuseOversize(batch, plan.limits.maxLineBytes, telemetry)
    this.#enter(batch)
  }

  #enter(batch: Batch): void {
    batch.sequence = this.#sequence++
    batch.readAtMilliseconds = this.#parts.telemetry.now()
    if (this.#parts.countsHops) batch.hops.fill(0, 0, batch.lineCount)
    this.#open.push(batch)
    this.#advance()
  }

  /** Moves every open batch as far as it can go, then settles those that are through, in order. */
  #advance(): void {
    if (this.#isAdvancing) {
      this.#scheduleProgress()
      return
    }
    this.#isAdvancing = true
    const wasOutside = this.#parts.telemetry.goOutside(false)
    try {
      for (let index = 0; index < this.#open.length; index++) {
        this.#advanceBatch(this.#open[index], this.#open[index - 1])
      }
      this.#parts.telemetry.leave()
      this.#settleReady()
    } finally {
      this.#isAdvancing = false
      this.#parts.telemetry.goOutside(wasOutside)
    }
    this.#publisher.publishIfDue(performance.now())
  }

  #advanceBatch(batch: Batch, previous: Batch | undefined): void {
    const { steps } = this.#parts
    while (batch.step < steps.length) {
      const step = steps[batch.step]
      if (batch.pending > 0) return
      // Also where it has no lines: past the batch before it, it would let the next one overtake that.
      if (!batch.hasEntered && previous !== undefined && !mayFollow(previous, batch.step, step)) return
      if (hasLines(batch, step)) {
        batch.hasEntered = true
        this.#runStep(step, batch)
        if (batch.pending > 0) return
        continue
      }
      batch.step++
      batch.hasEntered = false
    }
  }

  #runStep(step: Step, batch: Batch): void {
    const { nodes, runner } = this.#parts
    do {
      for (const node of step.nodes) runner.run(nodes[node], batch)
    } while (step.isCycle && hasLines(batch, step))
  }

  #settleReady(): void {
    const { steps, settler } = this.#parts
    for (;;) {
      const batch = this.#open[0]
      if (batch === undefined || batch.step < steps.length || batch.isWriting || this.#isAbandoned) return
      if (batch.sequence > this.#stopSequence) {
        this.#recycle(batch)
        continue
      }
      let waits: void | Promise<void>
      try {
        waits = settler.settle(batch)
      } catch (thrown) {
        this.#sinkFailed(thrown)
        return
      }
      if (waits === undefined) {
        this.#settled(batch)
        continue
      }
      batch.isWriting = true
      waits.then(
        () => {
          this.#settled(batch)
          this.#scheduleProgress()
        },
        (thrown: unknown) => this.#sinkFailed(thrown)
      )
      return
    }
  }

  #settled(batch: Batch): void {
    this.#pace.settled(batch.lineCount)
    this.#recycle(batch)
  }

  #recycle(batch: Batch): void {
    this.#open.shift()
    this.#framer.release(batch)
    if (this.#free.length < MAX_OPEN_BATCHES) this.#free.push(batch)
  }

  #sinkFailed(thrown: unknown): void {
    const { message, code } = describeError(thrown)
    this.#end ??= { reason: code === 'EPIPE' ? 'sink_closed' : 'failed', message }
    this.abandon()
  }

  /** The first line that fails so in input order is the one that counts, whichever fails first. */
  #stopAt(batch: Batch, line: number, message: string): void {
    const isFirst =
      batch.sequence < this.#stopSequence || (batch.sequence === this.#stopSequence && line < batch.stopAt)
    batch.stopAt = Math.min(batch.stopAt, line)
    if (isFirst) {
      this.#settleUpTo(batch.sequence)
      const place = `${batch.input.name}:${batch.firstLineNumber + line}`
      if (this.#end === undefined || this.#end.reason === 'stop_on_error') {
        this.#end = { reason: 'stop_on_error', message: `${place}: ${message}` }
      }
    }
    this.#stopReading()
  }

  #scheduleProgress(): void {
    if (this.#isProgressScheduled) return
    this.#isProgressScheduled = true
    queueMicrotask(() => {
      this.#isProgressScheduled = false
      this.#advance()
      this.#wake?.()
    })
  }

  /** Resolves when something has moved. */
  #progress(): Promise<void> {
    return this.#outside(
      new Promise(resolve => {
        this.#wake = () => {
          this.#wake = undefined
          resolve()
        }
      })
    )
  }

  /** Waits in the event loop, where code of processors may run that no call is under way for. */
  async #outside<Result>(waiting: Promise<Result>): Promise<Result> {
    const { telemetry } = this.#parts
    telemetry.goOutside(true)
    const result = await waiting
    telemetry.goOutside(false)
    return result
  }

  async #drain(): Promise<void> {
    while (this.#open.length > 0 && !this.#isAbandoned) {
      this.#advance()
      if (this.#open.length > 0) await this.#progress()
    }
  }

  async #turnIfDue(): Promise<void> {
    const now = performance.now()
    if (this.#open.length === 0 && now - this.#lastTurn < TURN_MILLISECONDS) return
    await this.#outside(
      new Promise<void>(resolve => {
        setImmediate(resolve)
      })
    )
    this.#lastTurn = performance.now()
  }
}
