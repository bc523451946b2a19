// Runs a graph through the real lane, with real shared memory, and puts what came of it into the form that the
// interpreter gives. A snapshot is published at every moment at which the engine can publish one.

import type { Plan } from '../../src/engine/index.ts'
import {
  defineProcessor,
  type LineValue,
  type ProcessorContext,
  type ProcessorDefinition,
  type Sink
} from '../../src/sdk/index.ts'
import type { DeadLetter } from '../../src/state/dead-letter-log/letter.ts'
import { type Piece, piecesSource } from '../../src/testing/pieces-source.ts'
import { type PlanRun, type PlanRunSettings, runPlan } from '../../src/testing/run-plan.ts'
import type { Ledger, RunJourney } from '../../src/testing/run-reading.ts'
import { simplePlan } from '../../src/testing/simple-plan.ts'
import {
  count,
  type Decision,
  failureKey,
  type Graph,
  type GraphProcessor,
  type Leaf,
  type Letter,
  type Outcome,
  TIMEOUT_MILLISECONDS
} from './graph.ts'
import { hopsOf } from './kept-hops.ts'
import { hashOf, Random } from './random.ts'

export interface EngineRun {
  readonly outcome: Outcome
  readonly ledgers: readonly Ledger[]
  readonly unbalanced: readonly string[]
  readonly counters: PlanRun['counters']
  /** Of the emissions of calls that had settled, how many did not throw. */
  readonly acceptedLate: number
}

/** What a run lets a test break. */
export interface Sabotage {
  readonly onLane?: PlanRunSettings['onLane']
}

const MANY = 1_000_000_000
const KEEP_ALL = {
  journeysPerSecond: MANY,
  bytesPerSecond: MANY,
  sameErrorPerSecond: MANY,
  rareLines: MANY,
  maxValueBytes: 65_536,
  maxBytes: 65_536
}

const REGION_LIMITS = {
  indexBlocks: 2,
  paths: 4096,
  journeyPages: 3,
  journeyTextBytes: 131_072,
  journeyRecords: 4096,
  errorPages: 3
}

export async function runEngine(graph: Graph, sabotage: Sabotage = {}): Promise<EngineRun> {
  const run = new GraphRun(graph)
  return await run.run(sabotage)
}

class GraphRun {
  readonly #graph: Graph
  readonly #random: Random
  readonly #sinks = new Map<string, Buffer[]>()
  #publish: () => void = () => undefined
  #stop: () => void = () => undefined
  #snapshots = 0
  #isOver = false
  #acceptedLate = 0

  constructor(graph: Graph) {
    this.#graph = graph
    this.#random = new Random(graph.seed + 1)
  }

  async run({ onLane }: Sabotage): Promise<EngineRun> {
    const graph = this.#graph
    const inputs = graph.inputs.map(({ name, bytes }) => ({ name, pieces: this.#pieces(bytes) }))
    const plan = this.#plan()
    const run = await runPlan(plan, piecesSource(inputs), {
      regionLimits: REGION_LIMITS,
      maxLines: graph.maxLines,
      onPublished: () => {
        if (++this.#snapshots === graph.stopsAtSnapshot) setImmediate(() => this.#stop())
      },
      sinks: Object.fromEntries(graph.sinks.map(name => [name, this.#sink(name)])),
      onLane: (lane, parts) => {
        lane.publishMilliseconds = graph.publishMilliseconds
        this.#publish = () => lane.publish()
        this.#stop = () => lane.stop()
        this.#publishOften()
        onLane?.(lane, parts)
      }
    })
    this.#isOver = true
    return {
      outcome: this.#outcome(run, plan),
      ledgers: run.ledgers,
      unbalanced: run.unbalanced,
      counters: run.counters,
      acceptedLate: this.#acceptedLate
    }
  }

  /** Besides after every step and line: between two turns, while calls are under way. */
  #publishOften(): void {
    setTimeout(() => {
      if (this.#isOver) return
      this.#publish()
      this.#publishOften()
    }, 1)
  }

  #plan(): Plan {
    const { processors, sinks, entry, maxHops, maxDescendants, maxLineBytes } = this.#graph
    const simple = processors.map(processor => {
      const { name, target, to, onError, attempts, concurrency, timing } = processor
      const use = this.#definition(processor)
      const ways = target ?? Object.fromEntries(to)
      const timeoutMilliseconds = timing === 'hanging' ? TIMEOUT_MILLISECONDS : 30_000
      const retry = { attempts, backoffMilliseconds: 0 }
      return [name, { use, to: ways, onError, retry, concurrency, timeoutMilliseconds }] as const
    })
    const limits = { maxHops, maxDescendants, maxLineBytes }
    return simplePlan(Object.fromEntries(simple), { sinks, entry, limits, journeys: KEEP_ALL })
  }

  #definition(processor: GraphProcessor): ProcessorDefinition {
    const { name, accepts, isMapper, to } = processor
    const about = { name, summary: 'Does what the graph says.', accepts }
    if (isMapper) return defineProcessor({ ...about, create: () => this.#mapper(processor) })
    return defineProcessor({ ...about, emits: [...to.keys()], create: () => this.#process(processor) })
  }

  #process(processor: GraphProcessor) {
    const decide = processor.createDecide()
    return (value: LineValue, emit: (tag: string, value: LineValue) => void, context: ProcessorContext) => {
      const decision = decide(value, callInfo(context))
      const { emits, emitsLate, hangs } = decision
      if (hangs === true) return new Promise<void>(() => undefined)
      const emitFrom = (from: number) => {
        try {
          for (const { tag, value } of emits.slice(from)) emit(tag, value as LineValue)
          finish(decision, context)
        } finally {
          if (emitsLate === true) this.#emitLater(emit)
        }
      }
      if (!this.#takesTime(processor)) return emitFrom(0)
      // Some lines before the wait, some after it.
      const early = emits.slice(0, this.#random.integer(0, emits.length))
      for (const { tag, value } of early) emit(tag, value as LineValue)
      return this.#wait().then(() => {
        this.#publish()
        emitFrom(early.length)
      })
    }
  }

  #mapper(processor: GraphProcessor) {
    const decide = processor.createDecide()
    return (value: LineValue, context: ProcessorContext) => {
      const decision = decide(value, callInfo(context))
      const result = decision.emits[0]?.value as LineValue | undefined
      if (decision.hangs === true) return new Promise<undefined>(() => undefined)
      if (this.#takesTime(processor)) return this.#wait().then(() => finish(decision, context, result))
      return finish(decision, context, result)
    }
  }

  #takesTime({ timing }: GraphProcessor): boolean {
    return timing === 'async' || (timing === 'mixed' && this.#random.chance(0.3))
  }

  #wait(): Promise<unknown> {
    const way = this.#random.next()
    if (way < 0.4) return Promise.resolve()
    if (way < 0.95) return new Promise(resolve => setImmediate(resolve))
    return new Promise(resolve => setTimeout(resolve, 1))
  }

  #emitLater(emit: (tag: string, value: LineValue) => void): void {
    setImmediate(() => {
      try {
        emit('late', 'a line made of nothing')
        this.#acceptedLate++
      } catch {
        // As it must be.
      }
    })
  }

  /** The bytes in single reads of any length, some of which have to be waited for. */
  *#pieces(bytes: Buffer): Iterable<Piece> {
    const largest = this.#random.pick([3, 100, 1000, 100_000])
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.#random.integer(1, largest))
      at += piece.length
      yield this.#random.chance(0.1) ? new Promise(resolve => setImmediate(() => resolve(piece))) : piece
    }
  }

  #sink(name: string): Sink {
    const parts: Buffer[] = []
    this.#sinks.set(name, parts)
    const isSlow = this.#random.chance(0.3)
    let isWriting = false
    return {
      write: bytes => {
        if (isWriting) throw new Error('a second write before the first had ended')
        if (!isSlow) {
          parts.push(Buffer.from(bytes))
          return
        }
        isWriting = true
        return new Promise(resolve => {
          setImmediate(() => {
            // They must be valid until now.
            parts.push(Buffer.from(bytes))
            isWriting = false
            resolve()
          })
        })
      },
      length: undefined,
      close: () => undefined
    }
  }

  #outcome(run: PlanRun, plan: Plan): Outcome {
    return {
      stop:
        run.end.reason === 'end' || run.end.reason === 'stopped'
          ? undefined
          : `${run.end.reason} ${'message' in run.end ? run.end.message : ''}`,
      sinks: new Map([...this.#sinks].map(([name, parts]) => [name, Buffer.concat(parts)])),
      letters: run.letters.map(letterOf),
      journeys: run.journeys.map(journey => journeyOf(journey, this.#graph)),
      hops: new Map(
        run.kept
          .filter(({ areHopsCut }) => !areHopsCut)
          .map(record => [placeOf(record, this.#graph), hopsOf(record, plan)])
      ),
      counts: countsOf(run, this.#graph),
      paths: new Map(run.paths.map(({ names, outcome, lines }) => [`${names.join(' > ')}: ${outcome}`, lines]))
    }
  }
}

function callInfo(context: ProcessorContext) {
  const { attempt, source, lineNumber, offset, error } = context
  return { attempt, place: `${source}:${lineNumber}:${offset}`, error: error?.message }
}

function finish(decision: Decision, context: ProcessorContext, result?: LineValue): LineValue | undefined {
  if (decision.drop !== undefined) context.drop(decision.drop)
  if (decision.throws === undefined) return result
  // Whatever is thrown: its message is the text.
  if (hashOf(decision.throws) % 2 === 0) throw decision.throws as unknown as Error
  throw new Error(decision.throws)
}

function letterOf(letter: DeadLetter): Letter {
  const { kind, id, processor, tag, error, attempts, journey, source, lineNumber, offset, original } = letter
  return {
    kind,
    id,
    processor,
    tag,
    code: error?.code,
    message: error?.message,
    attempts: attempts.map(({ attempt, message }) => `${attempt} ${message}`),
    journey,
    place: `${source}:${lineNumber}:${offset}`,
    original: Buffer.from(original.bytes).toString('hex'),
    byteLength: original.byteLength,
    sha256: original.sha256,
    value: letter.valueBefore
  }
}

function placeOf(line: Pick<RunJourney, 'sourceNumber' | 'lineNumber' | 'offset'>, { inputs }: Graph): string {
  return `${inputs[line.sourceNumber].name}:${line.lineNumber}:${line.offset}`
}

function journeyOf(journey: RunJourney, graph: Graph) {
  const { text, leaves } = journey
  return {
    place: placeOf(journey, graph),
    text: Buffer.from(text).toString('hex'),
    leaves: leaves as readonly Leaf[]
  }
}

const LEDGER = ['entered', 'forked', 'delivered', 'dropped', 'dead', 'unmatched'] as const
const NODE = ['received', 'errors', 'retries', 'dropped', 'dead', 'unmatched', 'delivered'] as const

function countsOf({ counters, nodes, edges, errors }: PlanRun, graph: Graph): Map<string, number> {
  const counts = new Map<string, number>(LEDGER.map(key => [key, counters[key]]))
  for (const [name, values] of nodes) for (const key of NODE) counts.set(`${name} ${key}`, values[key])
  for (const { processor, tag, isForFailed, target, lines } of edges) {
    counts.set(`${processor} -${isForFailed ? '(on_error)' : (tag ?? '')}-> ${target ?? ''}`, lines)
  }
  // The engine tells each failed attempt, unless there are too many to tell.
  if (counters.errors_shed > 0) return counts
  const names = [...nodes.keys()]
  for (const { node, attempt, sourceNumber, lineNumber, offset, message } of errors) {
    const place = `${graph.inputs[sourceNumber].name}:${lineNumber}:${offset}`
    count(counts, failureKey(place, node === -1 ? '' : names[node], attempt, Buffer.from(message).toString()))
  }
  return counts
}
