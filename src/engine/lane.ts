// A lane: reads lines, runs them through the whole pipeline and settles them, batch by batch, in input order.
//
// A batch passes the steps of the plan one after the other and waits at one while calls are under way there. Later
// batches may follow up to the same step, never overtake: so every processor gets its lines in input order, and the
// output depends neither on batches nor on timing.

import type { Source } from '../sdk/source.ts'
import type { Batch } from './batch.ts'
import { advanceBatch, isFull, MAX_OPEN_BATCHES } from './batch-order.ts'
import { BatchPace } from './batch-pace.ts'
import type { Caution } from './caution.ts'
import { describeError } from './errors.ts'
import { giveBack } from './give-back.ts'
import type { LaneEnd, LaneOptions } from './lane-options.ts'
import type { LaneParts } from './lane-parts.ts'
import { LineFramer } from './line-framer.ts'
import { refuseOversize } from './oversize.ts'
import { PUBLISH_MILLISECONDS, Publisher } from './publisher.ts'
import { ReplayTurns } from './replay-turns.ts'

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
  readonly #replays: ReplayTurns
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
    this.#replays = this.#createReplayTurns(options.replays)
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
    const { telemetry } = this.#parts
    const { control } = telemetry
    telemetry.clock.start()
    telemetry.become('running')
    // Wherever it waits, code of processors may run that belongs to no call under way.
    telemetry.progress.goOutside(true)
    const timer = setInterval(() => this.publish(), PUBLISH_MILLISECONDS)
    // Whatever ends the reading, what was read before is settled, and what is open is closed.
    await this.#noteFailure(() => this.#readAll())
    telemetry.progress.goOutside(true)
    await this.#noteFailure(() => this.#replays.finish())
    this.#publisher.reopening.isOver = true
    // At the end of its input a run goes on until the last line has its outcome.
    if (this.#isStopping || this.#end !== undefined) control.setState('stopping')
    await this.#noteFailure(() => this.#drain())
    telemetry.progress.goOutside(false)
    await this.#noteFailure(() => this.#parts.close())
    this.#replays.close()
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
    if (last !== undefined) this.#settleUpTo(Math.min(this.#stopSequence, last.sequence))
    for (const { breaker } of this.#parts.nodes) breaker?.end()
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
    const { telemetry } = this.#parts
    for (;;) {
      if (telemetry.control.stopRequested()) this.#isStopping = true
      if (this.#isStopping || this.#linesLeft <= 0) return
      if (telemetry.control.pauseRequested()) {
        await this.#pause()
        continue
      }
      if (isFull(this.#open) || this.#publisher.mustWaitForCommit()) {
        await this.#progress()
        continue
      }
      if (this.#replays.enter()) await this.#turnIfDue()
      const batch = this.#takeBatch()
      telemetry.progress.goOutside(false)
      let result = this.#framer.next(batch, Math.min(this.#pace.limit, this.#linesLeft))
      if (typeof result !== 'string') result = await this.#idle(result)
      // What is read from there on is not settled.
      if (result === 'end' || this.#sequence > this.#stopSequence) return
      if (this.#publisher.reopening.isHeld && !(await this.#untilCommitted())) return
      if (this.#caution?.isAlone(batch.input.sourceNumber, batch.offset) === true) await this.#beginAlone(batch)
      else this.#begin(batch)
      telemetry.progress.goOutside(true)
      await this.#turnIfDue()
    }
  }

  /** Nothing else is open while the line runs, and each step that it takes is seen from outside. */
  async #beginAlone(batch: Batch): Promise<void> {
    this.#publisher.isHolding = true
    this.#parts.telemetry.progress.goOutside(true)
    await this.#drain()
    if (this.#isAbandoned || this.#isStopping) return
    const { intervalMilliseconds } = this.#publisher
    if (this.#caution!.isSuspect(batch.input.sourceNumber, batch.offset)) this.publishMilliseconds = 0
    this.#publisher.publishIfDue(performance.now())
    this.#publisher.isHolding = false
    batch.doomed = this.#caution!.doomedAt(batch.input.sourceNumber, batch.offset)
    this.#begin(batch)
    await this.#drain()
    this.#parts.telemetry.progress.onLineOver?.()
    this.publishMilliseconds = intervalMilliseconds
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
    const { telemetry } = this.#parts
    telemetry.become('paused')
    while (telemetry.control.pauseRequested() && !telemetry.control.stopRequested() && !this.#isStopping) {
      await new Promise(resolve => setTimeout(resolve, PAUSE_POLL_MILLISECONDS))
    }
    telemetry.become('running')
  }

  async #idle<Result>(waiting: Promise<Result>): Promise<Result> {
    const { telemetry } = this.#parts
    telemetry.progress.goOutside(true)
    this.#publisher.publishAll()
    telemetry.become('idle')
    const result = await this.#replays.until(waiting)
    telemetry.progress.goOutside(false)
    telemetry.become('running')
    this.#pace.restart()
    return result
  }

  #createReplayTurns(replays: LaneOptions['replays']): ReplayTurns {
    const [open, pace, publisher] = [this.#open, this.#pace, this.#publisher]
    const { telemetry } = this.#parts
    return new ReplayTurns(replays, telemetry, this.#caution, {
      mayEnter: () => !this.#isStopping && this.#end === undefined && !telemetry.control.stopRequested(),
      hasRoom: () => !isFull(open) && !publisher.mustWaitForCommit(),
      openCount: () => open.length,
      maxLines: () => pace.limit,
      takeBatch: () => this.#takeBatch(),
      enter: batch => this.#enter(batch),
      turn: () => this.#turnIfDue(),
      pause: () => this.#pause(),
      progress: () => this.#progress(),
      wake: () => this.#wake?.()
    })
  }

  #takeBatch(): Batch {
    return this.#free.pop() ?? this.#parts.createBatch()
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
    batch.readAtMilliseconds = this.#parts.telemetry.momentOf(batch.replay ? performance.now() : this.#framer.filledAt)
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
    const wasOutside = this.#parts.telemetry.progress.goOutside(false)
    try {
      for (let index = 0; index < this.#open.length; index++) {
        advanceBatch(this.#open[index], this.#open[index - 1], this.#parts)
      }
      this.#parts.telemetry.progress.leave()
      this.#settleReady()
    } finally {
      this.#isAdvancing = false
      this.#parts.telemetry.progress.goOutside(wasOutside)
    }
    this.#publisher.publishIfDue(performance.now())
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
    this.#parts.telemetry.clock.look()
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
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
    await new Promise<void>(resolve => {
      setImmediate(resolve)
    })
    this.#lastTurn = performance.now()
  }
}
