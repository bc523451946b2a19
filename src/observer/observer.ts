// Sees the run from outside and answers every question about it. It only reads: nothing it does can slow a lane, and
// a lane that hangs, or a processor that never returns, cannot keep it from answering.

import type { ErrorGroupDetail, ErrorGroups, GroupQuery } from '../contract/error-groups.ts'
import type { Errors } from '../contract/errors.ts'
import type { Graph } from '../contract/graph.ts'
import type { Health } from '../contract/health.ts'
import type { KeptJourney } from '../contract/journey.ts'
import type { FoundJourneys, JourneyQuery } from '../contract/journey-query.ts'
import type { FoundLine } from '../contract/line.ts'
import type { Paths } from '../contract/paths.ts'
import type { PipelineDescription } from '../contract/pipeline.ts'
import type { Processors } from '../contract/processors.ts'
import type { Trace, Traces } from '../contract/trace.ts'
import type { RunState } from '../contract/words.ts'
import { LANE, NODE, NODE_OFFSET, NODE_STRIDE, type Region } from '../shared-memory/index.ts'
import { errorEntry, groupAnswer, groupDetail, groupsAnswer, type Telling } from './error-answers.ts'
import { findJourneys, type StoredPages } from './find-journeys.ts'
import { graphAnswer } from './graph-answer.ts'
import { healthAnswer } from './health-answer.ts'
import { findJourney } from './journey-search.ts'
import { KeptJourneys } from './kept-journeys.ts'
import { Lanes } from './lanes.ts'
import { findLine, type LineLookup, noSuchFile, sourcesNamed } from './line-lookup.ts'
import { endToEndExemplars, failureExemplars } from './metrics/exemplars.ts'
import type { Family } from './metrics/family.ts'
import { HighWater } from './metrics/high-water.ts'
import { OwnHealth } from './metrics/own-health.ts'
import { runMetrics } from './metrics/run-metrics.ts'
import { NodeStatistics } from './node-stats.ts'
import { PathStatistics } from './path-statistics.ts'
import { processorsAnswer } from './processors-answer.ts'
import { LatencyStatistics } from './quantiles.ts'
import { RateWindow } from './rate-window.ts'
import { KEPT_ERRORS, RecentErrors } from './recent-errors.ts'
import { KEPT_JOURNEYS, RecentJourneys } from './recent-journeys.ts'
import type { Reveal } from './reveal.ts'
import { type RunStatus, revealedStatus, runState } from './run-status.ts'
import { SourceSilence } from './source-silence.ts'
import { SourceTexts } from './source-texts.ts'
import { type StatsAnswer, type StatsSources, statsAnswer } from './stats-answer.ts'
import { TimeWindows } from './time-windows.ts'
import { journeyId, type Names, traceOf } from './trace-answer.ts'

export interface ObserverOptions {
  readonly pipeline: PipelineDescription
  /** One for each lane. */
  readonly regions: readonly Region[]
  readonly reveal: Reveal
  readonly version: string
  /**
   * Leaves journeys and errors to another observer: their pages are taken by the first who reads them. Then `traces`
   * and `errors` stay empty.
   */
  readonly onlyNumbers?: boolean
  /** Gets each journey that is kept with times and values, once. */
  readonly keep?: (journeys: readonly KeptJourney[]) => void
  /** Leaves the newest journeys alone, not the kept ones: nobody will ask for them. */
  readonly withoutJourneys?: boolean
}

const POLL_MILLISECONDS = 50
/** A question asked later than this after the last poll polls first. */
const FRESH_MILLISECONDS = 5
/**
 * Journeys are read less often: the lane keeps its last full pages until they are overwritten, so at speed reading
 * them more often would only read lines that the next ones push out.
 */
const JOURNEY_MILLISECONDS = 500

export class Observer {
  readonly #options: ObserverOptions
  readonly #nodeNames: readonly string[]
  readonly #lanes: Lanes
  readonly #rates: RateWindow
  readonly #windows: TimeWindows
  readonly #silence = new SourceSilence()
  readonly #latencies: LatencyStatistics
  readonly #paths: PathStatistics
  readonly #nodes: NodeStatistics
  readonly #journeys: RecentJourneys
  readonly #kept: KeptJourneys
  readonly #errors: RecentErrors
  readonly #texts = new SourceTexts()
  readonly #highWater: HighWater
  readonly #ownHealth: OwnHealth
  #status: RunStatus
  #timer: NodeJS.Timeout | undefined
  #polledAtMilliseconds = Number.NEGATIVE_INFINITY
  #journeysAtMilliseconds = Number.NEGATIVE_INFINITY

  constructor(options: ObserverOptions) {
    this.#options = options
    const { pipeline } = options
    this.#nodeNames = [...pipeline.processors, ...pipeline.sinks].map(node => node.name)
    this.#lanes = new Lanes(options.regions)
    this.#rates = new RateWindow(performance.now(), this.#lanes.totals)
    this.#windows = new TimeWindows(this.#lanes, performance.now())
    this.#latencies = new LatencyStatistics(this.#lanes.readers)
    this.#paths = new PathStatistics(this.#lanes.readers, this.#nodeNames)
    this.#nodes = new NodeStatistics({
      pipeline,
      nodeNames: this.#nodeNames,
      lanes: this.#lanes,
      rates: this.#rates,
      latencies: this.#latencies
    })
    this.#journeys = new RecentJourneys(this.#lanes.readers)
    this.#kept = new KeptJourneys({
      lanes: this.#lanes.readers,
      reveal: options.reveal,
      names: () => this.#names(),
      keep: options.keep
    })
    this.#errors = new RecentErrors(this.#lanes.readers, options.reveal, this.#nodeNames)
    this.#highWater = new HighWater(this.#lanes.readers)
    this.#ownHealth = new OwnHealth(options.version)
    this.#status = revealedStatus({ sources: pipeline.sources }, options.reveal)
  }

  /** Begins to poll. The timer does not keep the thread alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.poll(), POLL_MILLISECONDS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  poll(): void {
    const now = performance.now()
    this.#polledAtMilliseconds = now
    this.#lanes.poll()
    this.#rates.add(now, this.#lanes.totals)
    this.#windows.poll(now)
    const isWaiting = this.#lanes.readers.some(({ state }) => state === 'idle')
    this.#silence.note(now / 1000, this.#lanes.totals[LANE.entered], isWaiting)
    this.#highWater.note()
    if (this.#options.onlyNumbers === true) return
    this.#errors.poll()
    this.#kept.poll()
    if (this.#options.withoutJourneys === true) return
    if (now - this.#journeysAtMilliseconds >= JOURNEY_MILLISECONDS) this.#pollJourneys(now)
  }

  /** Takes over what is given; what is not given stays as it was. */
  setStatus(status: RunStatus): void {
    this.#status = { ...this.#status, ...revealedStatus(status, this.#options.reveal) }
    if (status.files !== undefined && this.#options.onlyNumbers !== true) this.#texts.learn(status.files)
  }

  state(): RunState {
    this.#refresh()
    return runState(
      this.#status,
      this.#lanes.readers.map(lane => lane.state)
    )
  }

  stats(): StatsAnswer {
    this.#refresh()
    return statsAnswer(this.#sources())
  }

  health(): Health {
    this.#refresh()
    return healthAnswer(this.#sources())
  }

  processors(): Processors {
    this.#refresh()
    return processorsAnswer(this.#sources())
  }

  /** What GET /metrics tells. `withExemplars`: the format has room for them. */
  metrics(withExemplars: boolean): Family[] {
    this.#refresh()
    const journeys = withExemplars ? endToEndExemplars(this.#journeys.newest(KEPT_JOURNEYS)) : []
    const { kinds: errorKinds } = this.#errors
    const failures = failureExemplars(withExemplars ? this.#errors.newest(KEPT_ERRORS) : [])
    return [
      ...runMetrics({ ...this.#sources(), highWater: this.#highWater, journeys, failures, errorKinds }),
      ...this.#ownHealth.families(this.#status.uptimeSeconds ?? this.#lanes.uptimeSeconds)
    ]
  }

  graph(): Graph {
    this.#refresh()
    return graphAnswer(this.#sources())
  }

  paths(limit: number): Paths {
    this.#refresh()
    return this.#paths.answer(limit)
  }

  /** The newest `limit` journeys, oldest first. */
  traces(limit: number): Traces {
    this.#refresh()
    const now = performance.now()
    if (now - this.#journeysAtMilliseconds > FRESH_MILLISECONDS) this.#pollJourneys(now)
    const names = this.#names()
    const traces = this.#journeys
      .newest(limit)
      .map(each => this.#kept.find(journeyId(each.journey)) ?? traceOf(each, names, this.#options.reveal))
    const tracing = this.#lanes.readers[0].journeys !== undefined
    const ledgers = this.#lanes.readers.map(lane => lane.journeys?.ledger())
    return {
      recent_traces: traces.map(trace => trace.route),
      tracing,
      ...(tracing ? {} : { hint: 'Journeys are not recorded. Start the run with --trace to record them.' }),
      traces,
      recorded: sum(ledgers, ledger => ledger?.written),
      overwritten: sum(ledgers, ledger => ledger?.overwritten),
      dropped: sum(ledgers, ledger => ledger?.dropped),
      kept: this.#kept.summary(this.#lanes.totals)
    }
  }

  /** Undefined when nothing is known of a line with this id. */
  journey(id: string): Trace | undefined {
    this.#refresh()
    const now = performance.now()
    if (now - this.#journeysAtMilliseconds > FRESH_MILLISECONDS) this.#pollJourneys(now)
    const { readers: lanes } = this.#lanes
    const { reveal } = this.#options
    return findJourney(id, { lanes, kept: this.#kept, recent: this.#journeys, names: this.#names(), reveal })
  }

  /** The newest `limit` failed tries, oldest first. */
  errors(limit: number, hasFullStacks = false): Errors {
    this.#refresh()
    const telling = this.#telling(hasFullStacks)
    const errors = this.#errors.newest(limit).map(error => errorEntry(error, telling))
    return {
      recent_errors: errors.map(error => error.message),
      errors,
      groups: this.#errors.groups.list().map(group => groupAnswer(group, telling)),
      total_errors: this.#lanes.totals[LANE.failed_attempts],
      shed: this.#lanes.totals[LANE.errors_shed] + sum(this.#lanes.readers, lane => lane.errors.ledger().dropped),
      groups_forgotten: this.#errors.groups.forgotten
    }
  }

  /** Among the newest journeys, those kept, and the store's. */
  async findJourneys(query: JourneyQuery, stored?: StoredPages): Promise<FoundJourneys> {
    this.#refresh()
    this.#pollJourneys(performance.now())
    return await findJourneys(query, { kept: this.#kept.newestFirst(), recent: this.#recentTraces(), stored })
  }

  *#recentTraces(): Generator<Trace> {
    const names = this.#names()
    for (const journey of this.#journeys.newest(KEPT_JOURNEYS).toReversed()) {
      yield traceOf(journey, names, this.#options.reveal)
    }
  }

  /** The line that begins at this byte of a source. */
  lineAt(sourceNumber: number, offset: number): FoundLine {
    return findLine({ sourceNumber, offset }, this.#lookup())
  }

  /** Of several files of the same name the one that was opened last and has the line. */
  lineOf(file: string, lineNumber: number): FoundLine {
    const lookup = this.#lookup()
    const sources = sourcesNamed(file, lookup.names.sources)
    const found = sources.toReversed().map(sourceNumber => findLine({ sourceNumber, lineNumber }, lookup))
    return found.find(({ state }) => state === 'settled') ?? found[0] ?? noSuchFile(file, lookup)
  }

  #lookup(): LineLookup {
    this.#refresh()
    const state = this.state()
    return {
      lanes: this.#lanes.readers,
      recent: this.#journeys,
      texts: this.#texts,
      names: this.#names(),
      files: this.#status.files ?? [],
      reveal: this.#options.reveal,
      hasEnded: state === 'finished' || state === 'failed'
    }
  }

  /** How much there was so far, for who wants to know what is new. */
  taken(): { readonly errors: number; readonly journeys: number; readonly recorded: number } {
    this.#refresh()
    const recorded = this.#lanes.totals[LANE.journeys_written]
    return { errors: this.#errors.taken, journeys: this.#journeys.taken, recorded }
  }

  errorGroups(query: GroupQuery): ErrorGroups {
    this.#refresh()
    const { groups } = this.#errors
    const { totals } = this.#lanes
    const processors = this.#nodeNames.map((processor, node) => {
      const errors = totals[NODE_OFFSET + node * NODE_STRIDE + NODE.errors]
      return { processor, errors, not_grouped: Math.max(0, errors - (groups.seen.get(node) ?? 0)) }
    })
    return {
      run: null,
      ...groupsAnswer(groups, query, this.#telling(false)),
      total_errors: totals[LANE.failed_attempts],
      processors: processors.filter(({ errors }) => errors > 0)
    }
  }

  /** With full stacks. Undefined: there is none, or none any more. */
  errorGroup(id: string): ErrorGroupDetail | undefined {
    this.#refresh()
    const group = this.#errors.groups.find(id)
    return group && groupDetail(group, this.#telling(true))
  }

  #telling(hasFullStacks: boolean): Telling {
    return { names: this.#names(), reveal: this.#options.reveal, hasFullStacks }
  }

  #refresh(): void {
    if (performance.now() - this.#polledAtMilliseconds > FRESH_MILLISECONDS) this.poll()
  }

  #pollJourneys(now: number): void {
    this.#journeysAtMilliseconds = now
    this.#journeys.poll()
  }

  #names(): Names {
    return { nodes: this.#nodeNames, sources: this.#status.sources ?? [], pipeline: this.#options.pipeline }
  }

  #sources(): StatsSources {
    return {
      pipeline: this.#options.pipeline,
      nodeNames: this.#nodeNames,
      names: this.#names(),
      lanes: this.#lanes,
      rates: this.#rates,
      windows: this.#windows,
      silence: this.#silence.at(performance.now() / 1000),
      inputs: this.#status.sources ?? [],
      latencies: this.#latencies,
      nodes: this.#nodes,
      paths: this.#paths,
      status: this.#status,
      state: runState(
        this.#status,
        this.#lanes.readers.map(lane => lane.state)
      ),
      version: this.#options.version
    }
  }
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number | undefined): number {
  return items.reduce((total, item) => total + (amount(item) ?? 0), 0)
}
