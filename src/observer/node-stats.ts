// What GET /stats says of each processor and sink.

import type { PipelineDescription } from '../contract/pipeline.ts'
import type { ProcessorStats, SinkStats } from '../contract/stats.ts'
import { edgeOffset, NODE, NODE_OFFSET, NODE_STRIDE, type NodeCounter } from '../shared-memory/index.ts'
import type { Lanes } from './lanes.ts'
import { isoMoment } from './moment.ts'
import type { LatencyStatistics } from './quantiles.ts'
import { type RateWindow, WINDOW_SECONDS } from './rate-window.ts'

export interface NodeSources {
  readonly pipeline: PipelineDescription
  readonly nodeNames: readonly string[]
  readonly lanes: Lanes
  readonly rates: RateWindow
  readonly latencies: LatencyStatistics
}

/** A call that goes on counts towards its processor's share of time from this length on. */
const LONG_CALL_SECONDS = 0.1

export class NodeStatistics {
  readonly #sources: NodeSources

  constructor(sources: NodeSources) {
    this.#sources = sources
  }

  count(node: number, counter: NodeCounter): number {
    return this.#sources.lanes.totals[nodeIndex(node, counter)]
  }

  processors(): ProcessorStats[] {
    const { pipeline, lanes, nodeNames } = this.#sources
    const shares = this.timeShares()
    const edges = edgeOffset(lanes.readers[0].region.shape)
    return pipeline.processors.map((processor, node) => ({
      ...this.#common(node, shares),
      emitted: this.count(node, 'emitted'),
      retries: this.count(node, 'retries'),
      dropped: this.count(node, 'dropped'),
      unmatched: this.count(node, 'unmatched'),
      tags: processor.tags.map(({ tag, target, edge }) => ({
        tag,
        target: nodeNames[target] ?? '?',
        lines: lanes.totals[edges + edge] ?? 0
      }))
    }))
  }

  sinks(): SinkStats[] {
    const { pipeline } = this.#sources
    const shares = this.timeShares()
    return pipeline.sinks.map((sink, index) => {
      const node = pipeline.processors.length + index
      return { ...this.#common(node, shares), type: sink.type, bytes_written: this.count(node, 'bytes_written') }
    })
  }

  /**
   * Each node's part of the time spent inside all of them, last 10 s, a long call that goes on included. When nothing
   * moved in that time, their parts since the start.
   */
  timeShares(): number[] {
    const recent = this.#recentSeconds()
    const seconds = recent.some(value => value > 0) ? recent : recent.map((_, node) => this.count(node, 'time_nanos'))
    const sum = seconds.reduce((total, value) => total + value, 0)
    return seconds.map(value => (sum === 0 ? 0 : value / sum))
  }

  #recentSeconds(): number[] {
    const { nodeNames, rates, lanes } = this.#sources
    return nodeNames.map((_, node) => {
      const busySeconds = lanes.busyIn(node)?.seconds ?? 0
      const underWay = busySeconds >= LONG_CALL_SECONDS ? Math.min(busySeconds, WINDOW_SECONDS) : 0
      return rates.growth(nodeIndex(node, 'time_nanos')) / 1e9 + underWay
    })
  }

  #common(node: number, shares: readonly number[]) {
    const { nodeNames, lanes, rates, latencies } = this.#sources
    const received = this.count(node, 'received')
    const busy = lanes.busyIn(node)
    return {
      name: nodeNames[node],
      received,
      errors: this.count(node, 'errors'),
      dead: this.count(node, 'dead'),
      delivered: this.count(node, 'delivered'),
      processing_time: this.count(node, 'time_nanos') / 1e9,
      share_of_time: shares[node],
      lines_per_second: rates.perSecond(nodeIndex(node, 'received')),
      held: this.count(node, 'held'),
      ...latencies.quantiles(node, received),
      busy_since: busy === undefined ? null : isoMoment(busy.sinceMilliseconds),
      busy_seconds: busy?.seconds ?? null
    }
  }
}

function nodeIndex(node: number, counter: NodeCounter): number {
  return NODE_OFFSET + node * NODE_STRIDE + NODE[counter]
}
