// Journeys as GET /trace shows them.

import type { PipelineDescription } from '../contract/pipeline.ts'
import type { Hop, Leaf, Trace } from '../contract/trace.ts'
import type { HopOutcome, Outcome } from '../contract/words.ts'
import { decodeLeaf, FIXED_STRINGS, type ReplayMark, STRING_BYTES } from '../shared-memory/index.ts'
import { type JourneyTree, journeyTree, routeText, type Visit } from './journey-tree.ts'
import { textBytes } from './line-text.ts'
import { isoMoment } from './moment.ts'
import { journeyOutcome } from './outcome.ts'
import type { RecentJourney } from './recent-journeys.ts'
import type { Reveal } from './reveal.ts'

export interface Names {
  readonly nodes: readonly string[]
  readonly sources: readonly string[]
  /** Undefined: nothing is known of tags. */
  readonly pipeline?: PipelineDescription | undefined
}

/** A reason that was cut at a character ends this close to the limit. */
const LONGEST_CHARACTER_BYTES = 4

/** What a journey and a kept one have in common. */
type TracedJourney = Omit<RecentJourney['journey'], 'epoch' | 'sequence'>

export function traceOf(
  { lane, journey }: Pick<RecentJourney, 'lane'> & { readonly journey: TracedJourney },
  names: Names,
  reveal: Reveal
): Trace {
  const id = journeyId(journey)
  const tree = journeyTree(
    journey.leaves.map(({ path, forkDepth }) => ({ nodes: lane.paths.nodesOf(path), forkDepth }))
  )
  const codes = journey.leaves.map(leaf => decodeLeaf(leaf.code))
  const reasonOf = (index: number): string | null => {
    const { outcome, detail } = codes[index]
    if (outcome !== 'dropped') return null
    const reason = lane.strings.text(detail)
    if (detail < FIXED_STRINGS.length) return reason
    const bytes = Buffer.from(reason)
    return reveal(bytes, bytes.length > STRING_BYTES - LONGEST_CHARACTER_BYTES)
  }
  const leaves = codes.map((code, index): Leaf => {
    const hop = tree.leafVisits[index]
    const outcome = code.outcome ?? 'in_flight'
    return { id: leafId(id, index), hop: hop < 0 ? null : hop, outcome, reason: reasonOf(index) }
  })
  const outcome: Outcome = journeyOutcome(leaves.map(leaf => leaf.outcome))
  const hops = tree.visits.map((visit, index) => hopOf(visit, endOf(tree, leaves, index), tree, names))
  const text = textBytes({ offset: journey.offset, bytes: journey.text })
  return {
    id,
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
    leaves_are_cut: journey.leafCount > journey.leaves.length,
    reasons: null,
    weight: null,
    hops_are_cut: false
  }
}

/** The first instance has the line's own id. */
export function leafId(id: string, index: number): string {
  return index === 0 ? id : `${id}.${index}`
}

type HopEnd = Pick<Hop, 'outcome' | 'reason'>

/** A visit that a line came on from has sent it on; else it is the end of a line instance. */
function endOf({ visits, leafVisits }: JourneyTree, leaves: readonly Leaf[], visit: number): HopEnd {
  // Depth first: what came from a visit stands right behind it.
  if (visits[visit + 1]?.parent === visit) return { outcome: 'emitted', reason: null }
  const leaf = leaves[leafVisits.indexOf(visit)]
  if (leaf === undefined || leaf.outcome === 'in_flight') return { outcome: 'emitted', reason: null }
  return { outcome: leaf.outcome satisfies HopOutcome, reason: leaf.reason }
}

function hopOf({ node, parent }: Visit, end: HopEnd, { visits }: JourneyTree, names: Names): Hop {
  return {
    processor: names.nodes[node] ?? '?',
    parent: parent < 0 ? null : parent,
    tag: parent < 0 ? null : onlyTag(names.pipeline, visits[parent].node, node),
    started_at: null,
    duration: null,
    is_estimated: null,
    waited: null,
    value: null,
    before: null,
    before_is_cut: false,
    after: null,
    after_is_cut: false,
    emitted: null,
    attempts: null,
    ...end
  }
}

/** The tag by which lines come from one node to the other, where there is just one. */
function onlyTag(pipeline: PipelineDescription | undefined, from: number, to: number): string | null {
  const tags = pipeline?.processors[from]?.tags.filter(({ target }) => target === to) ?? []
  return tags.length === 1 ? tags[0].tag : null
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
