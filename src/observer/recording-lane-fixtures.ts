// A lane for tests of the observer and the server: it runs no pipeline, but records what it is told through the real
// writers, as the engine does, so that readers meet real memory.

import {
  CHANGED,
  ErrorWriter,
  edgeOffset,
  FAILED_ONCE,
  HistogramWriter,
  type InFlightEntry,
  InFlightWriter,
  JourneyWriter,
  LANE,
  LaneControl,
  type LaneState,
  LineIndexWriter,
  leafCode,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  type NodeCounter,
  nodeCount,
  OUTCOME,
  type OutcomeName,
  outcomeHistogram,
  PathWriter,
  type Region,
  ROOT_PATH,
  regionMilliseconds,
  SnapshotWriter,
  StringWriter,
  settledOffset,
  sinkHistogram
} from '../shared-memory/index.ts'

export interface RecordedLeaf {
  /** Ids of all nodes visited, entry first. */
  readonly nodes: readonly number[]
  readonly outcome: OutcomeName
  readonly reason?: string
  readonly isChanged?: boolean
  readonly forkDepth?: number
}

export interface RecordedError {
  readonly node: number
  readonly name?: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  readonly attempt?: number
  readonly isFinal?: boolean
}

export interface RecordedLine {
  /** Without the line end. */
  readonly text: string | Uint8Array
  readonly leaves: readonly RecordedLeaf[]
  readonly errors?: readonly RecordedError[]
  /** Time spent in each node visited; 1 ms when left out. */
  readonly nanoseconds?: number
}

/** What a lane records, and how it goes on. */
export interface LaneScript {
  readonly region: Region
  readonly lines: readonly RecordedLine[]
  readonly state: LaneState
  /** Its thread then stays inside a call of this node, unable to answer anybody. */
  readonly hangIn?: number
  readonly waiting?: readonly InFlightEntry[]
  /** Lines that enter and are never seen again. */
  readonly loses?: number
}

export function recordScript(script: LaneScript): RecordingLane {
  const lane = new RecordingLane(script.region)
  lane.record(script.lines)
  if (script.waiting !== undefined) lane.waitingLines(script.waiting)
  lane.values[LANE.entered] += script.loses ?? 0
  lane.publish(script.state)
  return lane
}

export class RecordingLane {
  readonly control: LaneControl
  readonly #region: Region
  readonly #snapshot: SnapshotWriter
  readonly #histograms: HistogramWriter
  readonly #paths: PathWriter
  readonly #journeys: JourneyWriter | undefined
  readonly #lines: LineIndexWriter | undefined
  readonly #errors: ErrorWriter
  readonly #strings: StringWriter
  readonly #inFlight: InFlightWriter
  #offset = 0
  #lineNumber = 1

  constructor(region: Region) {
    this.#region = region
    this.control = new LaneControl(region)
    const { epoch } = this.control
    this.#snapshot = new SnapshotWriter(region)
    this.#histograms = new HistogramWriter(region)
    this.#paths = new PathWriter(region)
    this.#journeys = region.shape.trace ? new JourneyWriter(region, epoch) : undefined
    this.#lines = region.shape.trace ? new LineIndexWriter(region, epoch) : undefined
    this.#errors = new ErrorWriter(region, epoch)
    this.#strings = new StringWriter(region)
    this.#inFlight = new InFlightWriter(region)
  }

  /** Counters to disturb: a test of the ledger loses a line here. */
  get values(): Float64Array {
    return this.#snapshot.values
  }

  now(): number {
    return regionMilliseconds(this.#region)
  }

  record(lines: readonly RecordedLine[]): void {
    for (const line of lines) this.#recordLine(line)
  }

  waitingLines(entries: readonly InFlightEntry[]): void {
    this.#inFlight.publish(entries, this.now())
    this.values[LANE.in_flight] = entries.length
    this.values[LANE.entered] += entries.length
  }

  /** Journeys become visible; a snapshot does not. */
  handOverJourneys(): void {
    this.#journeys?.flush(Number.POSITIVE_INFINITY)
  }

  publish(state: LaneState): void {
    this.handOverJourneys()
    this.values[LANE.journeys_written] = this.#journeys?.written ?? 0
    // All that it records is settled.
    const { shape } = this.#region
    this.values.copyWithin(settledOffset(shape), NODE_OFFSET, settledOffset(shape))
    this.#errors.flush(Number.POSITIVE_INFINITY)
    this.#histograms.publishTouched(1_000_000)
    this.#paths.publishTouched(1_000_000)
    this.#snapshot.publish(this.now())
    this.control.setState(state)
    this.control.heartbeat()
  }

  #recordLine(line: RecordedLine): void {
    const bytes = Buffer.concat([Buffer.from(line.text as string), Buffer.from('\n')])
    const { values } = this
    values[LANE.entered]++
    values[LANE.settled_lines]++
    values[LANE.forked] += line.leaves.length - 1
    values[LANE.input_bytes] += bytes.length
    for (const error of line.errors ?? []) this.#recordError(error, bytes)
    for (const leaf of line.leaves) this.#countLeaf(leaf, line.nanoseconds ?? 1e6)
    this.#histograms.record(nodeCount(this.#region.shape), line.nanoseconds ?? 1e6, 1)
    this.#recordJourney(line, bytes)
    this.#offset += bytes.length
    this.#lineNumber++
  }

  #countLeaf(leaf: RecordedLeaf, nanoseconds: number): void {
    this.values[LANE[leaf.outcome]]++
    const visits = leaf.nodes.slice(leaf.forkDepth ?? 0)
    for (const [index, node] of visits.entries()) {
      this.#add(node, 'received', 1)
      this.#add(node, 'time_nanos', nanoseconds)
      if (index < visits.length - 1) this.#add(node, 'emitted', 1)
      this.#histograms.record(node, nanoseconds, 1)
    }
    const last = leaf.nodes.at(-1)
    if (last !== undefined && leaf.outcome !== 'joined') this.#add(last, leaf.outcome, 1)
    for (let edge = 0; edge < this.#region.shape.edgeCount; edge++) {
      this.values[edgeOffset(this.#region.shape) + edge] += visits.length > 1 ? 1 : 0
    }
    this.#paths.count(this.#pathOf(leaf), OUTCOME[leaf.outcome])
    if (leaf.outcome === 'joined') return
    const { shape } = this.#region
    this.#histograms.record(outcomeHistogram(shape, OUTCOME[leaf.outcome]), nanoseconds, 1)
    const sink = (last ?? -1) - shape.processorCount
    if (leaf.outcome === 'delivered' && sink >= 0) this.#histograms.record(sinkHistogram(shape, sink), nanoseconds, 1)
  }

  #recordError(error: RecordedError, line: Uint8Array): void {
    const isFinal = error.isFinal ?? true
    this.values[LANE.failed_attempts]++
    this.#add(error.node, 'errors', 1)
    if (!isFinal) this.#add(error.node, 'retries', 1)
    this.#errors.write({
      node: error.node,
      attempt: error.attempt ?? 1,
      isFinal,
      sourceNumber: 0,
      offset: this.#offset,
      lineNumber: this.#lineNumber,
      atMilliseconds: this.now(),
      name: error.name ?? 'Error',
      message: error.message,
      stack: error.stack ?? '',
      code: error.code,
      line: line.subarray(0, line.length - 1)
    })
  }

  #recordJourney({ leaves, errors }: RecordedLine, bytes: Buffer): void {
    if (this.#journeys === undefined) return
    const at = this.now()
    const flags = errors === undefined ? 0 : FAILED_ONCE
    const codes = leaves.map(leaf =>
      leafCode(leaf.outcome, this.#detailOf(leaf), flags | (leaf.isChanged ? CHANGED : 0))
    )
    const paths = Int32Array.from(leaves, leaf => this.#pathOf(leaf) << 1)
    this.#lines!.addLong(
      {
        sourceNumber: 0,
        offset: this.#offset,
        firstLineNumber: this.#lineNumber,
        sequence: this.#journeys.written
      },
      bytes.length,
      paths[0],
      codes[0]
    )
    this.#journeys.beginBatch({
      sourceNumber: 0,
      offset: this.#offset,
      firstLineNumber: this.#lineNumber,
      readAtMilliseconds: at,
      settledAtMilliseconds: at
    })
    if (leaves.length === 1) {
      this.#journeys.addLines(bytes, Int32Array.of(0, bytes.length), 0, 1, paths, Int32Array.from(codes))
      return
    }
    const forkDepths = Int32Array.from(leaves, leaf => leaf.forkDepth ?? 0)
    this.#journeys.addForkedLine(bytes, 0, bytes.length, 0, leaves.length, paths, Int32Array.from(codes), forkDepths)
  }

  #detailOf(leaf: RecordedLeaf): number {
    if (leaf.outcome === 'dropped') return this.#strings.intern(leaf.reason ?? 'filtered')
    return leaf.outcome === 'delivered' ? leaf.nodes.at(-1)! : 0
  }

  #pathOf({ nodes }: RecordedLeaf): number {
    return nodes.reduce((path, node) => this.#paths.next(path, node), ROOT_PATH)
  }

  #add(node: number, counter: NodeCounter, amount: number): void {
    this.values[NODE_OFFSET + node * NODE_STRIDE + NODE[counter]] += amount
  }
}
