// GET /health: what is wrong, in sentences.

import type { Health, Lane } from '../contract/health.ts'
import type { RunState } from '../contract/words.ts'
import { ledgerOf } from './ledger.ts'
import { isoMoment } from './moment.ts'
import { sourceText } from './processors-answer.ts'
import type { StatsSources } from './stats-answer.ts'

/** A processor that has had the thread for so long is worth a word. */
const LONG_CALL_SECONDS = 5
/** A lane that runs gives a sign of life far more often. */
const SILENCE_SECONDS = 5

export function healthAnswer(sources: StatsSources): Health {
  const { lanes, state, status } = sources
  const described = lanes.describe(sources.nodeNames)
  const { faults, troubles } = problemsOf(sources, described)
  return {
    status: faults.length > 0 ? 'failing' : troubles.length > 0 ? 'degraded' : 'ok',
    state,
    problems: [...faults, ...troubles],
    warnings: [...(status.warnings ?? [])],
    stop_reason: status.stopReason ?? null,
    exit_code: status.exitCode ?? null,
    version: sources.version,
    pipeline: sources.pipeline.name,
    started_at: isoMoment(lanes.startedAtMilliseconds),
    uptime_seconds: status.uptimeSeconds ?? lanes.uptimeSeconds,
    snapshot_age_seconds: lanes.snapshotAgeSeconds ?? null,
    lanes: described,
    stored: null
  }
}

/** Faults first: what makes a run a failing one. */
export function problemsOf(
  sources: StatsSources,
  lanes: readonly Lane[]
): { readonly faults: string[]; readonly troubles: string[] } {
  const troubles = [
    ...(sources.status.problems ?? []),
    ...corruptionsOf(sources),
    ...lanes.flatMap(lane => troublesOf(lane, sources.state)),
    ...silenceOf(sources)
  ]
  return { faults: faultsOf(sources), troubles }
}

function faultsOf({ lanes, state, status }: StatsSources): string[] {
  const faults: string[] = []
  if (state === 'failed' || state === 'crashed') faults.push(status.stopReason ?? 'The run failed.')
  const { unaccounted } = ledgerOf(lanes.totals)
  if (unaccounted !== 0) {
    const lines = Math.abs(unaccounted) === 1 ? 'line is' : 'lines are'
    faults.push(`${unaccounted} ${lines} unaccounted for. This is a fault of Linescope.`)
  }
  return faults
}

function corruptionsOf({ lanes }: StatsSources): string[] {
  const corruptions = lanes.readers.reduce((sum, lane) => sum + lane.corruptions, 0)
  return corruptions === 0
    ? []
    : [`${corruptions} pieces of telemetry could not be read. This is a fault of Linescope.`]
}

function silenceOf({ silence, pipeline, inputs, state }: StatsSources): string[] {
  if (silence === undefined || state !== 'running') return []
  const seconds = Math.floor(silence.seconds)
  const usual =
    silence.usualSeconds <= 1 ? 'at least every second' : `about every ${Math.round(silence.usualSeconds)} s`
  return [`No line has come from ${sourceText(pipeline, inputs)} for ${seconds} s; usually one comes ${usual}.`]
}

function troublesOf(lane: Lane, state: RunState): string[] {
  if (state === 'finished' || state === 'failed' || state === 'crashed') return []
  if (lane.busy_processor !== null && (lane.busy_seconds ?? 0) >= LONG_CALL_SECONDS) {
    const seconds = Math.round(lane.busy_seconds ?? 0)
    return [`Lane ${lane.lane} has been in processor ${JSON.stringify(lane.busy_processor)} for ${seconds} s.`]
  }
  const isSilent = state === 'running' && lane.state !== 'idle' && (lane.heartbeat_age_seconds ?? 0) >= SILENCE_SECONDS
  return isSilent
    ? [`Lane ${lane.lane} has given no sign of life for ${Math.round(lane.heartbeat_age_seconds ?? 0)} s.`]
    : []
}
