// The supervisor: starts the dashboard and the lane, watches them, and says how the run ended.
//
// It touches no terminal, no signal and no exit code: those are the command line's. The order of the start is such that
// every mistake the user can mend is found before an output file is touched: port, modules, inputs, then outputs.

import { UserError } from '../base/user-error.ts'
import { openIterable } from '../connectors/iterable/source.ts'
import type { Replay, ReplayAnswer, ReplayQuestion } from '../contract/replay.ts'
import type { LaneEnd, Plan } from '../engine/index.ts'
import { Observer } from '../observer/observer.ts'
import { createReveal, type Reveal } from '../observer/reveal.ts'
import type { RunStatus } from '../observer/run-status.ts'
import type { SourceFile } from '../observer/source-texts.ts'
import type { StatsAnswer } from '../observer/stats-answer.ts'
import type { Registry } from '../sdk/registry.ts'
import { createRegion, MainControl, type Region, regionMilliseconds } from '../shared-memory/index.ts'
import type { PoisonNotes } from '../state/poison-notes.ts'
import { beginNotes, whatIsNotRun } from './begin-notes.ts'
import { DashboardThread } from './dashboard-thread.ts'
import { describePlan } from './describe-plan.ts'
import { InputPositions, type OpenedInput } from './input-positions.ts'
import { type LaneKeeper, LaneSupervisor } from './lane-supervisor.ts'
import { openSource } from './prepared-lane.ts'
import { checkpointOf, type OpenReplay } from './replay-books.ts'
import { RunReplays, STARTING } from './replay-run.ts'
import type { Replays } from './replays.ts'
import { inputPositions } from './resume.ts'
import { RunCommits } from './run-commits.ts'
import {
  type AnyLane,
  createLane,
  dashboardData,
  goOnCounting,
  openReplayOf,
  regionShape,
  replaysOf,
  startStore
} from './run-parts.ts'
import type { RunSettings } from './run-settings.ts'
import { SourcePump } from './slot-source.ts'
import { sourceFileOf } from './source-files.ts'
import type { StoreThread } from './store-thread.ts'

export type { LaneEnd, RunSettings, StatsAnswer }

/** A stop takes at most so long; then what is under way is given up. */
const STOP_MILLISECONDS = 8_500
/** After giving up, the thread itself is ended: it may be inside a call that never returns. */
const ABANDON_MILLISECONDS = 500
/** A thread ends within milliseconds, or never: Node cannot end one that is inside native code. */
const TERMINATE_MILLISECONDS = 900

/** Between two times that the dashboard is told of new inputs. */
const TELL_SOURCES_MILLISECONDS = 20

const THE_CHECKPOINT = 'the checkpoint'

export class Run {
  readonly #reveal: Reveal
  readonly #observer: Observer
  readonly #sources: string[] = []
  readonly #files: (SourceFile | undefined)[] = []
  /** Resolves when the lane has ended, however it did. Never rejects. */
  readonly ended: Promise<LaneEnd>
  #isStopping = false
  #lastedSeconds: number | undefined
  readonly #region: Region
  readonly #settings: RunSettings
  readonly #dashboard: DashboardThread | undefined
  readonly #lane: AnyLane
  readonly #commits: RunCommits | undefined
  readonly #notes: PoisonNotes | undefined
  readonly #replays: Replays | undefined
  readonly #replayRuns: RunReplays | undefined
  #store: StoreThread | undefined
  #storeTrouble: string | undefined
  #pump: SourcePump | undefined
  #areSourcesTold = true
  #sourcesTimer: NodeJS.Timeout | undefined
  /** What is wrong with the lane. */
  #trouble: string | undefined
  /** By what cannot be written at the moment. */
  readonly #waiting = new Map<string, { readonly at: number; readonly reason: string }>()

  /** Throws a UserError for everything that the user can mend. */
  static async start(settings: RunSettings): Promise<Run> {
    const { replaysOnly, resume } = settings
    const open = settings.commits && replaysOnly?.of === undefined ? openReplayOf(settings) : undefined
    const region = replaysOnly?.of?.region ?? createRegion(regionShape(settings.plan, settings.trace))
    if (replaysOnly?.of === undefined) goOnCounting(region, settings.plan, resume, open)
    const control = new MainControl(region)
    const reveal = createReveal(settings.secrets, settings.plan.redaction)
    const log = (message: string): void => settings.onLog(reveal(message))
    const notes = beginNotes(settings)
    const lane = createLane(settings, region, control.nextEpoch(), notes)
    lane.onLog = log
    let dashboard: DashboardThread | undefined
    try {
      let run: Run | undefined
      const ask = async (question: ReplayQuestion): Promise<ReplayAnswer> => (await run?.answer(question)) ?? STARTING
      const starting = settings.dashboard && DashboardThread.start(dashboardData(settings, region), log, ask)
      // Both are waited for, so that a failure of one leaves no thread of the other behind.
      const [listening, ready] = await Promise.allSettled([starting, lane.ready])
      if (listening.status === 'fulfilled') dashboard = listening.value
      if (listening.status === 'rejected') throw listening.reason
      if (ready.status === 'rejected') throw ready.reason
      run = new Run(settings, region, lane, dashboard, ready.value, reveal, open, notes)
      await run.#go()
      if (dashboard !== undefined) dashboard.onTap = (order, port) => lane.request({ type: 'tap', order, port })
      return run
    } catch (failure) {
      notes?.end()
      await lane.terminate()
      await dashboard?.stop()
      throw failure instanceof UserError ? new UserError(reveal(String(failure)), { cause: failure.cause }) : failure
    }
  }

  private constructor(
    settings: RunSettings,
    region: Region,
    lane: AnyLane,
    dashboard: DashboardThread | undefined,
    totalBytes: number | undefined,
    reveal: Reveal,
    open: OpenReplay | undefined,
    notes: PoisonNotes | undefined
  ) {
    this.#notes = notes
    this.#settings = settings
    this.#region = region
    this.#lane = lane
    this.#dashboard = dashboard
    this.#reveal = reveal
    this.#observer = new Observer({
      pipeline: describePlan(settings.plan),
      regions: [region],
      reveal: this.#reveal,
      version: settings.version,
      onlyNumbers: true
    })
    this.#setStatus({ inputTotalBytes: totalBytes, warnings: settings.plan.warnings })
    for (const { sourceNumber, name } of settings.resume?.inputs ?? []) this.#sources[sourceNumber] = name
    this.#replays = settings.commits
      ? (settings.replaysOnly?.of?.replays ?? replaysOf(settings, reveal, open))
      : undefined
    // A second run takes the replays of the first one, and has no second one itself.
    const isSecond = settings.replaysOnly?.of !== undefined
    this.#replayRuns = isSecond ? undefined : new RunReplays(this.#replays, replays => this.#startSecond(replays))
    if (settings.commits || lane instanceof LaneSupervisor) this.#commits = this.#createCommits()
    this.ended = lane.ended.then(end => this.#laneEnded(end))
  }

  get url(): string | undefined {
    return this.#dashboard?.url
  }

  /** What `/stats` answers, read at this moment. */
  stats(): StatsAnswer {
    return this.#observer.stats()
  }

  /**
   * Reads no more and lets what was read settle; after 8.5 s calls under way are given up, so that `ended` resolves
   * within 10 s. May be called again without effect.
   */
  stop(reason: string): void {
    if (this.#isStopping) return
    this.#isStopping = true
    if (this.#replayRuns !== undefined) this.#replays?.stopping()
    this.#setStatus({ state: 'stopping', stopReason: reason })
    new MainControl(this.#region).requestStop('drain')
    this.#pump?.stop()
    this.#lane.request({ type: 'stop' })
    const abandon = setTimeout(() => {
      this.#lane.request({ type: 'abandon' })
      const terminate = setTimeout(() => this.#lane.giveUp(), ABANDON_MILLISECONDS)
      void this.ended.then(() => clearTimeout(terminate))
    }, STOP_MILLISECONDS)
    void this.ended.then(() => clearTimeout(abandon))
  }

  /** What the API says to a question about replays, or to a wish. */
  async answer(question: ReplayQuestion): Promise<ReplayAnswer> {
    return (await this.#replayRuns?.answer(question)) ?? STARTING
  }

  /** Resolves when no replay is running; with the newest one, whatever became of it. */
  async replayed(): Promise<Replay | undefined> {
    return await this.#replayRuns?.quiet()
  }

  /** For a run of replays only: it ends when all that went in is settled. */
  endReplays(): void {
    this.#lane.request({ type: 'replay-end' })
  }

  /** Waits for nothing: `ended` resolves now, and lines that are under way stay unsettled. */
  giveUp(): void {
    this.#lane.giveUp()
  }

  /** Tells the dashboard how the run ended; it stays up until `close`. */
  finished(status: {
    readonly state: 'finished' | 'failed'
    readonly stopReason?: string
    readonly exitCode: number
  }): void {
    this.#setStatus({ ...status, uptimeSeconds: this.#lastedSeconds })
  }

  /**
   * Ends the threads. False when the lane's does not end, because a processor blocks it in native code: as long as it
   * does, `process.exit` would not return either.
   */
  async close(): Promise<boolean> {
    this.#pump?.stop()
    await this.#replayRuns?.close()
    const hasEnded = await isSettledWithin(TERMINATE_MILLISECONDS, this.#lane.terminate())
    await this.#dashboard?.stop()
    await this.#store?.stop()
    return hasEnded
  }

  async #go(): Promise<void> {
    const { plan, registry } = this.#settings
    this.#commits?.prepareFiles()
    const isReadHere = plan.source.readBy === 'main' && this.#settings.replaysOnly === undefined
    if (isReadHere && this.#lane instanceof LaneSupervisor) this.#startPump(this.#lane, plan, registry)
    this.#lane.events = {
      began: input => this.#inputBegan(input),
      ended: end => this.#commits?.ended(end),
      released: sourceNumber => this.#commits?.released(sourceNumber),
      waiting: (who, reason) => this.#noteWaiting(who, reason),
      states: stated => this.#commits?.stated(stated),
      replay: report => this.#replays?.report(report)
    }
    this.#lane.request({ type: 'go' })
    const letters = await this.#lane.opened
    if (letters !== undefined) this.#commits?.start(letters)
    if (this.#lane instanceof LaneSupervisor) this.#lane.keeper = this.#createKeeper(this.#commits!)
    this.#replays?.laneBegan(request => this.#lane.request(request))
    this.#store = startStore(this.#settings, this.#region, this.#dashboard, trouble => {
      this.#storeTrouble = trouble
      this.#tellProblems()
    })
    this.#lane.request({ type: 'begin' })
    this.#notes?.working()
  }

  #createKeeper(commits: RunCommits): LaneKeeper {
    return {
      takeBack: () => commits.takeBack(() => !this.#isStopping),
      goesOn: letters => {
        this.#forgetWaiting()
        commits.goOn(letters)
        this.#replays?.laneBegan(request => this.#lane.request(request))
      },
      nameOf: sourceNumber => this.#sources[sourceNumber],
      trouble: message => {
        this.#trouble = message
        this.#tellProblems()
      },
      stuck: doom => this.#notes?.willBeKilled(doom)
    }
  }

  #createCommits(): RunCommits {
    const { plan, registry, stateFolder, resume } = this.#settings
    return new RunCommits({
      plan,
      registry,
      region: this.#region,
      stateFolder,
      resumed: resume,
      commits: this.#settings.commits,
      positions: new InputPositions(inputPositions(resume?.inputs ?? [])),
      log: message => this.#settings.onLog(this.#reveal(message)),
      replaysOnly: this.#settings.replaysOnly !== undefined,
      cutsOutputs: this.#settings.replaysOnly?.cutsOutputs ?? true,
      syncReplays: () => this.#replays?.sync(),
      onCommitted: (commit, values) => {
        this.#lane.request({ type: 'committed', ...commit })
        this.#replays?.committed(values)
      },
      onWaiting: reason => this.#noteWaiting(THE_CHECKPOINT, reason),
      onReplaced: sinks => this.#lane.request({ type: 'reopen', sinks }),
      onFailure: message => this.stop(message)
    })
  }

  /** Behind the end of the input: a lane without input, in the same region. */
  #startSecond(replays: Replays): Promise<Run> {
    return Run.start({
      ...this.#settings,
      dashboard: undefined,
      resume: checkpointOf(this.#settings.stateFolder),
      replaceOutputs: false,
      replaysOnly: { cutsOutputs: false, of: { region: this.#region, replays } }
    })
  }

  #startPump(lane: LaneSupervisor, plan: Plan, registry: Registry): void {
    const { input } = this.#settings
    const source = input === undefined ? openSource(plan, registry) : openIterable(input)
    const firstNumber = Math.max(0, ...(this.#settings.resume?.inputs ?? []).map(input => input.sourceNumber + 1))
    this.#pump = new SourcePump(source, this.#region, firstNumber, (number, name) => {
      lane.request({ type: 'input', number, name, file: undefined })
      this.#noteInput(number, name)
    })
    this.#pump.run().catch((failure: unknown) => {
      lane.sourceFailed(failure instanceof Error ? failure.message : String(failure))
    })
  }

  /** Said, and shown as long as it lasts. */
  #noteWaiting(who: string, reason: string | undefined): void {
    const since = this.#waiting.get(who)
    if (reason === undefined) {
      if (since === undefined) return
      this.#waiting.delete(who)
      const seconds = ((performance.now() - since.at) / 1000).toFixed(1)
      this.#settings.onLog(
        this.#reveal(
          `goes on after ${seconds} s: ${who} ${who.startsWith('the processor ') ? 'works' : 'can be written'} again`
        )
      )
    } else {
      this.#waiting.set(who, { at: since?.at ?? performance.now(), reason })
      this.#settings.onLog(
        this.#reveal(`waiting: ${reason.replace(/\.$/, '')}. No line is lost: it is tried again until it goes through.`)
      )
    }
    this.#tellProblems()
  }

  /** What the dead lane waited for, its successor has not met yet. */
  #forgetWaiting(): void {
    for (const who of this.#waiting.keys()) if (who !== THE_CHECKPOINT) this.#waiting.delete(who)
  }

  #tellProblems(): void {
    const waiting = [...this.#waiting.values()].map(waits => `Waiting: ${waits.reason.replace(/\.$/, '')}.`)
    this.#setStatus({
      problems: [this.#trouble, ...waiting, this.#storeTrouble].filter(problem => problem !== undefined)
    })
  }

  #inputBegan(input: OpenedInput): void {
    this.#commits?.began(input)
    for (const text of whatIsNotRun(this.#notes, input, this.#settings.plan)) this.#settings.onLog(this.#reveal(text))
    this.#files[input.sourceNumber] = sourceFileOf(input)
    this.#noteInput(input.sourceNumber, input.name)
  }

  /** Of many in a short time the dashboard is told at once. */
  #noteInput(number: number, name: string): void {
    if (this.#sources[number] === name) return
    this.#sources[number] = name
    this.#areSourcesTold = false
    if (this.#sourcesTimer === undefined) this.#tellSources()
  }

  #tellSources(): void {
    this.#sourcesTimer = undefined
    if (this.#areSourcesTold) return
    this.#areSourcesTold = true
    this.#setStatus({ sources: [...this.#sources], files: [...this.#files] })
    this.#sourcesTimer = setTimeout(() => this.#tellSources(), TELL_SOURCES_MILLISECONDS).unref()
  }

  #setStatus(status: RunStatus): void {
    this.#observer.setStatus(status)
    this.#dashboard?.status(status)
    this.#store?.status(status)
  }

  async #laneEnded(end: LaneEnd): Promise<LaneEnd> {
    this.#lastedSeconds = regionMilliseconds(this.#region) / 1000
    this.#pump?.stop()
    const committed = (await this.#commits?.finish(end, () => !this.#isStopping)) ?? end
    this.#notes?.end()
    this.#store?.ended(committed.reason, 'message' in committed ? this.#reveal(committed.message) : undefined)
    if (this.#replayRuns === undefined) this.#replays?.laneEnded()
    this.#replayRuns?.laneEnded(
      committed.reason === 'end' && !this.#isStopping && this.#settings.replaysOnly === undefined
    )
    return 'message' in committed ? { ...committed, message: this.#reveal(committed.message) } : committed
  }
}

async function isSettledWithin(milliseconds: number, promise: Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), milliseconds)
  const isSettled = await Promise.race([promise.then(() => true), late])
  clearTimeout(timer)
  return isSettled
}
