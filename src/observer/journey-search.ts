// One line's journey by its id: with times and values when it was kept, else as it was recorded, else where it is now.

import type { Hop, Trace } from '../contract/trace.ts'
import type { InFlightEntry } from '../shared-memory/index.ts'
import type { KeptJourneys } from './kept-journeys.ts'
import type { LaneReader } from './lane-reader.ts'
import { isoMoment } from './moment.ts'
import type { RecentJourneys } from './recent-journeys.ts'
import type { Reveal } from './reveal.ts'
import { journeyId, leafId, type Names, traceOf } from './trace-answer.ts'

export interface JourneySources {
  readonly lanes: readonly LaneReader[]
  readonly kept: KeptJourneys
  readonly recent: RecentJourneys
  readonly names: Names
  readonly reveal: Reveal
}

/** Of a line that was forked from another one the journey of the whole line. */
export function findJourney(id: string, sources: JourneySources): Trace | undefined {
  const whole = wholeLine(id)
  const kept = sources.kept.find(whole)
  if (kept !== undefined) return kept
  const recent = sources.recent.find(whole)
  if (recent !== undefined) return traceOf(recent, sources.names, sources.reveal)
  return waitingTrace(whole, sources)
}

/** `0:1427.2` is a part of `0:1427`; the dot of `r3.2` is none of a fork. */
function wholeLine(id: string): string {
  return /^(\d+:\d+|r\d+\.\d+)/.exec(id)?.[0] ?? id
}

function waitingTrace(id: string, { lanes, names }: JourneySources): Trace | undefined {
  for (const lane of lanes) {
    const entries = lane.inFlight.read().entries.filter(entry => journeyId(entry) === id)
    if (entries.length > 0) return inFlightTrace(id, entries, lane, names)
  }
  return undefined
}

/** Of a line that waits its place is known and who has it; its text is where it came from. */
function inFlightTrace(id: string, entries: readonly InFlightEntry[], lane: LaneReader, names: Names): Trace {
  const [first] = entries
  const hops = entries.map(entry => waitingHop(entry, lane, names))
  const processors = hops.map(hop => hop.processor)
  return {
    id,
    replay_of: null,
    line: '',
    line_bytes: 0,
    line_is_cut: true,
    file: names.sources[first.sourceNumber] ?? null,
    line_number: first.lineNumber,
    path: processors,
    route: processors.join(' | '),
    outcome: 'in_flight',
    reason: null,
    was_changed: false,
    had_errors: entries.some(({ attempt }) => attempt > 1),
    read_at: isoMoment(lane.unixMilliseconds(Math.min(...entries.map(entry => entry.sinceMilliseconds)))),
    settled_at: null,
    hops,
    leaves: hops.map((_, index) => ({ id: leafId(id, index), hop: index, outcome: 'in_flight', reason: null })),
    leaves_are_cut: false,
    reasons: null,
    weight: null,
    hops_are_cut: true
  }
}

function waitingHop(
  { node, attempt, sinceMilliseconds, isParked }: InFlightEntry,
  lane: LaneReader,
  names: Names
): Hop {
  const startedAt = isoMoment(lane.unixMilliseconds(sinceMilliseconds))
  const seconds = Math.max(0, lane.nowMilliseconds() - sinceMilliseconds) / 1000
  return {
    processor: names.nodes[node] ?? '?',
    parent: null,
    tag: null,
    started_at: startedAt,
    duration: isParked ? null : seconds,
    is_estimated: false,
    waited: isParked ? seconds : null,
    value: null,
    before: null,
    before_is_cut: false,
    after: null,
    after_is_cut: false,
    emitted: null,
    attempts: [{ attempt, started_at: isParked ? null : startedAt, duration: isParked ? null : seconds, error: null }],
    outcome: 'waiting',
    reason: isParked ? `waits for try ${attempt}` : `in try ${attempt}`
  }
}
