// Opens what a run that is over has left, to be looked at: its description, its last checkpoint and its database. Nothing
// in the folder is changed, and nothing of it is held: the next run may take it at any time.

import { UserError } from '../base/user-error.ts'
import type { ReplayAnswer, ReplayQuestion } from '../contract/replay.ts'
import type { StoredRun as RunEntry } from '../contract/runs.ts'
import { waysOf } from '../observer/graph-answer.ts'
import { Observer } from '../observer/observer.ts'
import { createReveal } from '../observer/reveal.ts'
import type { RunStatus } from '../observer/run-status.ts'
import { NotKeptError, type RunView } from '../observer/run-view.ts'
import { StoredRun } from '../observer/stored-run.ts'
import { createRegion, type Region, SnapshotWriter } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { readCheckpoint } from '../state/checkpoint/reader.ts'
import { isAlive } from '../state/lock.ts'
import { readRun } from '../state/run-json.ts'
import { faultOf } from '../store/faults.ts'
import type { AskStore, AskStoreNow } from '../store/messages.ts'
import { ReadOnlyStore } from '../store/read-only.ts'
import { valuesByName } from './checkpoint-counters.ts'
import { type RunDescription, readRunDescription } from './run-description.ts'
import { answerOfStoredReplays } from './stored-replays.ts'

export interface OpenedRun {
  readonly view: RunView
  readonly askStore: AskStore
  readonly askReplays: (question: ReplayQuestion) => Promise<ReplayAnswer>
  /** Which run it was and how it ended, as a sentence. */
  readonly sentence: string
  /** What is lacking or odd, one sentence each. */
  readonly warnings: readonly string[]
  close(): void
}

const MEMORY_ONLY = 'Ways of lines, quantiles, latencies and shares of time were in memory only.'
const OF_THE_STORE = 'History, runs, journeys, groups of errors and the index of dead letters are not known.'

/** `shownAs`: the folder as a person would write it. Throws a UserError for what cannot be shown. */
export function openStoredRun(stateFolder: string, shownAs: string, version: string): OpenedRun {
  const described = readRunDescription(stateFolder)
  if (described === undefined) throw notDescribed(shownAs)
  const { checkpoint, warning } = checkpointIn(stateFolder)
  const store = new StoreAtHand(stateFolder)
  const entry = store.entryOf(described.startedAt)
  const end = endOf({ described, checkpoint, entry, wasLeft: readRun(stateFolder) !== undefined })
  const region = regionOf(described, checkpoint)
  const observer = new Observer({ pipeline: described.pipeline, regions: [region], reveal: createReveal([]), version })
  const warnings = [
    ...(warning === undefined ? [] : [warning]),
    ...(checkpoint === undefined || checkpoint.configHash === described.configHash
      ? []
      : ['The numbers are of the pipeline as it was before this run: it had committed nothing yet.'])
  ]
  observer.setStatus({ ...end, warnings })
  const news = newsOf(stateFolder)
  const view = new StoredRun({
    observer,
    stored: {
      state_folder: shownAs,
      committed_at: checkpoint === undefined ? null : isoOf(checkpoint.atMilliseconds),
      lacking: [MEMORY_ONLY, ...(store.problem === undefined ? [] : [`${OF_THE_STORE} ${store.problem}`])]
    },
    committedAtMilliseconds: checkpoint?.atMilliseconds,
    isTraced: described.isTraced,
    run: entry?.run,
    ask: store.ask,
    problems: () => [store.problem, news()].filter(problem => problem !== undefined)
  })
  return {
    view,
    askStore: async (name, query) => store.ask(name, query),
    askReplays: async question => answerOfStoredReplays(stateFolder, question),
    sentence: sentenceOf(described, end),
    warnings: [...warnings, ...(store.problem === undefined ? [] : [`${store.problem} ${OF_THE_STORE}`])],
    close: () => store.close()
  }
}

/** The database, or why there is none. */
class StoreAtHand {
  #problem: string | undefined
  readonly #store: ReadOnlyStore | undefined

  constructor(stateFolder: string) {
    try {
      this.#store = ReadOnlyStore.open(stateFolder)
      if (this.#store === undefined) this.#problem = 'There is no database in the state folder.'
    } catch (failure) {
      this.#problem = problemOf(failure)
    }
  }

  /** Undefined when it can be read, or could the last time. */
  get problem(): string | undefined {
    return this.#problem
  }

  readonly ask: AskStoreNow = (name, query) => {
    if (this.#store === undefined) throw new NotKeptError(this.#problem)
    try {
      const answer = this.#store.answer(name, query)
      this.#problem = undefined
      return answer
    } catch (failure) {
      this.#problem = problemOf(failure)
      throw new NotKeptError(this.#problem)
    }
  }

  /** The newest run, when it is this one: a short one may not have been entered. */
  entryOf(startedAt: number): RunEntry | undefined {
    if (this.#store === undefined) return undefined
    try {
      return this.ask('runs', { limit: 1 }).runs.find(({ started_at: started }) => started === isoOf(startedAt))
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#store?.close()
  }
}

function problemOf(failure: unknown): string {
  return `The database cannot be read: ${faultOf(failure).reason.replace(/\.$/, '')}.`
}

function checkpointIn(stateFolder: string): {
  readonly checkpoint: Checkpoint | undefined
  readonly warning: string | undefined
} {
  try {
    return readCheckpoint(stateFolder) ?? { checkpoint: undefined, warning: undefined }
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    throw new UserError(cause.message, { hint: 'linescope verify says what of the folder is whole.', cause })
  }
}

interface Known {
  readonly described: RunDescription
  readonly checkpoint: Checkpoint | undefined
  readonly entry: RunEntry | undefined
  /** It has not taken its leave. */
  readonly wasLeft: boolean
}

type End = Pick<RunStatus, 'stopReason' | 'exitCode' | 'uptimeSeconds'> & {
  readonly state: 'finished' | 'failed' | 'crashed'
}

function endOf({ described, checkpoint, entry, wasLeft }: Known): End {
  const committedAt = checkpoint?.atMilliseconds
  const seenAt = entry?.ended_at == null ? 0 : Date.parse(entry.ended_at)
  // A run that has told its end was over then; of any other the last trace counts.
  const hasTold = entry !== undefined && entry.ending !== 'killed'
  const lastAt = Math.max(described.startedAt, seenAt, hasTold ? 0 : (committedAt ?? 0))
  const uptimeSeconds = (lastAt - described.startedAt) / 1000
  const exitCode = entry?.exit_code ?? undefined
  if (hasTold) {
    const isFailure = entry.ending === 'failed' || entry.ending === 'stop_on_error'
    return {
      state: isFailure ? 'failed' : 'finished',
      stopReason: entry.message ?? undefined,
      exitCode,
      uptimeSeconds
    }
  }
  if (checkpoint?.isComplete === true) return { state: 'finished', stopReason: undefined, exitCode, uptimeSeconds }
  const numbers =
    committedAt === undefined
      ? 'It had committed nothing.'
      : `The numbers are those of its last commit, ${isoOf(committedAt)}.`
  const crashed = 'The run ended without a word: it was killed, or the machine went down.'
  const unknown = 'The run ended before the end of its input; how, nobody knows any more.'
  return entry !== undefined || wasLeft
    ? { state: 'crashed', stopReason: `${crashed} ${numbers}`, exitCode, uptimeSeconds }
    : { state: 'finished', stopReason: `${unknown} ${numbers}`, exitCode, uptimeSeconds }
}

/** Counts of the last commit, as a lane would have them that goes on from it. */
function regionOf(described: RunDescription, checkpoint: Checkpoint | undefined): Region {
  const { pipeline, edges, startedAt } = described
  const nodeNames = [...pipeline.processors, ...pipeline.sinks].map(({ name }) => name)
  const shape = {
    processorCount: pipeline.processors.length,
    sinkCount: pipeline.sinks.length,
    edgeCount: edges.length,
    // Nobody records any more.
    trace: false,
    chunkSlots: 0,
    chunkSlotBytes: 0
  }
  const region = { ...createRegion(shape), originMilliseconds: startedAt }
  const snapshot = new SnapshotWriter(region)
  const names = { nodes: nodeNames, edges, ways: waysOf({ pipeline, nodeNames }) }
  snapshot.values.set(valuesByName(names, shape, checkpoint?.lanes[0]?.counters ?? []))
  snapshot.publish(0)
  return region
}

/** Says when another run has taken the folder. */
function newsOf(stateFolder: string): () => string | undefined {
  const before = readRun(stateFolder)
  return () => {
    const run = readRun(stateFolder)
    const isNew =
      run !== undefined && (run.pid !== before?.pid || run.startedAtMilliseconds !== before.startedAtMilliseconds)
    if (!isNew || !isAlive(run.pid)) return undefined
    const where = run.url === undefined ? 'It has no dashboard.' : `Its dashboard is at ${run.url}.`
    return `Another run has begun in the same folder (process ${run.pid}). ${where} This page shows the one before it.`
  }
}

function sentenceOf({ pipeline, startedAt }: RunDescription, { state, stopReason }: End): string {
  const reason = stopReason === undefined ? '' : ` ${stopReason.replace(/\.?$/, '.')}`
  return `Run of ${pipeline.name}, begun ${isoOf(startedAt)}: ${state}.${reason}`
}

function notDescribed(shownAs: string): UserError {
  return new UserError(
    `nothing in ${shownAs} says what was run there: an older Linescope left it, or no run has begun yet`,
    {
      hint: 'linescope stats and dlq read what it holds. The next run of the pipeline can be opened.'
    }
  )
}

function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
