// The supervisor: starts the dashboard and the lane, watches them, and says how the run ended.
//
// It touches no terminal, no signal and no exit code: those are the command line's. The order of the start is such that
// every mistake the user can mend is found before an output file is touched: port, modules, inputs, then outputs.

import { UserError } from '../base/user-error.ts'
import { type IterableInput, openIterable } from '../connectors/iterable/source.ts'
import type { Replay, ReplayAnswer, ReplayQuestion } from '../contract/replay.ts'
import { edgeBases, type LaneEnd, type Plan, type ValueOutput } from '../engine/index.ts'
import { Observer } from '../observer/observer.ts'
import { createReveal, type Reveal } from '../observer/reveal.ts'
import type { RunStatus } from '../observer/run-status.ts'
import type { StatsAnswer } from '../observer/stats-answer.ts'
import type { Registry } from '../sdk/registry.ts'
import { createRegion, LANE, MainControl, type Region, SnapshotWriter } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { counterValues } from './checkpoint-counters.ts'
import type { DashboardData } from './dashboard.ts'
import { DashboardThread } from './dashboard-thread.ts'
import { describePlan } from './describe-plan.ts'
import { InputPositions, type OpenedInput } from './input-positions.ts'
import { LaneInThread } from './lane-in-thread.ts'
import { type LaneKeeper, LaneSupervisor } from './lane-supervisor.ts'
import { openSource } from './prepared-lane.ts'
import { catchUpOnReplays, checkpointOf, type OpenReplay } from './replay-books.ts'
import { replayInSecondRun } from './replay-run.ts'
import { Replays } from './replays.ts'
import { inputPositions } from './resume.ts'
import { RunCommits } from './run-commits.ts'
import { SourcePump } from './slot-source.ts'

export type { LaneEnd, StatsAnswer }

export interface DashboardOptions {
  readonly host: string
  /** 0 picks one. */
  readonly port: number
  readonly allowHosts: readonly string[]
  /** For changes, and for reading on a host that others can reach. */
  readonly token: string
}

export interface RunSettings {
  readonly plan: Plan
  readonly registry: Registry
  readonly trace: boolean
  readonly stateFolder: string
  /** False: nothing outlives the run, which has a state folder for its own time only. */
  readonly commits: boolean
  /** What it goes on from; outputs were not touched yet. Undefined: a fresh start. */
  readonly resume: Checkpoint | undefined
  readonly replaceOutputs: boolean
  /** Lines to read at most. */
  readonly maxLines: number
  /** Undefined: no dashboard. */
  readonly dashboard: DashboardOptions | undefined
  readonly version: string
  /** Values that are masked in all output. */
  readonly secrets: readonly string[]
  /** One line each, complete and masked; the caller escapes and prints. */
  readonly onLog: (message: string) => void
  /** Reads no input and replays dead letters, until `endReplays`. */
  readonly replaysOnly?: ReplaysOnly | undefined
  /** Library mode: lines of the caller in place of the plan's source. */
  readonly input?: IterableInput | undefined
  /** Library mode: values to the caller in place of a sink. The lane runs on the caller's thread then. */
  readonly valueOutput?: ValueOutput | undefined
}

export interface ReplaysOnly {
  /** False: the outputs are left as they are, and only get more. */
  readonly cutsOutputs: boolean
  /** Those of the run whose input has ended, in the same process. */
  readonly of?: { readonly region: Region; readonly replays: Replays } | undefined
}

const CHUNK_SLOT_BYTES = 64 * 1024
const OPEN_BYTES = 4 * 1024 * 1024
/** Lanes wait while they have written more than this and it is not committed. */
const UNCOMMITTED_BYTES = 64 * 1024 * 1024
/** A stop takes at most so long; then what is under way is given up. */
const STOP_MILLISECONDS = 8_500
/** After giving up, the thread itself is ended: it may be inside a call that never returns. */
const TELL_SOURCES_MILLISECONDS = 20
const ABANDON_MILLISECONDS = 500
/** A thread ends within milliseconds, or never: Node cannot end one that is inside native code. */
const TERMINATE_MILLISECONDS = 900

export class Run {
  readonly #reveal: Reveal
  readonly #observer: Observer
  readonly #sources: string[] = []
  /** Resolves when the lane has ended, however it did. Never rejects. */
  readonly ended: Promise<LaneEnd>
  #isStopping = false
  readonly #region: Region
  readonly #settings: RunSettings
  readonly #dashboard: DashboardThread | undefined
  readonly #lane: AnyLane
  readonly #commits: RunCommits | undefined
  readonly #replays: Replays | undefined
  /** Replays dead letters after the end of the input. */
  #second: Promise<Run | undefined> | undefined
  #mayGoOn = false
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
    const lane = createLane(settings, region, control.nextEpoch())
    const reveal = createReveal(settings.secrets)
    const log = (message: string): void => settings.onLog(reveal(message))
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
      run = new Run(settings, region, lane, dashboard, ready.value, reveal, open)
      await run.#go()
      return run
    } catch (failure) {
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
    open: OpenReplay | undefined
  ) {
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
    if (settings.commits) this.#replays = settings.replaysOnly?.of?.replays ?? this.#createReplays(open)
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
    this.#replays?.stopping()
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
    if (this.#replays === undefined) return NOT_KEPT
    return await this.#replays.answer(question)
  }

  /** Resolves when no replay is running; with the newest one, whatever became of it. */
  async replayed(): Promise<Replay | undefined> {
    return await this.#replays?.quiet()
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
    this.#setStatus(status)
  }

  /**
   * Ends the threads. False when the lane's does not end, because a processor blocks it in native code: as long as it
   * does, `process.exit` would not return either.
   */
  async close(): Promise<boolean> {
    this.#pump?.stop()
    await this.#closeSecond()
    if (this.#settings.replaysOnly?.of === undefined) this.#replays?.close()
    const hasEnded = await isSettledWithin(TERMINATE_MILLISECONDS, this.#lane.terminate())
    await this.#dashboard?.stop()
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
    this.#lane.request({ type: 'begin' })
  }

  #createKeeper(commits: RunCommits): LaneKeeper {
    return {
      takeBack: () => commits.takeBack(() => !this.#isStopping),
      goesOn: () => {
        commits.goOn()
        this.#replays?.laneBegan(request => this.#lane.request(request))
      },
      nameOf: sourceNumber => this.#sources[sourceNumber],
      trouble: message => {
        this.#trouble = message
        this.#tellProblems()
      },
      stuck: () => undefined
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
      onCommitted: (sequence, finished, values) => {
        this.#lane.request({ type: 'committed', sequence, finished })
        this.#replays?.committed(values)
      },
      onWaiting: reason => this.#noteWaiting('the checkpoint', reason),
      onFailure: message => this.stop(message)
    })
  }

  #createReplays(open: OpenReplay | undefined): Replays {
    const { plan, stateFolder } = this.#settings
    return new Replays({
      plan,
      stateFolder,
      reveal: this.#reveal,
      log: message => this.#settings.onLog(this.#reveal(message)),
      open,
      needsLane: () => this.#startSecond()
    })
  }

  /** The lane has ended with its input: one without input replays what there is to be replayed, and ends again. */
  #startSecond(): void {
    const replays = this.#replays
    if (replays === undefined || !this.#mayGoOn || this.#isStopping || this.#second !== undefined) return
    const start = (): Promise<Run> =>
      Run.start({
        ...this.#settings,
        dashboard: undefined,
        resume: checkpointOf(this.#settings.stateFolder),
        replaceOutputs: false,
        replaysOnly: { cutsOutputs: false, of: { region: this.#region, replays } }
      })
    this.#second = replayInSecondRun(start, replays, () => {
      this.#second = undefined
      if (replays.isRunning) this.#startSecond()
    })
  }

  async #closeSecond(): Promise<void> {
    const second = await this.#second
    second?.stop('the run ends')
    await second?.ended
    await second?.close()
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
      this.#settings.onLog(this.#reveal(`goes on after ${seconds} s: ${who} can be written again`))
    } else {
      this.#waiting.set(who, { at: since?.at ?? performance.now(), reason })
      this.#settings.onLog(
        this.#reveal(`waiting: ${reason}. No line is lost: it is tried again until it goes through.`)
      )
    }
    this.#tellProblems()
  }

  #tellProblems(): void {
    const waiting = [...this.#waiting.values()].map(waits => `Waiting: ${waits.reason}.`)
    this.#setStatus({ problems: this.#trouble === undefined ? waiting : [this.#trouble, ...waiting] })
  }

  #inputBegan(input: OpenedInput): void {
    this.#commits?.began(input)
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
    this.#setStatus({ sources: [...this.#sources] })
    this.#sourcesTimer = setTimeout(() => this.#tellSources(), TELL_SOURCES_MILLISECONDS).unref()
  }

  #setStatus(status: RunStatus): void {
    this.#observer.setStatus(status)
    this.#dashboard?.status(status)
  }

  async #laneEnded(end: LaneEnd): Promise<LaneEnd> {
    this.#pump?.stop()
    const committed = (await this.#commits?.finish(end, () => !this.#isStopping)) ?? end
    this.#replays?.laneEnded()
    this.#mayGoOn = committed.reason === 'end' && this.#settings.replaysOnly === undefined
    if (this.#mayGoOn && this.#replays?.isRunning === true) this.#startSecond()
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

type AnyLane = LaneSupervisor | LaneInThread

/** Inline functions and the caller's own callbacks exist on the caller's thread only. */
function createLane(settings: RunSettings, region: Region, epoch: number): AnyLane {
  const { plan, stateFolder, replaceOutputs, maxLines, input, valueOutput, commits, resume } = settings
  const start = {
    plan,
    region,
    epoch,
    stateFolder,
    replaceOutputs,
    maxLines,
    resume: resume && inputPositions(resume.inputs),
    states: resume?.processors ?? [],
    uncommittedBytes: commits ? UNCOMMITTED_BYTES : undefined,
    place: undefined,
    caution: { suspects: [], doomed: [] },
    replaysOnly: settings.replaysOnly !== undefined
  }
  const isInline = plan.processors.some(processor => processor.component.kind === 'inline')
  if (!isInline && valueOutput === undefined) return new LaneSupervisor(start)
  const source = input === undefined ? undefined : openIterable(input)
  return new LaneInThread(start, settings.registry, source, valueOutput)
}

function dashboardData(settings: RunSettings, region: Region): DashboardData {
  const { host, port, allowHosts, token } = settings.dashboard!
  const pipeline = describePlan(settings.plan)
  return {
    pipeline,
    regions: [region],
    host,
    port,
    allowHosts,
    token,
    secrets: settings.secrets,
    version: settings.version
  }
}

/** A lane begins with the snapshot that stands in its region. A replay goes on also where a run begins afresh. */
function goOnCounting(region: Region, plan: Plan, resume: Checkpoint | undefined, open: OpenReplay | undefined): void {
  if (resume === undefined && open === undefined) return
  const snapshot = new SnapshotWriter(region)
  snapshot.values.set(counterValues(plan, region.shape, resume?.lanes[0]?.counters ?? []))
  if (open !== undefined) {
    snapshot.values[LANE.replay_job] = open.job.number
    snapshot.values[LANE.replay_position] = open.position
  }
  snapshot.publish(0)
}

function openReplayOf({ stateFolder, onLog, secrets }: RunSettings): OpenReplay | undefined {
  const reveal = createReveal(secrets)
  return catchUpOnReplays(stateFolder, checkpointOf(stateFolder), message => onLog(reveal(message)))
}

const STARTING: ReplayAnswer = { status: 503, body: { error: 'starting', message: 'The run is just starting.' } }
const NOT_KEPT: ReplayAnswer = {
  status: 409,
  body: { error: 'nothing_kept', message: 'This run keeps no dead letters: it has no state folder.' }
}

function regionShape(plan: Plan, trace: boolean): Region['shape'] {
  const bases = edgeBases(plan)
  const slots = (plan.limits.maxLineBytes + 2 * OPEN_BYTES) / CHUNK_SLOT_BYTES
  return {
    processorCount: plan.processors.length,
    sinkCount: plan.sinks.length,
    edgeCount: bases[bases.length - 1],
    trace,
    // A power of two, and more than a lane may hold open.
    chunkSlots: plan.source.readBy === 'main' ? 2 ** Math.ceil(Math.log2(slots)) : 0,
    chunkSlotBytes: CHUNK_SLOT_BYTES
  }
}
