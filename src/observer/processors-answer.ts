// GET /api/v1/processors, and the sentence that names what sets the pace.

import { quote } from '../base/quote.ts'
import type { PipelineDescription } from '../contract/pipeline.ts'
import type { Bottleneck, LaneWindow, Latencies, Latency, NodeWindow, Processors } from '../contract/processors.ts'
import type { Stats } from '../contract/stats.ts'
import type { RunState } from '../contract/words.ts'
import {
  endToEndHistogram,
  LANE,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  OUTCOME,
  outcomeHistogram,
  sinkHistogram
} from '../shared-memory/index.ts'
import { bottleneckOf } from './bottleneck.ts'
import type { Lanes } from './lanes.ts'
import { isoMoment } from './moment.ts'
import type { NodeStatistics } from './node-stats.ts'
import type { LatencyStatistics } from './quantiles.ts'
import { type LaneShares, timeShares } from './time-shares.ts'
import { type Growth, type TimeWindows, WINDOW_NAMES } from './time-windows.ts'

export interface TimeSources {
  readonly pipeline: PipelineDescription
  readonly nodeNames: readonly string[]
  readonly lanes: Lanes
  readonly latencies: LatencyStatistics
  readonly nodes: NodeStatistics
  readonly windows: TimeWindows
  readonly state: RunState
  /** Names of inputs by number. */
  readonly inputs: readonly string[]
}

export function processorsAnswer(sources: TimeSources): Processors {
  const { pipeline, nodeNames, lanes, latencies, nodes, windows } = sources
  const { shape } = lanes.readers[0].region
  const seen = WINDOW_NAMES.map(name => {
    const growth = windows.growth(name)
    return { growth, shares: timeShares(growth, shape) }
  })
  return {
    state: sources.state,
    at: isoMoment(Date.now()),
    bottleneck: bottleneckNow(sources) ?? null,
    lanes: seen.map(({ growth, shares }) => laneWindow(growth, shares)),
    nodes: nodeNames.map((name, node) => {
      const received = nodes.count(node, 'received')
      const busy = lanes.busyIn(node)
      return {
        name,
        kind: node < pipeline.processors.length ? 'processor' : 'sink',
        received,
        ...latencies.quantiles(node, received),
        busy_since: busy === undefined ? null : isoMoment(busy.sinceMilliseconds),
        busy_seconds: busy?.seconds ?? null,
        windows: seen.map(({ growth, shares }) => nodeWindow(node, growth, shares))
      }
    }),
    latency: latenciesOf(sources)
  }
}

/** With the node that has the largest part, whether it stands out or not. */
export function statsBottleneck(sources: TimeSources): Stats['bottleneck'] {
  const shares = sharesNow(sources)
  const bottleneck = bottleneckNow(sources, shares)
  if (bottleneck === undefined) return null
  const parts = shares.nodes.map(({ lane }) => lane)
  const largest = Math.max(0, ...parts)
  const all = parts.reduce((sum, part) => sum + part, 0)
  return {
    ...bottleneck,
    processor: largest === 0 ? null : sources.nodeNames[parts.indexOf(largest)],
    share_of_time: all === 0 ? 0 : largest / all,
    share_of_lanes: Math.min(1, largest)
  }
}

function growthNow({ lanes, windows }: TimeSources): Growth {
  const isOver = lanes.readers.every(({ hasEnded }) => hasEnded)
  return windows.growth(isOver ? 'run' : '10s')
}

function sharesNow(sources: TimeSources): LaneShares {
  return timeShares(growthNow(sources), sources.lanes.readers[0].region.shape)
}

/** Of the last 10 s; of the whole run when it is over. */
function bottleneckNow(sources: TimeSources, shares = sharesNow(sources)): Bottleneck | undefined {
  const { pipeline, nodeNames, lanes, inputs } = sources
  const growth = growthNow(sources)
  return bottleneckOf({
    shares,
    nodes: nodeNames.map((name, node) => ({ name, isSink: node >= pipeline.processors.length })),
    lanes: lanes.readers.length,
    lines: growth.of(LANE.settled_lines) + growth.of(LANE.settled_replayed),
    source: sourceText(pipeline, inputs)
  })
}

/** As it may stand in a sentence. */
export function sourceText({ source }: PipelineDescription, inputs: readonly string[]): string {
  const named = inputs.filter(name => name !== undefined)
  if (named.length === 1) return named[0] === 'stdin' ? 'stdin' : quote(named[0])
  return source === undefined ? 'its input' : `the source ${quote(source)}`
}

function laneWindow(growth: Growth, shares: LaneShares): LaneWindow {
  return {
    window: growth.window,
    seconds: growth.seconds,
    lane_seconds: shares.laneSeconds,
    nodes: Math.min(
      1,
      shares.nodes.reduce((sum, { lane }) => sum + lane, 0)
    ),
    engine: shares.engine,
    input: shares.input,
    commit: shares.commit,
    dead_letters: shares.deadLetters,
    paused: shares.paused,
    lines_per_second: perSecond(growth, LANE.settled_lines)
  }
}

function nodeWindow(node: number, growth: Growth, shares: LaneShares): NodeWindow {
  const { busy, waiting, blocked, idle, lane } = shares.nodes[node]
  const base = NODE_OFFSET + node * NODE_STRIDE
  const { laneSeconds } = shares
  return {
    window: growth.window,
    seconds: growth.seconds,
    busy,
    waiting,
    blocked,
    idle,
    share_of_lanes: lane,
    lines_per_second: perSecond(growth, base + NODE.received),
    errors_per_second: perSecond(growth, base + NODE.errors),
    calls_under_way: laneSeconds === 0 ? 0 : growth.of(base + NODE.call_nanos) / 1e9 / laneSeconds
  }
}

function perSecond(growth: Growth, index: number): number {
  return growth.seconds === 0 ? 0 : growth.of(index) / growth.seconds
}

/** End to end, by source, by sink and by outcome. Replayed lines are left out. */
export function latenciesOf({ pipeline, latencies, lanes }: TimeSources): Latencies {
  const { shape } = lanes.readers[0].region
  const of = (histogram: number): Latency => {
    const { is_estimate: _, ...quantiles } = latencies.quantiles(histogram, 0)
    return { lines: latencies.count(histogram), ...quantiles }
  }
  const outcome = (name: 'delivered' | 'dropped' | 'dead' | 'unmatched'): Latency =>
    of(outcomeHistogram(shape, OUTCOME[name]))
  return {
    // A pipeline has one source, of any number of files.
    sources: [{ source: pipeline.source ?? 'input', ...of(endToEndHistogram(shape)) }],
    sinks: pipeline.sinks.map(({ name }, sink) => ({ sink: name, ...of(sinkHistogram(shape, sink)) })),
    outcomes: {
      delivered: outcome('delivered'),
      dropped: outcome('dropped'),
      dead: outcome('dead'),
      unmatched: outcome('unmatched')
    }
  }
}
