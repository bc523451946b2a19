// Replay jobs as the API tells of them.

import type { Replay, ReplayPreview } from '../contract/replay.ts'
import type { ReplayJob } from '../state/replay/job.ts'
import { REFUSALS, type ReplayOutcome } from '../state/replay/outcome.ts'
import type { Chosen } from './replay-select.ts'

type Counts = ReadonlyMap<ReplayOutcome, number>

export function replayAnswer(job: ReplayJob, done: number, counts: Counts): Replay {
  const count = (outcome: ReplayOutcome): number => counts.get(outcome) ?? 0
  return {
    replay: job.number,
    name: job.name,
    state: job.state,
    reason: job.reason ?? null,
    selection: job.selection,
    from: job.from,
    is_edited: job.change !== undefined,
    is_forced: job.isForced,
    by: job.by,
    created_at: new Date(job.createdAtMilliseconds).toISOString(),
    ended_at: job.endedAtMilliseconds === undefined ? null : new Date(job.endedAtMilliseconds).toISOString(),
    lines_per_second: job.linesPerSecond ?? null,
    stop_at_errors: job.stopAtErrorPercent ?? null,
    config_hashes: job.configurations.map(({ configHash }) => configHash),
    total: job.total,
    done,
    delivered: count('delivered'),
    dropped: count('dropped'),
    dead: count('dead'),
    unmatched: count('unmatched'),
    same_line: count('same_line'),
    refused: refusedOf(counts)
  }
}

export function previewAnswer(chosen: Chosen): ReplayPreview {
  return {
    selected: chosen.lines.length,
    refused: refusedOf(chosen.refused),
    same_line: chosen.sameLine,
    replayed_before: chosen.replayedBefore,
    config_changed: chosen.configChanged
  }
}

export function refusedOf(counts: Counts): Replay['refused'] {
  return [...counts].flatMap(([outcome, count]) => {
    const reason = REFUSALS[outcome]
    return reason === undefined || count === 0 ? [] : [{ outcome, reason, count }]
  })
}
