// How much all lanes have counted in the last 10 s, 1 min, 5 min, 15 min and hour, and in the whole run. Each is the
// difference of two snapshots of counters that only grow, so it can be checked by hand. Keeps 300 snapshots at most.

import { edgeOffset, LANE } from '../shared-memory/index.ts'
import { LaneTimes } from './lane-times.ts'
import type { Lanes } from './lanes.ts'

/** A window begins at a snapshot: it is up to a step longer than it should be. */
const WINDOWS = [
  { name: '10s', seconds: 10, stepSeconds: 0.25 },
  { name: '1m', seconds: 60, stepSeconds: 1 },
  { name: '5m', seconds: 300, stepSeconds: 5 },
  { name: '15m', seconds: 900, stepSeconds: 15 },
  { name: '1h', seconds: 3_600, stepSeconds: 60 }
] as const

export const WINDOW_NAMES = [...WINDOWS.map(({ name }) => name), 'run'] as const
export type WindowName = (typeof WINDOW_NAMES)[number]

interface Sample {
  readonly atSeconds: number
  readonly values: Float64Array
}

/** What counters grew by; indexes come from counters.ts, those of edges left out. */
export interface Growth {
  readonly window: WindowName
  /** Of the clock, less than the name says while the run is younger; of the whole run: that lanes were running. */
  readonly seconds: number
  of(index: number): number
}

export class TimeWindows {
  readonly #lanes: Lanes
  readonly #times: readonly LaneTimes[]
  readonly #length: number
  /** By window, oldest first. */
  readonly #samples: Sample[][]
  readonly #first: Sample
  #newest: Sample
  #isOver = false

  constructor(lanes: Lanes, nowMilliseconds: number) {
    this.#lanes = lanes
    this.#length = edgeOffset(lanes.readers[0].region.shape)
    this.#times = lanes.readers.map(reader => new LaneTimes(reader, this.#length))
    this.#first = this.#newest = this.#take(nowMilliseconds / 1000)
    this.#samples = WINDOWS.map(() => [this.#first])
  }

  /** After the lanes' poll. Time must not go backwards. */
  poll(nowMilliseconds: number): void {
    // What a run was like in the end is shown as long as anybody looks.
    const isOver = this.#lanes.readers.every(({ hasEnded }) => hasEnded)
    for (const times of this.#times) times.poll()
    if (isOver && this.#isOver) return
    this.#isOver = isOver
    this.#newest = this.#take(nowMilliseconds / 1000)
    for (const [index, { seconds, stepSeconds }] of WINDOWS.entries()) {
      const samples = this.#samples[index]
      if (this.#newest.atSeconds - samples.at(-1)!.atSeconds < stepSeconds) continue
      samples.push(this.#newest)
      while (samples.length > 1 && samples[1].atSeconds <= this.#newest.atSeconds - seconds) samples.shift()
    }
  }

  growth(name: WindowName): Growth {
    const newest = this.#newest
    if (name === 'run') {
      // With what was counted before a restart of the process: all of it is one run.
      const seconds = newest.values[LANE.lane_nanos] / 1e9 / this.#times.length
      return { window: name, seconds, of: index => newest.values[index] }
    }
    const [oldest] = this.#samples[WINDOWS.findIndex(window => window.name === name)]
    return {
      window: name,
      seconds: newest.atSeconds - oldest.atSeconds,
      of: index => Math.max(0, newest.values[index] - oldest.values[index])
    }
  }

  #take(atSeconds: number): Sample {
    const values = new Float64Array(this.#length)
    for (const times of this.#times) times.addTo(values)
    return { atSeconds, values }
  }
}
