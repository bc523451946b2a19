// How long lines took on a path, of one lane or of several.

import type { PathTimes } from '../shared-memory/index.ts'
import type { LaneReader } from './lane-reader.ts'

const NANOSECONDS = 1e9

/** Seconds. */
export interface JoinedTimes {
  readonly lines: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  /** Unix time. */
  readonly lastAtMilliseconds: number
  readonly exampleId: string
}

export function timesByPath(lane: LaneReader): Map<number, JoinedTimes> {
  return new Map(lane.pathTimes.read().map(times => [times.path, inSeconds(times, lane)]))
}

function inSeconds(times: PathTimes, lane: LaneReader): JoinedTimes {
  const { job, sourceNumber, offset } = times.example
  return {
    lines: times.lines,
    p50: times.p50Nanoseconds / NANOSECONDS,
    p95: times.p95Nanoseconds / NANOSECONDS,
    p99: times.p99Nanoseconds / NANOSECONDS,
    max: times.maxNanoseconds / NANOSECONDS,
    lastAtMilliseconds: lane.unixMilliseconds(times.lastAtMilliseconds),
    exampleId: job === 0 ? `${sourceNumber}:${offset}` : `r${job}.${offset}`
  }
}

/** Lanes tell percentiles, not durations: those of several are weighed by their lines, which is close, not exact. */
export function joinTimes(a: JoinedTimes | undefined, b: JoinedTimes | undefined): JoinedTimes | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const lines = a.lines + b.lines
  const weighed = (first: number, second: number): number => (first * a.lines + second * b.lines) / lines
  const newest = a.lastAtMilliseconds >= b.lastAtMilliseconds ? a : b
  return {
    ...newest,
    lines,
    p50: weighed(a.p50, b.p50),
    p95: weighed(a.p95, b.p95),
    p99: weighed(a.p99, b.p99),
    max: Math.max(a.max, b.max)
  }
}
