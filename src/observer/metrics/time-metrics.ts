// What /metrics tells of times: how long lines take from end to end, where the time of the lanes goes, and how long the
// oldest lines have been waiting.

import type { PipelineDescription } from '../../contract/pipeline.ts'
import {
  endToEndHistogram,
  LANE,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  type NodeCounter,
  OUTCOME,
  outcomeHistogram,
  sinkHistogram
} from '../../shared-memory/index.ts'
import type { Lanes } from '../lanes.ts'
import type { LatencyStatistics } from '../quantiles.ts'
import { durations } from './durations.ts'
import type { Exemplar, Family, Labels, Sample } from './family.ts'
import type { HighWater } from './high-water.ts'

export interface TimeMetricsSources {
  readonly pipeline: PipelineDescription
  readonly nodeNames: readonly string[]
  readonly lanes: Lanes
  readonly latencies: LatencyStatistics
  readonly highWater: HighWater
  /** Newest last. */
  readonly journeys: readonly Exemplar[]
}

const OUTCOMES = ['delivered', 'dropped', 'dead', 'unmatched'] as const
const STATES = { busy: 'busy_nanos', waiting: 'waiting_nanos', blocked: 'blocked_nanos' } as const
const LANE_PARTS = {
  engine: 'engine_nanos',
  input: 'input_wait_nanos',
  commit: 'commit_wait_nanos',
  dead_letters: 'letters_wait_nanos',
  paused: 'pause_nanos'
} as const

export function timeMetrics(sources: TimeMetricsSources): Family[] {
  return [...endToEndMetrics(sources), ...stateMetrics(sources), oldestLines(sources)]
}

function endToEndMetrics({ pipeline, lanes, latencies, journeys }: TimeMetricsSources): Family[] {
  const { shape } = lanes.readers[0].region
  const family = (name: string, help: string, parts: readonly (readonly [Labels, number])[]): Family => ({
    name,
    type: 'histogram',
    unit: 'seconds',
    help,
    createdUnixSeconds: lanes.startedAtMilliseconds / 1000,
    samples: parts.map(([labels, histogram]) => {
      const exemplars = histogram === endToEndHistogram(shape) ? journeys : []
      return durations(latencies.histogram(histogram), labels, exemplars)
    })
  })
  return [
    family(
      'linescope_end_to_end_seconds',
      'Time from the read of a line to the return of its last write, counted when it is settled; no replays.',
      [[{ source: pipeline.source ?? 'input' }, endToEndHistogram(shape)]]
    ),
    family(
      'linescope_end_to_end_outcome_seconds',
      'The same by outcome, of each line that a line became: from the read of that line, counted when it is settled; no replays.',
      OUTCOMES.map(outcome => [{ outcome }, outcomeHistogram(shape, OUTCOME[outcome])])
    ),
    family(
      'linescope_end_to_end_sink_seconds',
      'Time from the read of a line to the return of the write of each sink that it went to, counted then; no replays.',
      pipeline.sinks.map(({ name }, sink) => [{ end: name }, sinkHistogram(shape, sink)])
    )
  ]
}

function stateMetrics({ nodeNames, highWater }: TimeMetricsSources): Family[] {
  const ofNode = (node: number, counter: NodeCounter): number =>
    highWater.count(NODE_OFFSET + node * NODE_STRIDE + NODE[counter]) / 1e9
  const byNode = (labels: Labels, counter: NodeCounter): Sample[] =>
    nodeNames.map((name, node) => ({ labels: { ...labels, processor: name }, value: ofNode(node, counter) }))
  return [
    {
      name: 'linescope_processor_state_seconds_total',
      type: 'counter',
      unit: 'seconds',
      help:
        'Time in which a processor or sink was busy (its code had the thread), else waiting (it held lines, in asynchronous ' +
        'calls or until their next attempt), else blocked (the lane waited for a sink, the dead letters or a commit). What is ' +
        "left of the lanes' time it was idle.",
      samples: Object.entries(STATES).flatMap(([state, counter]) => byNode({ state }, counter))
    },
    {
      name: 'linescope_lane_seconds_total',
      type: 'counter',
      unit: 'seconds',
      help:
        'Time of the lanes by where it went, adding up to all that they had: in Linescope itself (engine), in the code of a ' +
        'processor or sink (busy), or in waiting for what it holds (awaited), for input, a commit or the dead letters, or paused.',
      samples: [
        ...Object.entries(LANE_PARTS).map(([part, counter]) => ({
          labels: { part, processor: '' },
          value: highWater.count(LANE[counter]) / 1e9
        })),
        ...byNode({ part: 'busy' }, 'busy_nanos'),
        ...byNode({ part: 'awaited' }, 'awaited_nanos')
      ]
    }
  ]
}

function oldestLines({ nodeNames, lanes }: TimeMetricsSources): Family {
  const waits = ['call', 'attempt'] as const
  const oldest = new Map<string, number>()
  for (const lane of lanes.readers) {
    const now = lane.nowMilliseconds()
    for (const { node, isParked, sinceMilliseconds } of lane.inFlight.read().entries) {
      const key = `${node} ${waits[isParked ? 1 : 0]}`
      oldest.set(key, Math.max(oldest.get(key) ?? 0, (now - sinceMilliseconds) / 1000))
    }
  }
  return {
    name: 'linescope_oldest_line_seconds',
    type: 'gauge',
    unit: 'seconds',
    help:
      'How long the oldest line at a processor or sink has waited, for a call to end or for the time of its next attempt; 0 ' +
      'without one. The 64 oldest lines of each lane are looked at.',
    samples: nodeNames.flatMap((name, node) =>
      waits.map(wait => ({
        labels: { processor: name, waits_for: wait },
        value: oldest.get(`${node} ${wait}`) ?? 0
      }))
    )
  }
}
