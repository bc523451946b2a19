// Runs a plan in this thread, on bytes that the test gives, through the real lane and real shared memory, and tells all
// that came of it: what the sinks got, the dead letters, every count, and the ledger at each moment it was published.

import {
  edgeBases,
  Lane,
  type LaneEnd,
  LaneParts,
  nodeNames,
  type Plan,
  type ReplayInlet,
  type ValueOutput
} from '../engine/index.ts'
import type { Registry, Sink, Source } from '../sdk/index.ts'
import {
  createRegion,
  ErrorReader,
  type ErrorRecord,
  JourneyReader,
  KeptReader,
  type KeptRecord,
  LANE_COUNTERS,
  type LaneCounter,
  PathReader,
  type Region,
  type RegionLimits,
  SnapshotReader,
  StringReader
} from '../shared-memory/index.ts'
import type { DeadLetter } from '../state/dead-letter-log/letter.ts'
import { type Piece, piecesSource } from './pieces-source.ts'
import {
  describeJourney,
  type EdgeCount,
  edgeCounts,
  type Ledger,
  ledgerOf,
  type NodeCounts,
  nodeCounts,
  type PathCount,
  pathCounts,
  type RunJourney,
  unbalancedNodes
} from './run-reading.ts'

export interface PlanRunSettings {
  /** For plans that name built-ins. */
  readonly registry?: Registry
  /** Record every line's journey; default true. */
  readonly trace?: boolean
  readonly maxLines?: number
  /** In place of the sinks that keep what they get, by name. */
  readonly sinks?: Readonly<Record<string, Sink>>
  /** Gets the values that would go to the sinks as bytes. */
  readonly output?: ValueOutput
  readonly regionLimits?: Partial<RegionLimits>
  /** Dead letters that go in beside the input. */
  readonly replays?: ReplayInlet
  /** Before the lane runs; for who wants to publish, stop or break something on the way. */
  readonly onLane?: (lane: Lane, parts: LaneParts) => void
  /** After each snapshot that the lane publishes. */
  readonly onPublished?: (ledger: Ledger) => void
}

export interface PlanRun {
  readonly end: LaneEnd
  /** What each sink got, by name. */
  readonly sinks: ReadonlyMap<string, Buffer>
  readonly letters: readonly DeadLetter[]
  /** Of processors and sinks, by name, as in the last snapshot. */
  readonly nodes: ReadonlyMap<string, NodeCounts>
  /** Lines by processor and tag; undefined is the tag of a mapper, and the way of failed lines is its own. */
  readonly edges: readonly EdgeCount[]
  readonly paths: readonly PathCount[]
  readonly counters: Readonly<Record<LaneCounter, number>>
  /** Journeys that were kept, in the order in which they were. */
  readonly kept: readonly KeptRecord[]
  /** The ledger of every snapshot that was published; the last one is that of the end. */
  readonly ledgers: readonly Ledger[]
  /** Nodes whose books did not balance, of all snapshots. */
  readonly unbalanced: readonly string[]
  readonly journeys: readonly RunJourney[]
  readonly errors: readonly ErrorRecord[]
  readonly log: readonly string[]
}

/** Text or bytes of one input, the same cut into what single reads give, or a source. */
export type RunInput = string | Uint8Array | readonly Piece[] | Source

/** Resolves when the lane has ended, whatever it ended by. Throws a UserError when a processor cannot be created. */
export async function runPlan(plan: Plan, input: RunInput, settings: PlanRunSettings = {}): Promise<PlanRun> {
  const run = new RecordedRun(plan, settings)
  return await run.run(sourceOf(input))
}

function sourceOf(input: RunInput): Source {
  if (typeof input === 'string' || input instanceof Uint8Array) return piecesSource([{ pieces: [input] }])
  return 'next' in input ? input : piecesSource([{ pieces: input }])
}

class RecordedRun {
  readonly #plan: Plan
  readonly #settings: PlanRunSettings
  readonly #region: Region
  readonly #journeyReader: JourneyReader
  readonly #errorReader: ErrorReader
  readonly #keptReader: KeptReader
  readonly #kept: KeptRecord[] = []
  readonly #snapshots: SnapshotReader
  readonly #names: readonly string[]
  readonly #sinks = new Map<string, Buffer[]>()
  readonly #letters: DeadLetter[] = []
  readonly #ledgers: Ledger[] = []
  readonly #unbalanced: string[] = []
  readonly #journeys: RunJourney[] = []
  readonly #errors: ErrorRecord[] = []
  readonly #log: string[] = []

  constructor(plan: Plan, settings: PlanRunSettings) {
    this.#plan = plan
    this.#settings = settings
    this.#names = nodeNames(plan)
    const bases = edgeBases(plan)
    const shape = {
      processorCount: plan.processors.length,
      sinkCount: plan.sinks.length,
      edgeCount: bases[bases.length - 1],
      trace: settings.trace ?? true,
      chunkSlots: 0,
      chunkSlotBytes: 0
    }
    this.#region = createRegion(shape, settings.regionLimits)
    this.#journeyReader = new JourneyReader(this.#region)
    this.#errorReader = new ErrorReader(this.#region)
    this.#keptReader = new KeptReader(this.#region)
    this.#snapshots = new SnapshotReader(this.#region)
  }

  async run(source: Source): Promise<PlanRun> {
    const plan = this.#plan
    const parts = await LaneParts.create({
      plan,
      region: this.#region,
      epoch: 1,
      registry: this.#settings.registry ?? { processors: new Map(), sources: new Map(), sinks: new Map() },
      sinks: plan.sinks.map(({ name }) => this.#settings.sinks?.[name] ?? this.#memorySink(name)),
      letters: this.#letterWriter(),
      valueOutput: this.#settings.output,
      log: message => this.#log.push(message)
    })
    const { maxLines = Number.POSITIVE_INFINITY, replays } = this.#settings
    const lane = new Lane(parts, source, maxLines, { replays })
    lane.onPublished = () => this.#read()
    this.#settings.onLane?.(lane, parts)
    const end = await lane.run()
    this.#read()
    const { values } = this.#snapshots.read()
    return {
      end,
      sinks: new Map([...this.#sinks].map(([name, parts]) => [name, Buffer.concat(parts)])),
      letters: this.#letters,
      nodes: nodeCounts(plan, values),
      edges: edgeCounts(plan, this.#region, values),
      paths: pathCounts(new PathReader(this.#region), this.#names),
      counters: Object.fromEntries(LANE_COUNTERS.map((name, index) => [name, values[index]])) as Record<
        LaneCounter,
        number
      >,
      ledgers: this.#ledgers,
      unbalanced: this.#unbalanced,
      journeys: this.#journeys,
      errors: this.#errors,
      kept: this.#kept,
      log: this.#log
    }
  }

  #read(): void {
    const { values } = this.#snapshots.read()
    const ledger = ledgerOf(values)
    this.#ledgers.push(ledger)
    const unbalanced = unbalancedNodes(this.#plan, this.#region, values)
    this.#unbalanced.push(...unbalanced.map(what => `snapshot ${this.#ledgers.length}: ${what}`))
    const paths = new PathReader(this.#region)
    const strings = new StringReader(this.#region)
    for (const journey of this.#journeyReader.poll()) {
      this.#journeys.push(describeJourney(journey, paths, strings, this.#names))
    }
    this.#errors.push(...this.#errorReader.poll())
    this.#kept.push(...this.#keptReader.poll())
    this.#settings.onPublished?.(ledger)
  }

  #memorySink(name: string): Sink {
    const parts: Buffer[] = []
    let length = 0
    this.#sinks.set(name, parts)
    return {
      write(bytes) {
        parts.push(Buffer.from(bytes))
        length += bytes.length
      },
      get length() {
        return length
      },
      close: () => undefined
    }
  }

  #letterWriter() {
    return {
      append: (letters: readonly DeadLetter[]) => {
        for (const letter of letters) {
          // The bytes are the batch's, which is about to be used again.
          const original = { ...letter.original, bytes: Buffer.from(letter.original.bytes) }
          this.#letters.push({ ...letter, original })
        }
      },
      length: 0,
      close: () => undefined
    }
  }
}
