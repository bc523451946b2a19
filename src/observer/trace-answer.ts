// Journeys as GET /trace shows them.

import type { Hop, Leaf, Trace } from '../contract/trace.ts'
import type { Outcome } from '../contract/words.ts'
import { decodeLeaf, type ReplayMark } from '../shared-memory/index.ts'
import { journeyTree, routeText } from './journey-tree.ts'
import { textBytes } from './line-text.ts'
import { isoMoment } from './moment.ts'
import { journeyOutcome } from './outcome.ts'
import type { RecentJourney } from './recent-journeys.ts'
import type { Reveal } from './reveal.ts'

export interface Names {
  readonly nodes: readonly string[]
  readonly sources: readonly string[]
}

export function traceOf({ lane, journey }: RecentJourney, names: Names, reveal: Reveal): Trace {
  const tree = journeyTree(
    journey.leaves.map(({ path, forkDepth }) => ({ nodes: lane.paths.nodesOf(path), forkDepth }))
  )
  const codes = journey.leaves.map(leaf => decodeLeaf(leaf.code))
  const reasonOf = (index: number): string | null =>
    codes[index].outcome === 'dropped' ? reveal(lane.strings.text(codes[index].detail)) : null
  const leaves = codes.map((code, index): Leaf => {
    const hop = tree.leafVisits[index]
    return { hop: hop < 0 ? null : hop, outcome: code.outcome ?? 'in_flight', reason: reasonOf(index) }
  })
  const outcome: Outcome = journeyOutcome(leaves.map(leaf => leaf.outcome))
  const hops = tree.visits.map(({ node, parent }): Hop => {
    const processor = names.nodes[node] ?? '?'
    return { processor, parent: parent < 0 ? null : parent, started_at: null, duration: null, value: null }
  })
  const text = textBytes({ offset: journey.offset, bytes: journey.text })
  return {
    id: journeyId(journey),
    replay_of: replayOf(journey),
    line: reveal(text, journey.isCut),
    line_bytes: journey.fullLength - (journey.text.length - text.length),
    line_is_cut: journey.isCut,
    file: names.sources[journey.sourceNumber] ?? null,
    line_number: journey.lineNumber,
    path: hops.map(hop => hop.processor),
    route: routeText(tree, names.nodes),
    outcome,
    reason: outcome === 'dropped' ? (leaves.find(leaf => leaf.reason !== null)?.reason ?? null) : null,
    was_changed: codes.some(code => code.isChanged),
    had_errors: codes.some(code => code.hasFailedOnce),
    read_at: isoMoment(lane.unixMilliseconds(journey.readAtMilliseconds)),
    settled_at: isoMoment(lane.unixMilliseconds(journey.settledAtMilliseconds)),
    hops,
    leaves,
    leaves_are_cut: journey.leafCount > journey.leaves.length
  }
}

interface LinePlace {
  readonly sourceNumber: number
  readonly offset: number
  readonly replay?: ReplayMark | undefined
}

/** `<source number>:<byte offset>`, or `r<job>.<n>` for a line of a replay. */
export function journeyId({ sourceNumber, offset, replay }: LinePlace): string {
  return replay === undefined ? `${sourceNumber}:${offset}` : `r${replay.job}.${replay.index}`
}

/** Id of the dead letter that the line is a replay of. */
export function replayOf({ replay }: LinePlace): string | null {
  if (replay === undefined) return null
  const { source, offset, fork } = replay.of
  const line = source < 0 ? `r${-source}.${offset}` : `${source}:${offset}`
  return fork === 0 ? line : `${line}.${fork}`
}
