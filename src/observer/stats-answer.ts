// GET /stats out of one set of snapshots.

import { type Answer, NameMap } from '../contract/name-map.ts'
import type { InFlight, Rates, Stats } from '../contract/stats.ts'
import { LANE } from '../shared-memory/index.ts'
import { problemsOf } from './health-answer.ts'
import type { Lanes } from './lanes.ts'
import { ledgerOf } from './ledger.ts'
import { isoMoment } from './moment.ts'
import type { NodeSources } from './node-stats.ts'
import type { PathStatistics } from './path-statistics.ts'
import { latenciesOf, statsBottleneck, type TimeSources } from './processors-answer.ts'
import type { RateWindow } from './rate-window.ts'
import type { RunStatus } from './run-status.ts'
import type { Silence } from './source-silence.ts'
import { journeyId, type Names } from './trace-answer.ts'

export type StatsAnswer = Answer<Stats, 'lines_processed_by_each_processor'>

export interface StatsSources extends NodeSources, TimeSources {
  readonly names: Names
  readonly paths: PathStatistics
  readonly status: RunStatus
  readonly silence: Silence | undefined
  readonly version: string
}

/** The ten most frequent paths; all of them have a route of their own. */
const SHOWN_PATHS = 10

export function statsAnswer(sources: StatsSources): StatsAnswer {
  const { lanes, nodes, nodeNames, pipeline, latencies, status } = sources
  const { totals } = lanes
  const now = Date.now()
  const described = lanes.describe(nodeNames)
  const { faults, troubles } = problemsOf(sources, described)
  const processorTimes = pipeline.processors.map((_, node) => nodes.count(node, 'time_nanos'))
  return {
    total_lines_processed: totals[LANE.settled_lines],
    total_processing_time: processorTimes.reduce((sum, time) => sum + time, 0) / 1e9,
    total_errors: totals[LANE.failed_attempts],
    lines_processed_by_each_processor: new NameMap(
      nodeNames.map((name, node) => [name, nodes.count(node, 'received')])
    ),
    state: sources.state,
    pipeline: pipeline.name,
    version: sources.version,
    tracing: lanes.readers[0].region.shape.trace,
    at: isoMoment(now),
    started_at: isoMoment(lanes.startedAtMilliseconds),
    uptime_seconds: status.uptimeSeconds ?? lanes.uptimeSeconds,
    snapshot_age_seconds: lanes.snapshotAgeSeconds ?? null,
    ledger: ledgerOf(totals),
    rates: ratesOf(sources.rates),
    end_to_end: latencies.quantiles(nodeNames.length, totals[LANE.entered]),
    latency: latenciesOf(sources),
    bottleneck: statsBottleneck(sources),
    processors: nodes.processors(),
    sinks: nodes.sinks(),
    lanes: described,
    in_flight: inFlight(lanes, sources.names),
    paths: sources.paths.answer(SHOWN_PATHS).paths,
    input: {
      bytes: totals[LANE.input_bytes],
      total_bytes: status.inputTotalBytes ?? null,
      invalid_utf8_lines: totals[LANE.input_lines_changed_invalid_utf8],
      embedded_newlines: totals[LANE.embedded_newlines]
    },
    problems: [...faults, ...troubles],
    warnings: [...(status.warnings ?? [])],
    stop_reason: status.stopReason ?? null,
    exit_code: status.exitCode ?? null,
    stored: null
  }
}

function ratesOf(rates: RateWindow): Rates {
  return {
    window_seconds: rates.seconds,
    lines: rates.perSecond(LANE.settled_lines),
    entered: rates.perSecond(LANE.entered),
    delivered: rates.perSecond(LANE.delivered),
    dropped: rates.perSecond(LANE.dropped),
    errors: rates.perSecond(LANE.failed_attempts),
    input_bytes: rates.perSecond(LANE.input_bytes)
  }
}

function inFlight(lanes: Lanes, names: Names): InFlight[] {
  return lanes.readers.flatMap(lane =>
    lane.inFlight.read().entries.map(entry => ({
      id: journeyId(entry),
      file: names.sources[entry.sourceNumber] ?? null,
      line_number: entry.lineNumber,
      processor: names.nodes[entry.node] ?? null,
      attempt: entry.attempt,
      since: isoMoment(lane.unixMilliseconds(entry.sinceMilliseconds)),
      seconds: Math.max(0, lane.nowMilliseconds() - entry.sinceMilliseconds) / 1000,
      is_waiting: entry.isParked
    }))
  )
}
