// What a run is made of: its lane, its region, the counts that it goes on from.

import { systemErrorCode, systemErrorReason } from '../base/system-error.ts'
import { openIterable } from '../connectors/iterable/source.ts'
import { edgeBases, type Plan } from '../engine/index.ts'
import { totalsOf } from '../observer/history-sampler.ts'
import { createReveal, type Reveal } from '../observer/reveal.ts'
import { LANE, type Region, SnapshotWriter } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import type { PoisonNotes } from '../state/poison-notes.ts'
import { ReplayJobs } from '../state/replay/jobs.ts'
import { counterValues, edgeNames } from './checkpoint-counters.ts'
import type { DashboardData } from './dashboard.ts'
import type { DashboardThread } from './dashboard-thread.ts'
import { describePlan } from './describe-plan.ts'
import { LaneInThread } from './lane-in-thread.ts'
import { LaneSupervisor } from './lane-supervisor.ts'
import { catchUpOnReplays, checkpointOf, type OpenReplay } from './replay-books.ts'
import { Replays } from './replays.ts'
import { inputPositions } from './resume.ts'
import { writeRunDescription } from './run-description.ts'
import type { RunSettings } from './run-settings.ts'
import { StoreThread } from './store-thread.ts'

const CHUNK_SLOT_BYTES = 64 * 1024
const OPEN_BYTES = 4 * 1024 * 1024
/** Lanes wait while they have written more than this and it is not committed. */
const UNCOMMITTED_BYTES = 64 * 1024 * 1024
export type AnyLane = LaneSupervisor | LaneInThread

/** Inline functions and the caller's own callbacks exist on the caller's thread only. */
export function createLane(
  settings: RunSettings,
  region: Region,
  epoch: number,
  notes: PoisonNotes | undefined
): AnyLane {
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
    caution: { suspects: [], doomed: notes?.lines ?? [] },
    isCareful: notes?.isCareful === true,
    replaysOnly: settings.replaysOnly !== undefined
  }
  if (!isInline(settings)) return new LaneSupervisor(start)
  const source = input === undefined ? undefined : openIterable(input)
  return new LaneInThread(start, settings.registry, source, valueOutput)
}

/** Functions of the caller are part of it, which no other thread has. */
function isInline({ plan, valueOutput }: RunSettings): boolean {
  return valueOutput !== undefined || plan.processors.some(processor => processor.component.kind === 'inline')
}

export function dashboardData(settings: RunSettings, region: Region): DashboardData {
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
    redaction: settings.plan.redaction,
    version: settings.version,
    letters: { stateFolder: settings.stateFolder, plan: isInline(settings) ? undefined : settings.plan }
  }
}

/** A lane begins with the snapshot that stands in its region. A replay goes on also where a run begins afresh. */
export function goOnCounting(
  region: Region,
  plan: Plan,
  resume: Checkpoint | undefined,
  open: OpenReplay | undefined
): void {
  if (resume === undefined && open === undefined) return
  const snapshot = new SnapshotWriter(region)
  snapshot.values.set(counterValues(plan, region.shape, resume?.lanes[0]?.counters ?? []))
  if (open !== undefined) {
    snapshot.values[LANE.replay_job] = open.job.number
    snapshot.values[LANE.replay_position] = open.position
  }
  snapshot.publish(0)
}

/** The replay that was under way when the last process ended. Where the input is read afresh, somebody must decide on it. */
export function openReplayOf({ plan, stateFolder, resume, onLog, secrets }: RunSettings): OpenReplay | undefined {
  const reveal = createReveal(secrets, plan.redaction)
  const say = (message: string): void => onLog(reveal(message))
  const open = catchUpOnReplays(stateFolder, checkpointOf(stateFolder), say)
  if (open === undefined || open.job.state !== 'running') return open
  const { number, total } = open.job
  const where = `at ${open.position} of ${total} letters`
  if (resume !== undefined) {
    say(`Replay ${number} goes on, ${where}.`)
    return open
  }
  const reason = 'the run began afresh, and its input goes through once more'
  say(`Replay ${number} stays ${where}: ${reason}. Go on with: linescope replay resume ${number}`)
  return { ...open, job: new ReplayJobs(stateFolder).save(open.job, { state: 'stopped', reason }) }
}

export function regionShape(plan: Plan, trace: boolean): Region['shape'] {
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

/** Those of a run that keeps its dead letters. */
export function replaysOf(
  { plan, stateFolder, onLog }: RunSettings,
  reveal: Reveal,
  open: OpenReplay | undefined
): Replays {
  return new Replays({ plan, stateFolder, reveal, log: message => onLog(reveal(message)), open })
}

/** Of a run that leaves something behind, and is no replay of another. Before the first line is read. */
export function startStore(
  settings: RunSettings,
  region: Region,
  dashboard: DashboardThread | undefined,
  onTrouble: (trouble: string | undefined) => void
): StoreThread | undefined {
  const { plan, stateFolder, secrets, version, trace, commits, replaysOnly, onLog } = settings
  if (!commits || replaysOnly !== undefined) return undefined
  const { name, configHash } = plan
  const run = { startedAt: Date.now(), pipeline: name, version, configHash, isTraced: trace }
  describeRun(settings, run.startedAt)
  const data = {
    stateFolder,
    run,
    pipeline: describePlan(plan),
    regions: [region],
    totals: totalsOf(region),
    readsPages: dashboard === undefined,
    secrets,
    redaction: plan.redaction,
    ...plan.store
  }
  const thread = new StoreThread(data, {
    log: message => onLog(message),
    onTrouble,
    onRestart: () => dashboard?.attachStore()
  })
  dashboard?.attachStore(() => thread.connect())
  return thread
}

/** For who looks at the run when it is over. No line depends on it. */
function describeRun({ plan, stateFolder, secrets, version, trace, onLog }: RunSettings, startedAt: number): void {
  const { configHash } = plan
  const pipeline = describePlan(plan)
  try {
    writeRunDescription(stateFolder, {
      startedAt,
      version,
      configHash,
      isTraced: trace,
      pipeline,
      edges: edgeNames(plan)
    })
  } catch (failure) {
    if (systemErrorCode(failure) === undefined) throw failure
    const reveal = createReveal(secrets, plan.redaction)
    onLog(reveal(`linescope open will not show this run when it is over: ${systemErrorReason(failure)}`))
  }
}
