// Counts of all lanes by path: the most frequent ones and the sum of the rest.

import type { PathCount, Paths } from '../contract/paths.ts'
import { LANE, type PathCounts } from '../shared-memory/index.ts'
import { Age } from './age.ts'
import { collapsedRoute } from './collapsed-route.ts'
import type { LaneReader } from './lane-reader.ts'
import { isoMoment } from './moment.ts'
import { type JoinedTimes, joinTimes, timesByPath } from './path-times.ts'

/** Paths that are told apart in answers; what comes after them is one sum. */
const SHOWN_PATHS = 1_000
/** Lanes publish paths once a second and when they end; reading them more often would show nothing new. */
const MAXIMUM_AGE_MILLISECONDS = 500

const OUTCOMES = ['delivered', 'dropped', 'dead', 'unmatched', 'joined'] as const
type Counts = Record<(typeof OUTCOMES)[number], number>
type Sum = Counts & { lines: number; nodes: () => readonly number[]; times: JoinedTimes | undefined }

export class PathStatistics {
  readonly #lanes: readonly LaneReader[]
  readonly #nodeNames: readonly string[]
  #answer: Paths | undefined
  readonly #age: Age

  constructor(lanes: readonly LaneReader[], nodeNames: readonly string[]) {
    this.#lanes = lanes
    this.#nodeNames = nodeNames
    this.#age = new Age(lanes, MAXIMUM_AGE_MILLISECONDS)
  }

  /** The `limit` most frequent paths; all others are in `other`. */
  answer(limit: number): Paths {
    if (this.#age.isOver() || this.#answer === undefined) this.#answer = this.#read()
    return shortened(this.#answer, limit)
  }

  #read(): Paths {
    const sums = this.#sums().sort((a, b) => b.lines - a.lines)
    const total = sums.reduce((lines, sum) => lines + sum.lines, 0)
    const paths = sums.slice(0, SHOWN_PATHS).map(sum => {
      const path = sum.nodes().map(node => this.#nodeNames[node] ?? '?')
      return {
        path,
        lines: sum.lines,
        share: total === 0 ? 0 : sum.lines / total,
        ...countsOf(sum),
        errors: sum.dead + sum.unmatched,
        route: collapsedRoute(path),
        ...timesOf(sum.times)
      }
    })
    const rest = sums.slice(SHOWN_PATHS)
    const other = { paths: rest.length, lines: 0, ...noCounts() }
    for (const sum of rest) add(other, sum)
    const overflowed = this.#lanes.reduce((lines, lane) => lines + lane.values[LANE.paths_overflowed], 0)
    return { paths, other, distinct: sums.length, overflowed }
  }

  #sums(): Sum[] {
    // Lanes number paths each in their own order, so several are joined by the nodes; one lane needs no such key.
    if (this.#lanes.length === 1) {
      const { paths } = this.#lanes[0]
      const times = timesByPath(this.#lanes[0])
      return [...paths.counts()].map(counts => sumOf(counts, () => paths.nodesOf(counts.path), times.get(counts.path)))
    }
    const byNodes = new Map<string, Sum>()
    for (const lane of this.#lanes) {
      const { paths } = lane
      const times = timesByPath(lane)
      for (const counts of paths.counts()) {
        const nodes = paths.nodesOf(counts.path)
        const sum = sumOf(counts, () => nodes, times.get(counts.path))
        const known = byNodes.get(nodes.join(' '))
        if (known === undefined) byNodes.set(nodes.join(' '), sum)
        else {
          add(known, sum)
          known.times = joinTimes(known.times, sum.times)
        }
      }
    }
    return [...byNodes.values()]
  }
}

function shortened(paths: Paths, limit: number): Paths {
  if (limit >= paths.paths.length) return paths
  const other = { ...paths.other }
  for (const path of paths.paths.slice(limit)) {
    add(other, path)
    other.paths++
  }
  return { ...paths, paths: paths.paths.slice(0, limit), other }
}

function sumOf(counts: PathCounts, nodes: () => readonly number[], times: JoinedTimes | undefined): Sum {
  const lines = OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0)
  return { ...countsOf(counts), lines, nodes, times }
}

function countsOf(counts: Counts): Counts {
  const { delivered, dropped, dead, unmatched, joined } = counts
  return { delivered, dropped, dead, unmatched, joined }
}

function timesOf(
  times: JoinedTimes | undefined
): Pick<PathCount, 'p50' | 'p95' | 'p99' | 'max' | 'timed_lines' | 'last_at' | 'example_id'> {
  if (times === undefined) {
    return { p50: null, p95: null, p99: null, max: null, timed_lines: 0, last_at: null, example_id: null }
  }
  const { p50, p95, p99, max, lines, lastAtMilliseconds, exampleId } = times
  return { p50, p95, p99, max, timed_lines: lines, last_at: isoMoment(lastAtMilliseconds), example_id: exampleId }
}

function noCounts(): Counts {
  return { delivered: 0, dropped: 0, dead: 0, unmatched: 0, joined: 0 }
}

function add(to: Counts & { lines: number }, counts: Counts & Pick<PathCount, 'lines'>): void {
  to.lines += counts.lines
  for (const outcome of OUTCOMES) to[outcome] += counts[outcome]
}
