// How long lines take: from the read of their bytes to their outcome, by outcome, and to the return of the write of each
// sink that they went to. Counted once for each batch. Replayed lines are left out: they are as old as their letter.

import {
  endToEndHistogram,
  type HistogramWriter,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  OUTCOME,
  outcomeHistogram,
  type RegionShape,
  sinkHistogram
} from '../shared-memory/index.ts'
import type { Batch } from './batch.ts'
import type { LaneClock } from './lane-clock.ts'

export interface LatencySettings {
  readonly shape: RegionShape
  readonly counters: Float64Array
  readonly histograms: HistogramWriter
  readonly clock: LaneClock
  /** Of the region, as batches have it. */
  readonly now: () => number
}

export class Latencies {
  /** False: only what sinks take in all is counted. */
  isOn = true
  readonly #settings: LatencySettings

  constructor(settings: LatencySettings) {
    this.#settings = settings
  }

  /** All lines of the batch have their outcomes; `counts` of line instances by outcome. */
  settled(batch: Batch, lines: number, counts: Float64Array, now: number): void {
    if (!this.isOn || batch.replay !== undefined) return
    const { histograms, shape } = this.#settings
    const nanos = (now - batch.readAtMilliseconds) * 1e6
    histograms.record(endToEndHistogram(shape), nanos, lines)
    for (let outcome: number = OUTCOME.delivered; outcome <= OUTCOME.unmatched; outcome++) {
      if (counts[outcome] > 0) histograms.record(outcomeHistogram(shape, outcome), nanos, counts[outcome])
    }
  }

  /** A sink's code had the thread until now; from now on it holds the lines, until its promise settles. */
  writing(sink: number, batch: Batch, lines: number, startedAt: number, done: void | Promise<void>) {
    const node = this.#settings.shape.processorCount + sink
    const { clock } = this.#settings
    const now = performance.now()
    clock.addBusy(node, (now - startedAt) * 1e6)
    if (done === undefined) {
      this.#written(sink, node, now - startedAt, batch, lines)
      return
    }
    clock.note(node, 1, true, now)
    return done.then(
      () => {
        const end = performance.now()
        clock.note(node, 0, false, end)
        clock.look()
        this.#written(sink, node, end - startedAt, batch, lines)
      },
      (thrown: unknown) => {
        clock.note(node, 0, false, performance.now())
        throw thrown
      }
    )
  }

  #written(sink: number, node: number, milliseconds: number, batch: Batch, lines: number): void {
    const { counters, histograms, shape, now } = this.#settings
    const nanos = milliseconds * 1e6
    counters[NODE_OFFSET + node * NODE_STRIDE + NODE.time_nanos] += nanos
    if (!this.isOn) return
    histograms.record(node, nanos, lines)
    if (batch.replay !== undefined) return
    histograms.record(sinkHistogram(shape, sink), (now() - batch.readAtMilliseconds) * 1e6, lines)
  }
}
