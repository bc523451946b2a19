// Main's side of replays: one job at a time, begun, paused and ended here, carried out by the lane, durable with the
// commits. A letter that was replayed is discarded after the commit that says so, never before.

import { closeSync, constants, openSync } from 'node:fs'

import { nodeFileSystem } from '../base/file-system.ts'
import { UserError } from '../base/user-error.ts'
import type { Replay, ReplayAnswer, ReplayQuestion, ReplayRequest } from '../contract/replay.ts'
import type { Plan } from '../engine/index.ts'
import { LANE } from '../shared-memory/index.ts'
import { syncData } from '../state/checkpoint/sync.ts'
import type { RevealText } from '../state/dead-letter-log/filter.ts'
import { isOpen, type ReplayJob, type ReplayState } from '../state/replay/job.ts'
import { ReplayJobs } from '../state/replay/jobs.ts'
import type { ReplayOutcome } from '../state/replay/outcome.ts'
import type { LaneRequest, ReplayReport } from './messages.ts'
import { previewAnswer, replayAnswer } from './replay-answers.ts'
import { countOutcomes, discardReplayed, type OpenReplay } from './replay-books.ts'
import { choiceOf, describeSelection } from './replay-request.ts'
import { type Chosen, chooseLetters } from './replay-select.ts'

/** Between two times that letters are discarded: it writes a file anew for each 64 MiB of letters. */
const DISCARD_MILLISECONDS = 1_000

export interface ReplaysSettings {
  readonly plan: Plan
  readonly stateFolder: string
  readonly reveal: RevealText
  readonly log: (message: string) => void
  /** What a run before has left open. */
  readonly open: OpenReplay | undefined
}

/** Why a question cannot be answered with yes. */
class Refusal extends Error {
  readonly status: number
  readonly error: string

  constructor(status: number, error: string, message: string) {
    super(message)
    this.status = status
    this.error = error
  }
}

export class Replays {
  /** There is no lane (any more): one is to be had. */
  onNeedsLane: () => void = () => undefined
  readonly #settings: ReplaysSettings
  readonly #jobs: ReplayJobs
  /** The one that runs, is paused or was stopped. */
  #job: ReplayJob | undefined
  /** Letters of it that are committed, and what became of them. */
  #position = 0
  #counts = new Map<ReplayOutcome, number>()
  /** Where it goes next, once the lane has settled what is in it, up to `position`, and that is committed. */
  #ending:
    | { readonly state: ReplayState; readonly reason: string | undefined; position: number | undefined }
    | undefined
  #outcomes: { readonly number: number; readonly descriptor: number } | undefined
  #discardTimer: NodeJS.Timeout | undefined
  #isChoosing = false
  /** Undefined: there is no lane. */
  #tell: ((request: LaneRequest) => void) | undefined
  #isStopping = false
  #isClosing = false
  #onEnd: (() => void)[] = []

  constructor(settings: ReplaysSettings) {
    this.#settings = settings
    this.#jobs = new ReplayJobs(settings.stateFolder)
    if (settings.open === undefined) return
    this.#job = settings.open.job
    this.#position = settings.open.position
    this.#counts = countOutcomes(this.#jobs, this.#job, 0, this.#position)
  }

  /** A lane has begun, the first one or a successor. */
  laneBegan(tell: (request: LaneRequest) => void): void {
    this.#tell = tell
    // What a dead lane had in it is as if it had never gone in.
    if (this.#ending !== undefined) this.#end(this.#ending.state, this.#ending.reason)
    else if (this.#job?.state === 'running') this.#run(this.#job)
  }

  /** No lane takes anything any more, and what it has settled is committed. */
  laneEnded(): void {
    this.#tell = undefined
    const ending = this.#ending
    if (ending !== undefined) this.#end(ending.state, ending.reason)
    else if (this.#job !== undefined) this.#job = this.#jobs.save(this.#job, { done: this.#position })
    this.#discard()
  }

  /** There is no lane to be had, and why. */
  laneFailed(reason: string): void {
    if (this.#job?.state === 'running') this.#end('stopped', reason)
  }

  /** Nothing is begun or changed any more. */
  stopping(): void {
    this.#isStopping = true
  }

  report(report: ReplayReport): void {
    if (report.job !== this.#job?.number) return
    if (report.type === 'stopped') {
      this.#settings.log(`Replay ${report.job} was stopped: ${report.reason}.`)
      this.#ending ??= { state: 'stopped', reason: report.reason, position: undefined }
      if (!report.hasBegun) this.#end('stopped', report.reason)
    } else if (this.#ending !== undefined) {
      this.#ending.position = report.position
      this.#endIfCommitted()
    }
  }

  /** Before each checkpoint: what it says of a job must be on the disk. */
  sync(): void {
    if (this.#job === undefined) return
    if (this.#settings.plan.durability === 'fast') return
    const path = this.#jobs.outcomesFile(this.#job.number)
    if (this.#outcomes?.number !== this.#job.number) {
      this.#closeOutcomes()
      this.#outcomes = { number: this.#job.number, descriptor: openSync(path, constants.O_RDONLY) }
    }
    syncData(nodeFileSystem, this.#outcomes.descriptor, path)
  }

  /** After each checkpoint. */
  committed(values: Float64Array): void {
    const job = this.#job
    if (job === undefined || values[LANE.replay_job] !== job.number) return
    const position = values[LANE.replay_position]
    if (position > this.#position) {
      for (const [outcome, count] of countOutcomes(this.#jobs, job, this.#position, position)) {
        this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + count)
      }
      this.#position = position
      this.#discardTimer ??= setTimeout(() => this.#discard(), DISCARD_MILLISECONDS).unref()
    }
    if (position >= job.total) this.#end('done', undefined)
    else this.#endIfCommitted()
  }

  /** Resolves when no job is running any more, whatever became of it. */
  async quiet(): Promise<Replay | undefined> {
    while (this.#job?.state === 'running') await new Promise<void>(resolve => this.#onEnd.push(resolve))
    const last = this.#job ?? this.#jobs.list().at(-1)
    return last && this.#answerOf(last)
  }

  get isRunning(): boolean {
    return this.#job?.state === 'running'
  }

  /** At the end of the run. What is not done goes on with the next one. */
  close(): void {
    this.#isStopping = this.#isClosing = true
    this.#discard()
    clearTimeout(this.#discardTimer)
    this.#closeOutcomes()
  }

  async answer(question: ReplayQuestion): Promise<ReplayAnswer> {
    try {
      return await this.#answer(question)
    } catch (failure) {
      if (failure instanceof Refusal) {
        return { status: failure.status, body: { error: failure.error, message: failure.message } }
      }
      if (!(failure instanceof UserError)) throw failure
      return { status: 422, body: { error: 'cannot_replay', message: String(failure) } }
    }
  }

  async #answer(question: ReplayQuestion): Promise<ReplayAnswer> {
    if (question.ask === 'list')
      return { status: 200, body: { replays: this.#jobs.list().map(job => this.#answerOf(job)) } }
    if (question.ask === 'show') return { status: 200, body: this.#answerOf(this.#known(question.replay)) }
    if (question.ask === 'preview') {
      return { status: 200, body: previewAnswer(await this.#choose(question.request)) }
    }
    this.#requireOpenRun()
    if (question.ask === 'start') return await this.#start(question.request)
    const job = this.#known(question.replay)
    if (job.number !== this.#job?.number || !isOpen(job)) {
      throw new Refusal(409, 'replay_has_ended', `Replay ${job.number} is ${job.state} already.`)
    }
    if (question.ask === 'resume') return { status: 200, body: this.#resume(this.#job, question.linesPerSecond) }
    return { status: 200, body: this.#halt(this.#job, question.ask === 'pause' ? 'paused' : 'cancelled') }
  }

  #known(number: number): ReplayJob {
    if (this.#job?.number === number) return this.#job
    const job = this.#jobs.list().find(one => one.number === number)
    if (job === undefined) throw new Refusal(404, 'not_found', `There is no replay ${number}.`)
    return job
  }

  #requireOpenRun(): void {
    if (!this.#isStopping) return
    throw new Refusal(409, 'stopping', 'The run is stopping: nothing can be changed any more.')
  }

  async #start(request: ReplayRequest): Promise<ReplayAnswer> {
    const { key } = request
    const same = key === undefined ? undefined : this.#jobs.list().find(job => job.key === key)
    if (same !== undefined) return { status: 200, body: this.#answerOf(this.#known(same.number)) }
    this.#requireNoOther()
    this.#isChoosing = true
    let chosen: Chosen
    try {
      chosen = await this.#choose(request)
    } finally {
      this.#isChoosing = false
    }
    this.#requireOpenRun()
    if (chosen.lines.length === 0) throw new Refusal(422, 'nothing_selected', nothingSelected(chosen))
    const job = this.#jobs.create(
      {
        name: request.name ?? describeSelection(request),
        key,
        by: request.by ?? 'somebody with the token',
        selection: describeSelection(request),
        from: request.from,
        change: chosen.change,
        linesPerSecond: request.lines_per_second,
        stopAtErrorPercent: request.stop_at_errors,
        isForced: request.force
      },
      this.#settings.plan.configHash,
      chosen.lines
    )
    this.#job = job
    this.#position = 0
    this.#counts = new Map()
    this.#ending = undefined
    this.#run(job)
    return { status: 201, body: this.#answerOf(job) }
  }

  #requireNoOther(): void {
    if (this.#isChoosing) throw new Refusal(409, 'replay_is_starting', 'Another replay is just being started.')
    if (this.#job === undefined) return
    const { number, state } = this.#job
    const how = state === 'running' ? 'Wait for its end, or cancel it' : 'Resume it, or cancel it'
    throw new Refusal(409, 'replay_is_open', `Replay ${number} is ${state}. ${how}: there is one at a time.`)
  }

  async #choose(request: ReplayRequest): Promise<Chosen> {
    const { stateFolder, plan, reveal } = this.#settings
    // What is committed and not discarded yet must not be chosen again.
    this.#discard()
    const chosen = await chooseLetters(stateFolder, plan, choiceOf(request), reveal)
    if (chosen.missing.length > 0) {
      const ids = chosen.missing.slice(0, 5).join(', ')
      throw new Refusal(422, 'no_such_letter', `There is no dead letter ${ids}. Look for it with: linescope dlq ls`)
    }
    return chosen
  }

  #resume(job: ReplayJob, linesPerSecond: number | null | undefined): Replay {
    const limit = linesPerSecond === undefined ? {} : { linesPerSecond: linesPerSecond ?? undefined }
    if (this.#ending !== undefined) {
      throw new Refusal(409, 'replay_is_ending', `Replay ${job.number} is just being ${this.#ending.state}.`)
    }
    const running = this.#jobs.save(job, { ...limit, state: 'running', reason: undefined })
    this.#job = running
    this.#run(running)
    return this.#answerOf(running)
  }

  #halt(job: ReplayJob, state: 'paused' | 'cancelled'): Replay {
    const reason = state === 'cancelled' ? 'as somebody asked' : undefined
    if (job.state !== 'running' || this.#tell === undefined) this.#end(state, reason)
    else {
      this.#ending = { state, reason, position: undefined }
      this.#tell({ type: 'replay-pause' })
    }
    return this.#answerOf(this.#known(job.number))
  }

  #run(job: ReplayJob): void {
    const { configHash } = this.#settings.plan
    let running = job
    if (job.configurations.at(-1)?.configHash !== configHash) {
      const configurations = [...job.configurations, { from: this.#position, configHash }]
      running = this.#jobs.save(job, { configurations })
    }
    this.#job = running
    if (this.#tell === undefined) this.onNeedsLane()
    else this.#tell({ type: 'replay', job: running })
  }

  #endIfCommitted(): void {
    const { state, reason, position } = this.#ending ?? {}
    if (state === undefined || position === undefined || this.#position < position) return
    this.#end(state, reason)
  }

  #end(state: ReplayState, reason: string | undefined): void {
    this.#ending = undefined
    const ended = state === 'done' || state === 'cancelled' ? { endedAtMilliseconds: Date.now() } : {}
    const job = this.#jobs.save(this.#job!, { state, reason, done: this.#position, ...ended })
    this.#job = job
    this.#discard()
    if (!isOpen(job)) this.#job = undefined
    for (const told of this.#onEnd.splice(0)) told()
  }

  #discard(): void {
    clearTimeout(this.#discardTimer)
    this.#discardTimer = undefined
    for (const job of this.#jobs.list()) {
      const position = job.number === this.#job?.number ? this.#position : job.done
      try {
        const changed = discardReplayed(this.#settings.stateFolder, this.#jobs, job, position)
        if (changed.number === this.#job?.number) this.#job = changed
      } catch (failure) {
        // Somebody is discarding by hand, or the disk is full: it is done later, at the latest at the next start.
        if (!this.#isClosing) this.#discardTimer ??= setTimeout(() => this.#discard(), DISCARD_MILLISECONDS).unref()
        if (!(failure instanceof UserError)) this.#settings.log(`Replay ${job.number}: ${String(failure)}`)
      }
    }
  }

  #answerOf(job: ReplayJob): Replay {
    if (job.number === this.#job?.number) return replayAnswer(this.#job, this.#position, this.#counts)
    return replayAnswer(job, job.done, countOutcomes(this.#jobs, job, 0, job.done))
  }

  #closeOutcomes(): void {
    if (this.#outcomes !== undefined) closeSync(this.#outcomes.descriptor)
    this.#outcomes = undefined
  }
}

function nothingSelected({ replayedBefore }: Chosen): string {
  if (replayedBefore === 0) return 'No dead letter matches.'
  const what = replayedBefore === 1 ? 'The one that matches was' : `All ${replayedBefore} that match were`
  return `${what} replayed before. With force ${replayedBefore === 1 ? 'it is' : 'they are'} replayed again.`
}
