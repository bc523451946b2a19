// What /metrics tells of processors, sinks and the edges between them: for every declared name from the start. Counts are
// those of settled batches: no line that may yet run again is in them.

import {
  edgeOffset,
  LANE,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  type NodeCounter,
  settledShift
} from '../../shared-memory/index.ts'
import type { ErrorKinds } from '../error-kinds.ts'
import type { NodeSources } from '../node-stats.ts'
import { durations } from './durations.ts'
import type { Exemplar, Family, PlainFamily, Sample } from './family.ts'
import type { HighWater } from './high-water.ts'

export interface NodeMetricsSources extends NodeSources {
  readonly highWater: HighWater
  /** By node: the newest line that failed there. */
  readonly failures: ReadonlyMap<number, Exemplar>
  readonly errorKinds: ErrorKinds
  readonly startedUnixSeconds: number
}

const OUTSIDE = { from: '', tag: '' }

export function nodeMetrics(sources: NodeMetricsSources): Family[] {
  const { pipeline, nodeNames, highWater, lanes } = sources
  const shift = settledShift(lanes.readers[0].region.shape)
  const processors = pipeline.processors.map((_, node) => node)
  const all = nodeNames.map((_, node) => node)
  const settled = (node: number, counter: NodeCounter): number =>
    highWater.count(NODE_OFFSET + node * NODE_STRIDE + NODE[counter] + shift)
  const byProcessor = (nodes: readonly number[], counter: NodeCounter): Sample[] =>
    nodes.map(node => ({ labels: { processor: nodeNames[node] }, value: settled(node, counter) }))

  return [
    ...edgeMetrics(sources, settled),
    {
      name: 'linescope_processor_errors_total',
      type: 'counter',
      help: 'Failed attempts, retried ones included, counted when the line is settled.',
      samples: all.map(node => ({
        labels: { processor: nodeNames[node], stage: node < processors.length ? 'processing' : 'sending' },
        value: settled(node, 'errors'),
        exemplar: sources.failures.get(node)
      }))
    },
    {
      name: 'linescope_processor_error_kinds_total',
      type: 'counter',
      help:
        'Failed attempts by the code of the error, or its class where it has none, counted when they failed, those of lines that ' +
        'are done again too. At most 20 kinds of a processor and 500 in all are told apart; the rest is other.',
      createdUnixSeconds: sources.startedUnixSeconds,
      samples: sources.errorKinds.counts(all).map(({ node, kind, count }) => ({
        labels: { processor: nodeNames[node] ?? '', error_type: kind },
        value: count
      }))
    },
    counter(
      'linescope_processor_retries_total',
      'Attempts beyond the first, counted when the line is settled.',
      byProcessor(processors, 'retries')
    ),
    counter(
      'linescope_discarded_lines_total',
      'Lines that a processor dropped on purpose, or by on_error: drop; counted when they are settled.',
      byProcessor(processors, 'dropped')
    ),
    counter(
      'linescope_unmatched_lines_total',
      'Lines emitted under a tag that nothing is named after, counted when they are settled.',
      byProcessor(processors, 'unmatched')
    ),
    counter(
      'linescope_dead_letter_lines_total',
      'Lines that became dead letters, counted when these are written. No processor: the line was too long to enter one.',
      [...byProcessor(all, 'dead'), { labels: { processor: '' }, value: highWater.count(LANE.over_long_lines) }]
    ),
    ...endMetrics(sources, settled),
    ...serviceMetrics(sources)
  ]
}

function edgeMetrics(
  { pipeline, nodeNames, highWater, lanes }: NodeMetricsSources,
  settled: (node: number, counter: NodeCounter) => number
): Family[] {
  const { shape } = lanes.readers[0].region
  const edges = pipeline.processors.flatMap(({ name, tags }) =>
    tags.map(({ tag, target, edge }) => ({
      from: name,
      tag,
      target,
      lines: highWater.count(edgeOffset(shape) + edge + settledShift(shape))
    }))
  )
  return [
    counter(
      'linescope_processor_received_lines_total',
      'Lines that were handed to a processor or sink, by who emitted them under which tag; without either they came ' +
        'from outside, as from a source or as a replay. Counted when they are settled.',
      [
        ...nodeNames.map((name, node) => ({
          labels: { processor: name, ...OUTSIDE },
          value: settled(node, 'entered')
        })),
        ...edges.map(({ from, tag, target, lines }) => ({
          labels: { processor: nodeNames[target] ?? '', from, tag },
          value: lines
        }))
      ]
    ),
    counter(
      'linescope_processor_emitted_lines_total',
      'Lines that a processor emitted under a tag, counted when they are settled.',
      edges.map(({ from, tag, target, lines }) => ({
        labels: { processor: from, tag, to: nodeNames[target] ?? '' },
        value: lines
      }))
    )
  ]
}

/** Where lines are delivered: sinks, and processors that send nothing on. */
function endMetrics(
  { pipeline, nodeNames }: NodeMetricsSources,
  settled: (node: number, counter: NodeCounter) => number
): Family[] {
  const sinks = pipeline.sinks.map((_, index) => pipeline.processors.length + index)
  const ends = [
    ...pipeline.processors.flatMap(({ tags }, node) =>
      tags.some(({ isForFailed }) => isForFailed !== true) ? [] : [node]
    ),
    ...sinks
  ]
  const samples = (nodes: readonly number[], name: NodeCounter): Sample[] =>
    nodes.map(node => ({ labels: { end: nodeNames[node] }, value: settled(node, name) }))
  return [
    counter(
      'linescope_ended_lines_total',
      'Lines that were delivered, counted when the write has returned in full.',
      samples(ends, 'delivered')
    ),
    {
      ...counter(
        'linescope_ended_bytes_total',
        'Bytes written to sinks, counted when the write has returned in full.',
        samples(sinks, 'bytes_written')
      ),
      unit: 'bytes'
    }
  ]
}

function serviceMetrics(sources: NodeMetricsSources): Family[] {
  const { pipeline, nodeNames, highWater, latencies, lanes, startedUnixSeconds } = sources
  return [
    {
      name: 'linescope_in_flight_lines',
      type: 'gauge',
      unit: 'lines',
      help: 'Lines that are at a processor or sink now: waiting, in a call, or waiting for their next attempt.',
      samples: nodeNames.map((name, node) => ({
        labels: { processor: name },
        value: lanes.totals[NODE_OFFSET + node * NODE_STRIDE + NODE.held]
      }))
    },
    {
      name: 'linescope_processor_seconds_total',
      type: 'counter',
      unit: 'seconds',
      help: 'Time spent inside a processor; of asynchronous calls from their start to their end, so it may pass faster than time.',
      samples: pipeline.processors.map(({ name }, node) => ({
        labels: { processor: name },
        value: highWater.count(NODE_OFFSET + node * NODE_STRIDE + NODE.time_nanos) / 1e9
      }))
    },
    {
      name: 'linescope_processor_service_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Time that one line takes in a processor: of every line of one slower than 2 µs, of a sample of a faster one.',
      createdUnixSeconds: startedUnixSeconds,
      samples: pipeline.processors.map(({ name }, node) => durations(latencies.histogram(node), { processor: name }))
    }
  ]
}

function counter(name: string, help: string, samples: readonly Sample[]): PlainFamily {
  return { name, type: 'counter', help, samples, ...(/_lines_total$/.test(name) ? { unit: 'lines' as const } : {}) }
}
