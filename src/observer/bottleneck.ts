// The one sentence that says what sets the pace of a run, and how fast it could be at most until that is faster.
//
// It names a step only when that step stands out: it takes a large part of the lane, and clearly more than any other.

import { quote } from '../base/quote.ts'
import type { Bottleneck } from '../contract/processors.ts'
import type { LaneShares } from './time-shares.ts'

export interface PaceNode {
  readonly name: string
  readonly isSink: boolean
}

export interface Pace {
  readonly shares: LaneShares
  readonly nodes: readonly PaceNode[]
  /** Lanes that shared the time. */
  readonly lanes: number
  /** Lines that got all their outcomes in the window. */
  readonly lines: number
  /** What lines come from, as users know it: `stdin`, `file`. */
  readonly source: string
}

/** Of less time nothing is said. */
const LEAST_SECONDS = 0.1
/** From so much waiting for input on, that is what sets the pace. */
const INPUT_SHARE = 0.2
/** A step that takes less does not stand out, nor one that takes less than so many times as much as the next. */
const LEADING_SHARE = 0.3
const LEADING_TIMES = 1.6

interface Holder {
  readonly kind: 'node' | 'engine' | 'commit' | 'dead_letters'
  readonly node: number
  readonly share: number
}

/** Undefined while too little has happened. */
export function bottleneckOf(pace: Pace): Bottleneck | undefined {
  const { shares } = pace
  if (shares.laneSeconds < LEAST_SECONDS) return undefined
  if (shares.paused >= 0.5) {
    return said('paused', undefined, shares.paused, undefined, `Paused for ${percent(shares.paused)} of the time.`)
  }
  if (shares.input >= INPUT_SHARE) return inputLimited(pace)
  const [first, second] = holdersOf(shares)
  if (first === undefined || first.share === 0) return undefined
  if (first.kind !== 'node') return notANode(first, pace)
  const isLeading =
    first.share >= LEADING_SHARE && !(second?.kind === 'node' && first.share < LEADING_TIMES * second.share)
  return isLeading ? oneNode(first, pace) : spread(pace)
}

/** Who has the lane, largest part first. */
function holdersOf(shares: LaneShares): Holder[] {
  return [
    ...shares.nodes.map(({ lane }, node) => ({ kind: 'node' as const, node, share: lane })),
    { kind: 'engine' as const, node: -1, share: shares.engine },
    { kind: 'commit' as const, node: -1, share: shares.commit },
    { kind: 'dead_letters' as const, node: -1, share: shares.deadLetters }
  ].sort((a, b) => b.share - a.share)
}

function inputLimited(pace: Pace): Bottleneck {
  const { input } = pace.shares
  const source = pace.source
  const most = rateOf(pace, Math.max(1 - input, 0.001))
  const could = most === undefined ? '' : `; it could take about ${count(most)} lines/s`
  const sentence =
    pace.lines === 0
      ? `Waits for ${source}: no line has come for ${Math.round(pace.shares.laneSeconds / pace.lanes)} s.`
      : `Input-limited: the lane waits for ${source} ${percent(input)} of the time${could}.`
  return said('input', undefined, input, most, sentence)
}

function notANode({ kind, share }: Holder, pace: Pace): Bottleneck {
  const most = rateOf(pace, share)
  if (kind === 'commit') {
    const sentence = `The lane waits ${percent(share)} of the time for commits: the disk syncs more slowly than lines are written${atMost(most, 'it is faster')}.`
    return said('commit', undefined, share, most, sentence)
  }
  if (kind === 'dead_letters') {
    const sentence = `The lane waits ${percent(share)} of the time for the dead-letter log${atMost(most, 'that is faster')}.`
    return said('dead_letters', undefined, share, most, sentence)
  }
  const [largest] = nodesBySize(pace)
  const then = largest === undefined ? '' : `; ${largest} is the largest step`
  const full = rateOf(pace, 1)
  return said('engine', undefined, share, full, `The engine's own work takes ${percent(share)} of the lane${then}.`)
}

function oneNode({ node, share }: Holder, pace: Pace): Bottleneck {
  const { awaited, lane } = pace.shares.nodes[node]
  const { name, isSink } = pace.nodes[node]
  const most = rateOf(pace, share)
  const isWait = awaited > lane / 2
  const shown = percent(share)
  if (isSink) {
    const what = isWait ? `the lane waits for it ${shown} of the time` : `its writes take ${shown} of the lane`
    return said('sink', name, share, most, `The sink ${quote(name)} is slow: ${what}${atMost(most, 'it is faster')}.`)
  }
  if (isWait) {
    const until = 'they are faster or more of them run at once'
    const sentence = `The lane waits ${shown} of the time for calls of ${quote(name)}${atMost(most, until)}.`
    return said('calls', name, share, most, sentence)
  }
  return said(
    'processor',
    name,
    share,
    most,
    `${quote(name)} takes ${shown} of the lane${atMost(most, 'it is faster')}.`
  )
}

function spread(pace: Pace): Bottleneck {
  const [largest, next] = nodesBySize(pace)
  const full = rateOf(pace, 1)
  const and = next === undefined ? '' : `, ${next}`
  const size = full === undefined ? '' : `; the lane is full at ${count(full)} lines/s`
  const share = Math.max(...pace.shares.nodes.map(({ lane }) => lane))
  return said('spread', undefined, share, full, `No step stands out: the largest is ${largest}${and}${size}.`)
}

/** `"parse" with 31 %` */
function nodesBySize({ shares, nodes }: Pace): string[] {
  return shares.nodes
    .map(({ lane }, node) => ({ lane, name: nodes[node].name }))
    .filter(({ lane }) => lane > 0)
    .sort((a, b) => b.lane - a.lane)
    .map(({ lane, name }) => `${quote(name)} with ${percent(lane)}`)
}

/** Lines a second, if this part of the lane's time were all of it. Undefined: no line came through. */
function rateOf({ lines, lanes, shares }: Pace, share: number): number | undefined {
  return lines === 0 ? undefined : (lines * lanes) / shares.laneSeconds / share
}

function atMost(most: number | undefined, until: string): string {
  return most === undefined ? ', and no line comes through' : `; at most ${count(most)} lines/s until ${until}`
}

function said(
  kind: Bottleneck['kind'],
  node: string | undefined,
  share: number,
  most: number | undefined,
  sentence: string
): Bottleneck {
  return { kind, node: node ?? null, share: Math.min(1, share), headroom_lines_per_second: most ?? null, sentence }
}

/** Two digits are what a share of time can be relied on for. */
function percent(share: number): string {
  return `${share < 0.095 ? (share * 100).toFixed(1) : Math.min(100, Math.round(share * 100))} %`
}

function count(lines: number): string {
  const digits = lines < 100 ? 2 : 3
  return Number(lines.toPrecision(digits)).toLocaleString('en-US')
}
