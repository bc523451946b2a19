// Everything that GET /metrics tells. Names and meanings: docs/metrics.md.

import { KEEP_REASONS, RUN_STATES } from '../../contract/word-lists.ts'
import { LANE, type LaneCounter } from '../../shared-memory/index.ts'
import type { ErrorKinds } from '../error-kinds.ts'
import { ledgerOf } from '../ledger.ts'
import type { StatsSources } from '../stats-answer.ts'
import type { Exemplar, Family, PlainFamily } from './family.ts'
import type { HighWater } from './high-water.ts'
import { nodeMetrics } from './node-metrics.ts'
import { timeMetrics } from './time-metrics.ts'

export interface MetricsSources extends StatsSources {
  readonly highWater: HighWater
  /** Newest last. */
  readonly journeys: readonly Exemplar[]
  readonly failures: ReadonlyMap<number, Exemplar>
  readonly errorKinds: ErrorKinds
}

export function runMetrics(sources: MetricsSources): Family[] {
  const { lanes, pipeline, state } = sources
  const startedUnixSeconds = lanes.startedAtMilliseconds / 1000
  return [
    ...ledgerMetrics(sources),
    ...nodeMetrics({ ...sources, startedUnixSeconds }),
    ...timeMetrics(sources),
    {
      name: 'linescope_run_state',
      type: 'gauge',
      help: '1 for the state that the run is in, 0 for all others.',
      samples: RUN_STATES.map(each => ({
        labels: { pipeline: pipeline.name, state: each },
        value: each === state ? 1 : 0
      }))
    },
    ...telemetryMetrics(sources, startedUnixSeconds)
  ]
}

function ledgerMetrics(sources: MetricsSources): Family[] {
  const { lanes, pipeline } = sources
  return [
    lineCounter(
      sources,
      'entered',
      'settled_lines',
      'Lines that entered from a source, counted when all that they became is settled.'
    ),
    lineCounter(
      sources,
      'replayed',
      'settled_replayed',
      'Dead letters that entered again, counted when they are settled.'
    ),
    lineCounter(
      sources,
      'forked',
      'settled_forked',
      'Lines beyond the first that calls emitted, counted when they are settled.'
    ),
    {
      name: 'linescope_unaccounted_lines',
      type: 'gauge',
      unit: 'lines',
      help: 'What the ledger of the newest snapshot lacks. Anything but 0 is a fault of Linescope.',
      samples: [{ labels: { pipeline: pipeline.name }, value: ledgerOf(lanes.totals).unaccounted }]
    }
  ]
}

function lineCounter({ highWater }: MetricsSources, what: string, counter: LaneCounter, help: string): PlainFamily {
  const value = highWater.count(LANE[counter])
  return {
    name: `linescope_${what}_lines_total`,
    type: 'counter',
    unit: 'lines',
    help,
    samples: [{ labels: {}, value }]
  }
}

/** What telemetry itself kept, and what it could not. */
function telemetryMetrics({ highWater, lanes }: MetricsSources, createdUnixSeconds: number): Family[] {
  const byRule = (name: string, help: string, counter: 'matched' | 'kept'): PlainFamily => ({
    name,
    type: 'counter',
    help,
    createdUnixSeconds,
    samples: KEEP_REASONS.map(reason => ({
      labels: { reason },
      value: highWater.count(LANE[`${counter}_${reason}`])
    }))
  })
  const own = (name: string, help: string, value: number): PlainFamily => {
    return { name, type: 'counter', help, createdUnixSeconds, samples: [{ labels: {}, value }] }
  }
  return [
    own(
      'linescope_journeys_written_total',
      'Journeys of lines, counted when these are settled, the dropped ones included; none without --trace.',
      highWater.count(LANE.journeys_written)
    ),
    own(
      'linescope_journeys_dropped_total',
      'Journeys that were not recorded because there was no room.',
      highWater.count(LANE.journeys_dropped)
    ),
    own(
      'linescope_journeys_overwritten_total',
      'Recorded journeys that newer ones have taken the place of.',
      highWater.count(LANE.journeys_overwritten)
    ),
    byRule(
      'linescope_journeys_matched_total',
      'Journeys that a rule of keeping held for; one journey may be in several.',
      'matched'
    ),
    byRule(
      'linescope_journeys_kept_total',
      'Those of them that were kept with times and values; limits have taken the rest.',
      'kept'
    ),
    {
      name: 'linescope_error_samples_shed_total',
      type: 'counter',
      help: 'Failed attempts that were counted without their message, because there were too many at once.',
      samples: [{ labels: {}, value: highWater.count(LANE.errors_shed) }]
    },
    own(
      'linescope_paths_overflowed_lines_total',
      'Lines whose way could not be told apart because the table of ways was full.',
      highWater.count(LANE.paths_overflowed)
    ),
    own(
      'linescope_telemetry_corrupt_total',
      'Pieces of shared memory that held what no writer writes, and were not shown. Anything but 0 is a fault of Linescope.',
      lanes.readers.reduce((sum, lane) => sum + lane.corruptions, 0)
    ),
    own(
      'linescope_lane_restarts_total',
      'Lanes that were started again after they had died, counted with the first snapshot of the new one.',
      lanes.readers.reduce((sum, { epoch }) => sum + Math.max(0, epoch - 1), 0)
    )
  ]
}
