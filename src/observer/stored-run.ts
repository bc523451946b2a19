// A run that is over, as its state folder tells of it: counts are those of the last commit, in a region that no lane
// writes; journeys and groups of errors are the store's. What nobody knows any more is never a zero: it is null, an empty
// list with a reason, or a NotKeptError.

import type { ErrorGroupDetail, ErrorGroups, GroupQuery } from '../contract/error-groups.ts'
import type { ErrorGroup, Errors } from '../contract/errors.ts'
import type { Graph } from '../contract/graph.ts'
import type { Health } from '../contract/health.ts'
import type { FoundJourneys, JourneyQuery } from '../contract/journey-query.ts'
import { MAXIMUM_LIMIT } from '../contract/limit.ts'
import type { Stored } from '../contract/stored.ts'
import type { Trace, Traces } from '../contract/trace.ts'
import type { RunState } from '../contract/words.ts'
import type { AskStoreNow, StoredGroups } from '../store/messages.ts'
import type { StoredPages } from './find-journeys.ts'
import type { Family } from './metrics/family.ts'
import type { Observer } from './observer.ts'
import { NotKeptError, type RunView } from './run-view.ts'
import type { StatsAnswer } from './stats-answer.ts'

export interface StoredRunOptions {
  /** Of a region with the counts of the last commit. */
  readonly observer: Observer
  readonly stored: NonNullable<Stored>
  readonly committedAtMilliseconds: number | undefined
  readonly isTraced: boolean
  /** Number of the run in the store; undefined when the store knows nothing of it. */
  readonly run: number | undefined
  /** Throws a NotKeptError. */
  readonly ask: AskStoreNow
  /** What is wrong now, one sentence each. */
  readonly problems: () => readonly string[]
}

/** Measured on lanes and threads, which are gone. */
const LIVE_METRICS = new Set([
  'linescope_processor_error_kinds_total',
  'linescope_oldest_line_seconds',
  'linescope_journeys_matched_total',
  'linescope_journeys_kept_total',
  'linescope_journeys_written_total',
  'linescope_journeys_dropped_total',
  'linescope_journeys_overwritten_total',
  'linescope_paths_overflowed_lines_total',
  'linescope_telemetry_corrupt_total',
  'linescope_lane_restarts_total',
  'linescope_process_cpu_seconds_total',
  'linescope_process_resident_memory_bytes',
  'linescope_thread_heap_bytes',
  'linescope_event_loop_utilization_ratio'
])

export class StoredRun implements RunView {
  readonly #options: StoredRunOptions
  readonly #observer: Observer

  constructor(options: StoredRunOptions) {
    this.#options = options
    this.#observer = options.observer
  }

  state(): RunState {
    return this.#observer.state()
  }

  stats(): StatsAnswer {
    this.#noteProblems()
    const { stored, isTraced } = this.#options
    const stats = this.#observer.stats()
    return {
      ...stats,
      tracing: isTraced,
      snapshot_age_seconds: this.#ageSeconds(),
      latency: null,
      lanes: [],
      input: { ...stats.input, bytes: null },
      stored
    }
  }

  health(): Health {
    this.#noteProblems()
    const { stored } = this.#options
    return { ...this.#observer.health(), snapshot_age_seconds: this.#ageSeconds(), lanes: [], stored }
  }

  metrics(withExemplars: boolean): Family[] {
    return this.#observer
      .metrics(withExemplars)
      .filter(({ name, type }) => type !== 'histogram' && !LIVE_METRICS.has(name))
  }

  graph(): Graph {
    return { ...this.#observer.graph(), snapshot_age_seconds: this.#ageSeconds() }
  }

  processors(): never {
    throw notKept('where its time went', 'What each processor took in all is in /stats.')
  }

  paths(): never {
    throw notKept('which ways its lines took', 'How many lines went from step to step is in /api/v1/graph.')
  }

  lineAt(): never {
    throw notKept('where each line went', 'Journeys that were kept: /api/v1/journeys.')
  }

  lineOf(): never {
    return this.lineAt()
  }

  traces(limit: number): Traces {
    const { isTraced } = this.#options
    const nothing = { tracing: isTraced, recorded: null, overwritten: null, dropped: null, kept: null }
    if (!isTraced) {
      const hint = 'Journeys were not recorded: the run was started without --trace.'
      return { recent_traces: [], hint, traces: [], ...nothing }
    }
    const { found, hint } = this.#tried(() => {
      const run = this.#run()
      const page = this.#options.ask('findJourneys', { limit })
      return page.journeys.filter(journey => journey.run === run).map(({ trace }) => trace)
    }, 'The run is over. Of its journeys those are known that were kept: failed, slow and rare ones, and a sample.')
    const traces = (found ?? []).toReversed()
    return { recent_traces: traces.map(({ route }) => route), hint, traces, ...nothing }
  }

  /** Those of the store are asked for by who asks. */
  journey(id: string): Trace | undefined {
    return this.#observer.journey(id)
  }

  async findJourneys(query: JourneyQuery, stored?: StoredPages): Promise<FoundJourneys> {
    return await this.#observer.findJourneys(query, stored)
  }

  errors(): Errors {
    const { total_errors, shed } = this.#observer.errors(1)
    const { found, hint } = this.#tried(
      () => this.#groups({ sort: 'count', limit: MAXIMUM_LIMIT }).groups,
      'The run is over. Its errors are known by their kinds, each with its newest line.'
    )
    return {
      recent_errors: [],
      errors: [],
      groups: [...(found ?? [])],
      total_errors,
      shed,
      groups_forgotten: null,
      hint
    }
  }

  errorGroups(query: GroupQuery): ErrorGroups {
    const { processors, total_errors } = this.#observer.errorGroups(query)
    const { groups, found, known } = this.#groups(query)
    const all = this.#groups({ sort: 'count', limit: Number.MAX_SAFE_INTEGER }).groups
    const grouped = Map.groupBy(all, ({ processor }) => processor)
    return {
      run: null,
      groups: [...groups],
      found,
      known,
      forgotten: null,
      forgotten_errors: null,
      total_errors,
      processors: (processors ?? []).map(each => {
        const counted = (grouped.get(each.processor) ?? []).reduce((sum, { count }) => sum + count, 0)
        return { ...each, not_grouped: Math.max(0, each.errors - counted) }
      })
    }
  }

  errorGroup(id: string): ErrorGroupDetail | undefined {
    const group = this.#groups({ sort: 'count', limit: Number.MAX_SAFE_INTEGER }).groups.find(each => each.id === id)
    return group && withoutSamples(group)
  }

  taken(): ReturnType<Observer['taken']> {
    return this.#observer.taken()
  }

  #groups(query: GroupQuery): StoredGroups {
    return this.#options.ask('errorGroups', { ...query, run: this.#run() })
  }

  #run(): number {
    const { run, ask } = this.#options
    if (run !== undefined) return run
    // Says what is wrong with the database, where something is.
    ask('runs', { limit: 1 })
    throw new NotKeptError('The database knows nothing of this run.')
  }

  /** The page shows what there is, also where there is no database. */
  #tried<Found>(ask: () => Found, hint: string): { readonly found: Found | undefined; readonly hint: string } {
    try {
      return { found: ask(), hint }
    } catch (failure) {
      if (!(failure instanceof NotKeptError)) throw failure
      return { found: undefined, hint: failure.message }
    }
  }

  #noteProblems(): void {
    this.#observer.setStatus({ problems: this.#options.problems() })
  }

  #ageSeconds(): number | null {
    const { committedAtMilliseconds: at } = this.#options
    return at === undefined ? null : Math.max(0, Date.now() - at) / 1000
  }
}

function withoutSamples(group: ErrorGroup): ErrorGroupDetail {
  return { ...group, paths: [], other_paths_errors: group.count, sample_errors: [] }
}

function notKept(what: string, instead: string): NotKeptError {
  return new NotKeptError(`The run is over, and ${what} is known only while it is on. ${instead}`)
}
