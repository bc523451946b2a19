// Where a lane's time goes. Its thread is at each instant in one place: in a node's code, in the engine, or in the event
// loop because it waits for something. Each node is at each instant in one state: busy, waiting, blocked or idle.
//
// The clock is read when the lane changes places, a few times for each batch, and when a call begins or ends that does
// not end at once. Everything counted is monotone, so a share of any time is a difference divided by a difference.

import { LANE, NODE, NODE_OFFSET, NODE_STRIDE, nodeCount, type RegionShape } from '../shared-memory/index.ts'

/** What a lane waits for in its event loop, when it is no node. */
export const AWAITED = { nothing: -1, input: -2, commit: -3, letters: -4, pause: -5 } as const

const COUNTER_OF: ReadonlyMap<number, number> = new Map([
  [AWAITED.input, LANE.input_wait_nanos],
  [AWAITED.commit, LANE.commit_wait_nanos],
  [AWAITED.letters, LANE.letters_wait_nanos],
  [AWAITED.pause, LANE.pause_nanos]
])

export class LaneClock {
  /** What the lane waits for now: a node's id, or one of AWAITED. */
  awaits: () => number = () => AWAITED.nothing
  readonly #counters: Float64Array
  readonly #processorCount: number
  readonly #nodeCount: number
  /** Of all nodes, and of all waiting; both since the lane began. */
  #busy = 0
  #outside = 0
  #blocked = 0
  #isOutside = false
  #awaited: number = AWAITED.nothing
  #outsideSince = 0
  #busyAtOutside = 0
  #override: number = AWAITED.nothing
  #startedAt = 0
  readonly #laneBefore: number
  readonly #engineBefore: number
  // By node: calls under way, whether lines are held, and up to when that has been counted.
  readonly #calls: Int32Array
  readonly #holds: Uint8Array
  readonly #countedTo: Float64Array
  readonly #busyAt: Float64Array
  readonly #blockedAt: Float64Array
  #hasStarted = false
  #running: number = AWAITED.nothing
  #beganInCall = false

  constructor(counters: Float64Array, shape: RegionShape) {
    this.#counters = counters
    this.#processorCount = shape.processorCount
    this.#nodeCount = nodeCount(shape)
    this.#laneBefore = counters[LANE.lane_nanos]
    this.#engineBefore = counters[LANE.engine_nanos]
    this.#calls = new Int32Array(this.#nodeCount)
    this.#holds = new Uint8Array(this.#nodeCount)
    this.#countedTo = new Float64Array(this.#nodeCount)
    this.#busyAt = new Float64Array(this.#nodeCount)
    this.#blockedAt = new Float64Array(this.#nodeCount)
    for (let node = 0; node < this.#nodeCount; node++) {
      this.#busyAt[node] = counters[baseOf(node) + NODE.busy_nanos]
    }
  }

  /** The lane runs from now on; what came before is nobody's time. */
  start(): void {
    this.#hasStarted = true
    this.#startedAt = this.#outsideSince = performance.now()
    this.#countedTo.fill(this.#startedAt)
  }

  /** What the lane waits for until this is called with `nothing`, whatever else there is. */
  waitFor(awaited: number): void {
    this.#override = awaited
    this.look()
  }

  /** The node's code gets the thread; how long it had it is told at the end. */
  enter(node: number): void {
    this.#running = node
  }

  /** The node's code has had the thread for so long. */
  addBusy(node: number, nanos: number): void {
    this.#counters[baseOf(node) + NODE.busy_nanos] += nanos
    this.#busy += nanos
    this.#running = AWAITED.nothing
    if (!this.#beganInCall) return
    // Lines are held since the end of this call: no part of it was waiting.
    this.#beganInCall = false
    this.#busyAt[node] += nanos
    this.#countedTo[node] = performance.now()
  }

  goOutside(isOutside: boolean): void {
    const now = performance.now()
    if (this.#isOutside) this.#countOutside(now)
    this.#isOutside = isOutside
    if (!isOutside) return
    this.#awaited = this.#override === AWAITED.nothing ? this.awaits() : this.#override
    this.#outsideSince = now
    this.#busyAtOutside = this.#busy
  }

  /** In its event loop already, the lane waits for something else than before. */
  look(): void {
    if (this.#isOutside) this.goOutside(true)
  }

  /** Calls of the node are under way or parked from now on, or are not any more. `now` is this thread's clock. */
  note(node: number, calls: number, holds: boolean, now: number): void {
    this.#countPlace(now)
    this.#countNode(node, now)
    if (holds && this.#holds[node] === 0 && node === this.#running) this.#beganInCall = true
    this.#calls[node] = calls
    this.#holds[node] = holds ? 1 : 0
  }

  /** The first sink whose write is under way; else it is the dead letters'. */
  writingSink(): number {
    for (let node = this.#processorCount; node < this.#nodeCount; node++) if (this.#holds[node] === 1) return node
    return AWAITED.letters
  }

  /** Counts everything up to this instant. */
  count(): void {
    if (!this.#hasStarted) return
    const now = performance.now()
    this.#countPlace(now)
    for (let node = 0; node < this.#nodeCount; node++) this.#countNode(node, now)
    const counters = this.#counters
    const lane = (now - this.#startedAt) * 1e6
    counters[LANE.lane_nanos] = this.#laneBefore + lane
    const engine = this.#engineBefore + lane - this.#busy - this.#outside
    if (engine > counters[LANE.engine_nanos]) counters[LANE.engine_nanos] = engine
  }

  #countPlace(now: number): void {
    if (!this.#isOutside) return
    this.#countOutside(now)
    this.#outsideSince = now
    this.#busyAtOutside = this.#busy
  }

  #countOutside(now: number): void {
    const nanos = Math.max(0, (now - this.#outsideSince) * 1e6 - (this.#busy - this.#busyAtOutside))
    const awaited = this.#awaited
    if (awaited === AWAITED.nothing) return
    this.#outside += nanos
    const counter = awaited >= 0 ? baseOf(awaited) + NODE.awaited_nanos : COUNTER_OF.get(awaited)!
    this.#counters[counter] += nanos
    if (awaited >= this.#processorCount || awaited === AWAITED.commit || awaited === AWAITED.letters) {
      this.#blocked += nanos
    }
  }

  #countNode(node: number, now: number): void {
    const counters = this.#counters
    const base = baseOf(node)
    const nanos = (now - this.#countedTo[node]) * 1e6
    this.#countedTo[node] = now
    const busy = counters[base + NODE.busy_nanos]
    if (this.#holds[node] === 1) {
      // In the middle of a call too much, until the end of the call takes it off again.
      counters[base + NODE.waiting_nanos] += nanos - (busy - this.#busyAt[node])
      counters[base + NODE.call_nanos] += nanos * this.#calls[node]
    } else counters[base + NODE.blocked_nanos] += this.#blocked - this.#blockedAt[node]
    counters[base + NODE.holds] = this.#holds[node]
    this.#busyAt[node] = busy
    this.#blockedAt[node] = this.#blocked
  }
}

function baseOf(node: number): number {
  return NODE_OFFSET + node * NODE_STRIDE
}
