// Notices a lane that hangs in code of a processor.
//
// It counts its own ticks, not time: a process that was stopped for a minute, or a machine that slept, has not hung.
// Time inside the engine (a slow disk, a pipe that nobody reads) is not looked at.

import type { Plan } from '../engine/index.ts'
import { ControlReader, IN_EVENT_LOOP, type Progress, type Region } from '../shared-memory/index.ts'

const LONGEST_TICK_MILLISECONDS = 100
const SHORTEST_TICK_MILLISECONDS = 5
/** So exact is a timeout kept, at least. */
const TICKS_PER_TIMEOUT = 10

export type WatchedProcessor = Pick<Plan['processors'][number], 'timeoutMilliseconds' | 'component'>

export class Watchdog {
  readonly #reader: ControlReader
  /** By processor; Infinity is no limit. */
  readonly #limits: readonly number[]
  /** Outside of calls nobody knows whose code hangs. */
  readonly #limitOutside: number
  readonly #tickMilliseconds: number
  readonly #onHang: (progress: Progress) => void
  #timer: NodeJS.Timeout | undefined
  #seen = ''
  #ticks = 0

  /** `onHang` is told once; then the watchdog sleeps until the next `start`. */
  constructor(region: Region, processors: readonly WatchedProcessor[], onHang: (progress: Progress) => void) {
    this.#reader = new ControlReader(region)
    this.#limits = processors.map(limitOf)
    // Those of Linescope itself leave nothing behind.
    const others = processors.filter(({ component }) => component.kind !== 'builtin').map(limitOf)
    this.#limitOutside = others.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...others)
    const tick = Math.min(...this.#limits) / TICKS_PER_TIMEOUT
    this.#tickMilliseconds = Math.max(SHORTEST_TICK_MILLISECONDS, Math.min(LONGEST_TICK_MILLISECONDS, tick))
    this.#onHang = onHang
  }

  start(): void {
    this.stop()
    this.#timer = setInterval(() => this.#tick(), this.#tickMilliseconds)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#seen = ''
  }

  #tick(): void {
    const { progress, heartbeat } = this.#reader.read()
    const { node, call } = progress
    const isOutside = node === IN_EVENT_LOOP
    // In its event loop the lane gives signs of life; in a call, each line or each few does.
    const seen = isOutside ? `${call} ${heartbeat}` : String(call)
    if (seen !== this.#seen) {
      this.#seen = seen
      this.#ticks = 0
      return
    }
    this.#ticks++
    const limit = isOutside ? this.#limitOutside : (this.#limits[node] ?? Number.POSITIVE_INFINITY)
    if (this.#ticks * this.#tickMilliseconds < limit) return
    this.stop()
    this.#onHang(progress)
  }
}

/** A timeout of 0 is no limit. */
function limitOf({ timeoutMilliseconds }: WatchedProcessor): number {
  return timeoutMilliseconds === 0 ? Number.POSITIVE_INFINITY : timeoutMilliseconds
}
