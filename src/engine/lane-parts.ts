// Builds what a lane runs on from the plan: processors with their behaviour, steps, sinks, telemetry.

import { fileNumber } from '../base/file-identity.ts'
import type { Registry } from '../sdk/registry.ts'
import type { Sink } from '../sdk/sink.ts'
import {
  blockThread,
  KeptWriter,
  NODE,
  NODE_OFFSET,
  NODE_STRIDE,
  type Region,
  settledOffset
} from '../shared-memory/index.ts'
import { Batch } from './batch.ts'
import type { CallHost } from './call.ts'
import { Calls } from './calls.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { countSenders, edgeBases, ownTargets, processorTargets, successors } from './edges.ts'
import { Emissions } from './emissions.ts'
import { describeError } from './errors.ts'
import { Failures } from './failures.ts'
import { instantiate } from './instantiate.ts'
import { HopNotes } from './journeys/hop-notes.ts'
import { JourneyKeeper } from './journeys/keeper.ts'
import type { LaneObserver } from './lane-observer.ts'
import type { LetterWriter } from './letters.ts'
import { NodeRuntime } from './node.ts'
import { Patience } from './patience.ts'
import { nodeNames, type Plan } from './plan.ts'
import { type ProcessorState, ProcessorStates } from './processor-states.ts'
import { Runner } from './runner.ts'
import { Settler, type ValueOutput } from './settler.ts'
import { SinkOutput } from './sink-output.ts'
import { planSteps, type Step } from './steps.ts'
import { LANE, Telemetry } from './telemetry.ts'

// By the counter `sink_line_end`.
const LINE_ENDS = ['', '\n', '\r\n'] as const

export interface LanePartsSettings {
  readonly plan: Plan
  readonly region: Region
  /** Which incarnation of the lane this is. */
  readonly epoch: number
  readonly registry: Registry
  /** Opened sinks, in the plan's order. */
  readonly sinks: readonly Sink[]
  readonly letters: LetterWriter
  readonly valueOutput: ValueOutput | undefined
  /** Of processors that keep some, as a predecessor had it. */
  readonly states?: readonly ProcessorState[] | undefined
  readonly log: (message: string) => void
  readonly observer?: LaneObserver | undefined
}

/** What the parts ask of the lane that they are parts of. */
export interface LaneHost {
  progressed(): void
  stopAt(node: NodeRuntime, batch: Batch, line: number, message: string): void
  betweenLines(nowMilliseconds: number): void
}

// A processor that logs every line must not make the log the bottleneck.
const LOG_LINES_PER_SECOND = 20

export class LaneParts {
  readonly plan: Plan
  readonly telemetry: Telemetry
  readonly nodes: NodeRuntime[] = []
  readonly steps: readonly Step[]
  /** By processor: node ids by tag, -1 for an end, and the target of `on_error: { to }` last. */
  readonly targets: readonly (readonly number[])[]
  readonly countsHops: boolean
  readonly calls: Calls
  readonly emissions: Emissions
  readonly failures: Failures
  readonly runner: Runner
  readonly settler: Settler
  readonly patience = new Patience()
  /** Undefined: no processor keeps state. */
  states: ProcessorStates | undefined
  beforeClose: () => void = () => undefined
  /** Told why lines wait for a processor, and with undefined that they go on. */
  onBreaker: (processor: string, reason: string | undefined) => void = () => undefined
  readonly log: (message: string) => void
  readonly #sinks: readonly Sink[]
  readonly #outputs: readonly SinkOutput[]
  #observers: readonly LaneObserver[] = []
  #host: LaneHost | undefined

  /** Throws a UserError when a processor's module or `create` fails. */
  static async create(settings: LanePartsSettings): Promise<LaneParts> {
    const parts = new LaneParts(settings)
    await parts.#createNodes(settings)
    return parts
  }

  private constructor(settings: LanePartsSettings) {
    const { plan } = settings
    this.plan = plan
    this.#sinks = settings.sinks
    this.log = settings.log
    this.telemetry = new Telemetry(settings.region, settings.epoch)
    this.telemetry.counters[LANE.dead_letter_bytes] = settings.letters.length
    this.targets = plan.processors.map(processorTargets)
    this.steps = planSteps(plan.processors.map((_, id) => successors(plan, id)))
    this.countsHops = this.steps.some(step => step.isCycle) || this.steps.length > plan.limits.maxHops
    const { telemetry } = this
    this.calls = new Calls(telemetry, { progressed: () => this.#host?.progressed() })
    this.emissions = new Emissions(telemetry, plan.limits, this.calls)
    this.failures = new Failures(telemetry, this.emissions, {
      park: (...call) => this.calls.park(...call),
      stopAt: (...stop) => this.#host?.stopAt(...stop)
    })
    this.calls.connect(this.emissions, this.failures)
    this.runner = new Runner({
      telemetry,
      calls: this.calls,
      failures: this.failures,
      limits: plan.limits,
      countsHops: this.countsHops,
      betweenLines: now => this.#host?.betweenLines(now)
    })
    this.#outputs = plan.sinks.map((sink, index) => this.#createOutput(sink.name, settings.sinks[index], index))
    this.settler = new Settler({
      telemetry,
      processorCount: plan.processors.length,
      nodeNames: nodeNames(plan),
      outputs: this.#outputs,
      letters: settings.letters,
      patience: this.patience,
      configHash: plan.configHash,
      valueOutput: settings.valueOutput,
      keeper: this.#createKeeper(settings)
    })
    if (settings.observer !== undefined) this.watch(settings.observer)
  }

  /** Shows every hop to one more observer, until what it returns is called. */
  watch(observer: LaneObserver): () => void {
    this.#setObservers([...this.#observers, observer])
    return () => this.#setObservers(this.#observers.filter(each => each !== observer))
  }

  #setObservers(observers: readonly LaneObserver[]): void {
    this.#observers = observers
    const all: LaneObserver = {
      arriving: (...arrival) => {
        for (const observer of observers) observer.arriving(...arrival)
      },
      settling: (...settled) => {
        for (const observer of observers) observer.settling(...settled)
      }
    }
    const seen = observers.length === 0 ? undefined : all
    this.telemetry.observe(seen)
    this.settler.observer = seen
  }

  createBatch(): Batch {
    const { journeys, region } = this.telemetry
    return new Batch(this.targets, settledOffset(region.shape), journeys === undefined ? undefined : new HopNotes())
  }

  connect(host: LaneHost): void {
    this.#host = host
  }

  /** Closes processors and sinks, in this order; every one is tried, the first fault is thrown. */
  async close(): Promise<void> {
    const faults: unknown[] = []
    for (const close of [
      this.beforeClose,
      ...this.nodes.map(node => node.close),
      ...this.#sinks.map(sink => () => sink.close())
    ]) {
      try {
        await close()
      } catch (fault) {
        faults.push(fault)
      }
    }
    if (faults.length > 0) throw faults[0]
  }

  /** A predecessor's last line may still need its line end. */
  #createOutput(name: string, sink: Sink, index: number): SinkOutput {
    const base = NODE_OFFSET + (this.plan.processors.length + index) * NODE_STRIDE
    const { counters } = this.telemetry
    this.#noteFile(sink, base)
    const lineEnd = sink.length === 0 ? '' : LINE_ENDS[counters[base + NODE.sink_line_end]]
    return new SinkOutput(name, sink, lineEnd)
  }

  /** Goes on in the file that the sink's path leads to now. Returns why that cannot be. */
  reopenSink(index: number): string | undefined {
    const output = this.#outputs[index]
    const { sink } = output
    if (sink.reopen === undefined) return 'it knows no way to'
    try {
      sink.reopen()
    } catch (thrown) {
      return describeError(thrown).message
    }
    const base = NODE_OFFSET + (this.plan.processors.length + index) * NODE_STRIDE
    this.#noteFile(sink, base)
    // What the old file's last line lacks is nothing of the new one's.
    output.missingLineEnd = ''
    this.telemetry.counters[base + NODE.sink_line_end] = 0
    return undefined
  }

  #noteFile({ length, identity }: Sink, base: number): void {
    const { counters } = this.telemetry
    if (length !== undefined) counters[base + NODE.sink_length] = length
    counters[base + NODE.sink_file] = identity === undefined ? 0 : fileNumber(identity)
  }

  async #createNodes({ plan, registry, log, states }: LanePartsSettings): Promise<void> {
    const host = this.#createCallHost(log)
    const bases = edgeBases(plan)
    const senders = countSenders(plan)
    for (const [id, processor] of plan.processors.entries()) {
      const targets = ownTargets(processor)
      this.nodes.push(
        new NodeRuntime({
          id,
          plan: processor,
          behaviour: await instantiate(
            processor,
            id,
            registry,
            blockThread,
            this.telemetry.journeys !== undefined,
            states?.find(({ name }) => name === processor.name)
          ),
          host,
          counters: this.telemetry.counters,
          indexes: this.telemetry.nodeIndexes(id),
          edgeBase: this.telemetry.edgeIndex(bases[id]),
          targets,
          sinkCodes: Int32Array.from(targets, target => 1 | ((target === -1 ? id : target) << 8)),
          hasSeveralSenders: senders[id] > 1,
          settleCall: this.emissions.settleCall
        })
      )
    }
    for (const node of this.nodes) this.#createBreaker(node)
    const stateful = this.nodes.flatMap(({ name, snapshot }) => (snapshot === undefined ? [] : [{ name, snapshot }]))
    if (stateful.length > 0) this.states = new ProcessorStates(stateful)
  }

  #createKeeper({ plan, region, epoch }: LanePartsSettings): JourneyKeeper | undefined {
    const { telemetry } = this
    if (telemetry.journeys === undefined) return undefined
    const { maxValueBytes, maxBytes } = plan.journeys
    const writer = new KeptWriter(region, epoch, { valueBytes: maxValueBytes, recordBytes: maxBytes })
    const keeper = new JourneyKeeper({ plan, telemetry, writer })
    telemetry.onFlush = now => keeper.flush(now)
    return keeper
  }

  #createBreaker(node: NodeRuntime): void {
    const { circuitBreaker } = node.plan
    if (circuitBreaker === undefined) return
    let wasAsync = false
    node.breaker = new CircuitBreaker(circuitBreaker, {
      opened: reason => {
        wasAsync = node.isAsync
        // Each line is looked at before it is called with.
        node.isAsync = true
        this.onBreaker(node.name, reason)
      },
      probe: () => this.calls.probe(node),
      closed: () => {
        node.isAsync = wasAsync
        node.probe = undefined
        this.onBreaker(node.name, undefined)
        this.calls.goOnWith(node)
      }
    })
  }

  #createCallHost(log: (message: string) => void): CallHost {
    const { telemetry, plan } = this
    let second = 0
    let left = LOG_LINES_PER_SECOND
    return {
      maxDescendants: plan.limits.maxDescendants,
      maxDescendantBytes: plan.limits.maxDescendantBytes,
      lateEmit: () => {
        telemetry.counters[LANE.late_emits]++
      },
      log: (node, message) => {
        const now = Math.floor(performance.now() / 1000)
        if (now !== second) {
          second = now
          left = LOG_LINES_PER_SECOND
        }
        if (left-- > 0) log(`${node.name}: ${message}`)
      }
    }
  }
}
