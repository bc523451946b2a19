// The supervisor: starts the dashboard and the lane, watches them, and says how the run ended.
//
// It touches no terminal, no signal and no exit code: those are the command line's. The order of the start is such that
// every mistake the user can mend is found before an output file is touched: port, modules, inputs, then outputs.

import { UserError } from '../base/user-error.ts'
import { type IterableInput, openIterable } from '../connectors/iterable/source.ts'
import { edgeBases, type LaneEnd, type Plan, type ValueOutput } from '../engine/index.ts'
import { Observer } from '../observer/observer.ts'
import { createReveal, type Reveal } from '../observer/reveal.ts'
import type { RunStatus } from '../observer/run-status.ts'
import type { StatsAnswer } from '../observer/stats-answer.ts'
import type { Registry } from '../sdk/registry.ts'
import { createRegion, MainControl, type Region, SnapshotWriter } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { counterValues } from './checkpoint-counters.ts'
import type { DashboardData } from './dashboard.ts'
import { DashboardThread } from './dashboard-thread.ts'
import { describePlan } from './describe-plan.ts'
import { InputPositions, type OpenedInput } from './input-positions.ts'
import { LaneInThread } from './lane-in-thread.ts'
import { LaneThread } from './lane-thread.ts'
import { openSource } from './prepared-lane.ts'
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
  /** Library mode: lines of the caller in place of the plan's source. */
  readonly input?: IterableInput | undefined
  /** Library mode: values to the caller in place of a sink. The lane runs on the caller's thread then. */
  readonly valueOutput?: ValueOutput | undefined
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
  #pump: SourcePump | undefined
  #areSourcesTold = true
  #sourcesTimer: NodeJS.Timeout | undefined
  /** By what cannot be written at the moment. */
  readonly #waiting = new Map<string, { readonly at: number; readonly reason: string }>()

  /** Throws a UserError for everything that the user can mend. */
  static async start(settings: RunSettings): Promise<Run> {
    const region = createRegion(regionShape(settings.plan, settings.trace))
    if (settings.resume !== undefined) goOnCounting(region, settings.plan, settings.resume)
    const control = new MainControl(region)
    const lane = createLane(settings, region, control.nextEpoch())
    const reveal = createReveal(settings.secrets)
    const log = (message: string): void => settings.onLog(reveal(message))
    lane.onLog = log
    let dashboard: DashboardThread | undefined
    try {
      const starting = settings.dashboard && DashboardThread.start(dashboardData(settings, region), log)
      // Both are waited for, so that a failure of one leaves no thread of the other behind.
      const [listening, ready] = await Promise.allSettled([starting, lane.ready])
      if (listening.status === 'fulfilled') dashboard = listening.value
      if (listening.status === 'rejected') throw listening.reason
      if (ready.status === 'rejected') throw ready.reason
      const run = new Run(settings, region, lane, dashboard, ready.value, reveal)
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
    reveal: Reveal
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
    if (settings.commits) this.#commits = this.#createCommits()
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
    const hasEnded = await isSettledWithin(TERMINATE_MILLISECONDS, this.#lane.terminate())
    await this.#dashboard?.stop()
    return hasEnded
  }

  async #go(): Promise<void> {
    const { plan, registry } = this.#settings
    this.#commits?.prepareFiles()
    if (plan.source.readBy === 'main' && this.#lane instanceof LaneThread) this.#startPump(this.#lane, plan, registry)
    this.#lane.events = {
      began: input => this.#inputBegan(input),
      ended: end => this.#commits?.ended(end),
      released: sourceNumber => this.#commits?.released(sourceNumber),
      waiting: (who, reason) => this.#noteWaiting(who, reason)
    }
    this.#lane.request({ type: 'go' })
    const letters = await this.#lane.opened
    if (letters !== undefined) this.#commits?.start(letters)
    this.#lane.request({ type: 'begin' })
  }

  #createCommits(): RunCommits {
    const { plan, registry, stateFolder, resume } = this.#settings
    return new RunCommits({
      plan,
      registry,
      region: this.#region,
      stateFolder,
      resumed: resume,
      positions: new InputPositions(inputPositions(resume?.inputs ?? [])),
      log: message => this.#settings.onLog(this.#reveal(message)),
      onCommitted: (sequence, finished) => this.#lane.request({ type: 'committed', sequence, finished }),
      onWaiting: reason => this.#noteWaiting('the checkpoint', reason),
      onFailure: message => this.stop(message)
    })
  }

  #startPump(lane: LaneThread, plan: Plan, registry: Registry): void {
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
    this.#setStatus({ problems: [...this.#waiting.values()].map(waits => `Waiting: ${waits.reason}.`) })
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

type AnyLane = LaneThread | LaneInThread

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
    uncommittedBytes: commits ? UNCOMMITTED_BYTES : undefined
  }
  const isInline = plan.processors.some(processor => processor.component.kind === 'inline')
  if (!isInline && valueOutput === undefined) return new LaneThread(start)
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

/** A lane begins with the snapshot that stands in its region. */
function goOnCounting(region: Region, plan: Plan, { lanes }: Checkpoint): void {
  const snapshot = new SnapshotWriter(region)
  snapshot.values.set(counterValues(plan, region.shape, lanes[0]?.counters ?? []))
  snapshot.publish(0)
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
