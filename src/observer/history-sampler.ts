// What grew in each second, ten seconds and minute, read from shared memory: differences of counts and of histograms, so
// that quantiles are of that step alone.

import type { Ledger } from '../contract/ledger.ts'
import type { PipelineDescription } from '../contract/pipeline.ts'
import {
  Histogram,
  LANE,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  type NodeCounter,
  type Region,
  SnapshotReader
} from '../shared-memory/index.ts'
import { type HistorySample, type NodeSample, STEPS_SECONDS, type StepSeconds } from '../store/messages.ts'
import { Lanes } from './lanes.ts'
import { ledgerOf } from './ledger.ts'

interface Base {
  /** Unix time. */
  readonly at: number
  /** On a clock that nobody sets. */
  readonly ticks: number
  readonly totals: Float64Array
  readonly histograms: readonly Histogram[]
}

const NANOSECONDS = 1e9

export interface Clock {
  /** Unix time. */
  readonly at: number
  readonly ticks: number
}

export class HistorySampler {
  readonly #lanes: Lanes
  readonly #nodeNames: readonly string[]
  readonly #bases: Map<StepSeconds, Base>

  /** `totals`: counts that history goes on from; without them, the present ones. */
  constructor(pipeline: PipelineDescription, regions: readonly Region[], now: Clock, totals?: Float64Array) {
    this.#lanes = new Lanes(regions)
    this.#nodeNames = [...pipeline.processors, ...pipeline.sinks].map(({ name }) => name)
    const isFirst = totals !== undefined
    const base = {
      ...now,
      totals: totals ?? this.#lanes.totals.slice(),
      histograms: isFirst ? this.#nodeNames.map(() => new Histogram()) : this.#histograms()
    }
    this.#bases = new Map(STEPS_SECONDS.map(step => [step, base]))
  }

  /** The steps that have ended. */
  poll(now: Clock): HistorySample[] {
    const ended = STEPS_SECONDS.filter(step => stepOf(now.at, step) !== stepOf(this.#bases.get(step)!.at, step))
    return this.#take(ended, now)
  }

  /** All that has grown since the last steps: at the end. */
  rest(now: Clock): HistorySample[] {
    return this.#take(STEPS_SECONDS, now)
  }

  ledger(): Ledger {
    this.#lanes.poll()
    return ledgerOf(this.#lanes.totals)
  }

  #take(steps: readonly StepSeconds[], now: Clock): HistorySample[] {
    if (steps.length === 0) return []
    this.#lanes.poll()
    const next: Base = { ...now, totals: this.#lanes.totals.slice(), histograms: this.#histograms() }
    return steps.map(step => {
      const base = this.#bases.get(step)!
      this.#bases.set(step, next)
      return this.#sample(step, base, next)
    })
  }

  #sample(step: StepSeconds, base: Base, next: Base): HistorySample {
    const growth = (index: number): number => Math.max(0, next.totals[index] - base.totals[index])
    return {
      step,
      at: stepOf(base.at, step) * step * 1_000,
      seconds: (next.ticks - base.ticks) / 1_000,
      entered: growth(LANE.entered),
      settled: growth(LANE.settled_lines),
      errors: growth(LANE.failed_attempts),
      dead: growth(LANE.dead),
      bytes: growth(LANE.input_bytes),
      nodes: this.#nodeNames.flatMap((name, node) => this.#nodeSample(name, node, base, next, growth) ?? [])
    }
  }

  #nodeSample(
    name: string,
    node: number,
    base: Base,
    next: Base,
    growth: (index: number) => number
  ): NodeSample | undefined {
    const count = (counter: NodeCounter): number => growth(NODE_OFFSET + node * NODE_STRIDE + NODE[counter])
    const received = count('received')
    const timeNanos = count('time_nanos')
    const errors = count('errors')
    const durations = next.histograms[node].since(base.histograms[node])
    if (received + timeNanos + errors + durations.count === 0) return undefined
    const quantile = (share: number): number | null =>
      durations.count === 0 ? null : durations.quantile(share) / NANOSECONDS
    return {
      name,
      received,
      emitted: count('emitted'),
      errors,
      timeSeconds: timeNanos / NANOSECONDS,
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99)
    }
  }

  #histograms(): Histogram[] {
    return this.#nodeNames.map((_, node) => {
      const merged = new Histogram()
      for (const lane of this.#lanes.readers) merged.merge(lane.histograms.read(node))
      return merged
    })
  }
}

function stepOf(at: number, step: StepSeconds): number {
  return Math.floor(at / (step * 1_000))
}

/** The counts that a run begins with. */
export function totalsOf(region: Region): Float64Array {
  return new SnapshotReader(region).read().values.slice()
}
