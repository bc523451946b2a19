// One lane as it can be seen from outside: its numbers, its state, the processor that has its thread.
// Reading never waits and never disturbs the lane.

import type { LaneState } from '../contract/words.ts'
import {
  ControlReader,
  type ControlState,
  ErrorReader,
  HistogramReader,
  IN_EVENT_LOOP,
  InFlightReader,
  JourneyReader,
  KeptReader,
  LineIndexReader,
  PathReader,
  PathTimesReader,
  type Region,
  regionMilliseconds,
  SnapshotReader,
  StringReader
} from '../shared-memory/index.ts'

export interface Busy {
  readonly node: number
  readonly sinceMilliseconds: number
  readonly seconds: number
}

export class LaneReader {
  readonly region: Region
  readonly histograms: HistogramReader
  readonly paths: PathReader
  readonly strings: StringReader
  readonly inFlight: InFlightReader
  readonly errors: ErrorReader
  /** Undefined when the run records no journeys. */
  readonly journeys: JourneyReader | undefined
  /** Those with times and values. */
  readonly kept: KeptReader | undefined
  readonly pathTimes: PathTimesReader
  /** Where the last lines went; undefined like `journeys`. */
  readonly lines: LineIndexReader | undefined
  readonly #snapshots: SnapshotReader
  readonly #controls: ControlReader
  #values: Float64Array
  #snapshotAtMilliseconds: number | undefined
  #epoch = 0
  #control: ControlState
  #signOfLife = { heartbeat: 0, call: 0, atMilliseconds: undefined as number | undefined }

  constructor(region: Region) {
    this.region = region
    this.histograms = new HistogramReader(region)
    this.paths = new PathReader(region)
    this.strings = new StringReader(region)
    this.inFlight = new InFlightReader(region)
    this.errors = new ErrorReader(region)
    this.journeys = region.shape.trace ? new JourneyReader(region) : undefined
    this.kept = region.shape.trace ? new KeptReader(region) : undefined
    this.pathTimes = new PathTimesReader(region)
    this.lines = region.shape.trace ? new LineIndexReader(region) : undefined
    this.#snapshots = new SnapshotReader(region)
    this.#controls = new ControlReader(region)
    this.#values = this.#snapshots.read().values
    this.#control = this.#controls.read()
    this.poll()
  }

  /** Takes over the newest control words and snapshot. */
  poll(): void {
    // The state first: a lane publishes before it says that it has finished, so then its last numbers are read.
    this.#control = this.#controls.read()
    const snapshot = this.#snapshots.read()
    this.#values = snapshot.values
    this.#epoch = snapshot.epoch
    this.#snapshotAtMilliseconds = snapshot.sequence === 0 ? undefined : snapshot.atMilliseconds
    const { heartbeat, progress } = this.#control
    const known = this.#signOfLife
    if (heartbeat !== known.heartbeat || progress.call !== known.call) {
      this.#signOfLife = { heartbeat, call: progress.call, atMilliseconds: this.nowMilliseconds() }
    }
  }

  /** Counters of the last good snapshot, all of one instant; indexes come from counters.ts. Valid until `poll`. */
  get values(): Float64Array {
    return this.#values
  }

  /** The incarnation of the lane that published the last good snapshot. */
  get epoch(): number {
    return this.#epoch
  }

  get state(): LaneState {
    return this.#control.state
  }

  /** What it has published then is final. */
  get hasEnded(): boolean {
    return this.state === 'finished' || this.state === 'failed'
  }

  /** The processor or sink whose code has the thread; undefined while the lane is in the engine. */
  get busy(): Busy | undefined {
    const { node, sinceMilliseconds, call } = this.#control.progress
    // Call 0 is the memory as it was made: the lane has not started.
    if (node < 0 || call === 0) return undefined
    const seconds = Math.max(0, this.nowMilliseconds() - sinceMilliseconds) / 1000
    return { node, sinceMilliseconds: this.unixMilliseconds(sinceMilliseconds), seconds }
  }

  /** For how long the lane's time has gone where its last snapshot does not say yet. */
  get unpublishedMilliseconds(): number {
    if (this.#snapshotAtMilliseconds === undefined || this.hasEnded || this.state === 'starting') return 0
    return Math.max(0, this.nowMilliseconds() - this.#snapshotAtMilliseconds)
  }

  /** Who has the thread, and for how long; nobody's code (-1), in the engine or in the event loop. */
  get hasThread(): { readonly node: number; readonly milliseconds: number; readonly isOutside: boolean } {
    const { node, sinceMilliseconds, call } = this.#control.progress
    if (node < 0 || call === 0) return { node: -1, milliseconds: 0, isOutside: node === IN_EVENT_LOOP }
    return { node, milliseconds: Math.max(0, this.nowMilliseconds() - sinceMilliseconds), isOutside: false }
  }

  get snapshotAgeSeconds(): number | undefined {
    return this.#ageSeconds(this.#snapshotAtMilliseconds)
  }

  get heartbeatAgeSeconds(): number | undefined {
    return this.#ageSeconds(this.#signOfLife.atMilliseconds)
  }

  /** Pieces of shared memory that held what no writer writes, and were not shown. */
  get corruptions(): number {
    const readers = [
      this.#snapshots,
      this.#controls,
      this.histograms,
      this.paths,
      this.strings,
      this.inFlight,
      this.errors,
      this.journeys,
      this.kept,
      this.pathTimes,
      this.lines
    ]
    return readers.reduce((sum, reader) => sum + (reader?.telemetryCorrupt ?? 0), 0)
  }

  /** Since the region's origin. */
  nowMilliseconds(): number {
    return regionMilliseconds(this.region)
  }

  /** A moment of the region as Unix time. */
  unixMilliseconds(regionTime: number): number {
    return this.region.originMilliseconds + regionTime
  }

  #ageSeconds(atMilliseconds: number | undefined): number | undefined {
    return atMilliseconds === undefined ? undefined : Math.max(0, this.nowMilliseconds() - atMilliseconds) / 1000
  }
}
