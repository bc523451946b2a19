// Runs one processor on a few lines, by the rules of the engine: options are checked, a call is atomic, a record that
// was emitted is frozen, a text step refuses a record. One call at a time, in order.

import type {
  Emit,
  LineValue,
  Mapper,
  Process,
  ProcessorContext,
  ProcessorDefinition,
  ProcessorInstance
} from '../sdk/index.ts'
import { CallContext, type GivenContext } from './call-context.ts'

export interface RunSettings {
  /** Options as they stand in a pipeline file. Default: none. */
  readonly options?: unknown
  /** Tries in all of a line that fails. Default 1. */
  readonly attempts?: number
  /** What the calls see of the line's origin; by default the source `test`, line numbers from 1. */
  readonly context?: GivenContext
  /** Called instead of putting the thread to sleep. */
  readonly blockThread?: (milliseconds: number) => void
}

export interface Emission {
  /** Undefined for a mapper. */
  readonly tag: string | undefined
  readonly value: LineValue
  /** Number of the entering line, from 1. */
  readonly lineNumber: number
}

export interface FailedAttempt {
  readonly lineNumber: number
  readonly attempt: number
  readonly isFinal: boolean
  /** What was thrown, whatever it was. */
  readonly error: unknown
  readonly message: string
}

export interface ProcessorRun {
  /** Every value that left, in order. */
  readonly values: readonly LineValue[]
  /** The same by tag, with every declared tag; empty for a mapper. */
  readonly outputs: ReadonlyMap<string, readonly LineValue[]>
  readonly emissions: readonly Emission[]
  /** Emitted under a tag that the processor does not declare. */
  readonly unmatched: readonly Emission[]
  readonly drops: readonly { readonly lineNumber: number; readonly reason: string }[]
  readonly errors: readonly FailedAttempt[]
  /** Emissions after their call had settled: they throw, and make no line. */
  readonly lateEmissions: number
  /** Numbers of the lines whose journeys it wants kept. */
  readonly kept: readonly number[]
  readonly log: readonly string[]
  /** Sum of what it asked the thread to sleep. */
  readonly blockedMilliseconds: number
}

/** A definition, or a plain function as a pipeline in TypeScript may have it. */
export type Runnable = ProcessorDefinition | ((line: never, context: ProcessorContext) => ReturnType<Mapper>)

/** Throws for options that the schema refuses. Lines that fail are in the result. */
export async function runProcessor(
  processor: Runnable,
  lines: Iterable<LineValue>,
  settings: RunSettings = {}
): Promise<ProcessorRun> {
  const runner = await ProcessorRunner.create(processor, settings)
  for (const line of lines) await runner.run(line)
  await runner.close()
  return runner
}

/** The same step by step, for lines without end. */
export class ProcessorRunner implements ProcessorRun {
  readonly values: LineValue[] = []
  readonly outputs = new Map<string, LineValue[]>()
  readonly emissions: Emission[] = []
  readonly unmatched: Emission[] = []
  readonly drops: { lineNumber: number; reason: string }[] = []
  readonly kept: number[] = []
  readonly errors: FailedAttempt[] = []
  readonly log: string[] = []
  lateEmissions = 0
  blockedMilliseconds = 0

  readonly #settings: RunSettings
  readonly #name: string
  readonly #isMapper: boolean
  readonly #accepts: string
  readonly #instance: ProcessorInstance<Process | Mapper>
  #lineNumber = 0
  #offset = 0

  static async create(processor: Runnable, settings: RunSettings = {}): Promise<ProcessorRunner> {
    const definition: ProcessorDefinition =
      typeof processor === 'function'
        ? { name: processor.name || 'mapper', summary: '', accepts: 'any', create: () => processor as Mapper }
        : processor
    const options = await readOptions(definition, settings.options)
    return new ProcessorRunner(definition, options, settings)
  }

  private constructor(definition: ProcessorDefinition, options: unknown, settings: RunSettings) {
    this.#settings = settings
    this.#name = definition.name
    this.#isMapper = definition.emits === undefined
    this.#accepts = definition.accepts ?? 'text'
    for (const tag of declaredTags(definition, options)) this.outputs.set(tag, [])
    const created = definition.create(options, {
      name: definition.name,
      blockThread: milliseconds => {
        this.blockedMilliseconds += milliseconds
        settings.blockThread?.(milliseconds)
      }
    })
    this.#instance = typeof created === 'function' ? { process: created } : created
  }

  get instance(): ProcessorInstance<Process | Mapper> {
    return this.#instance
  }

  /** Forgets what has left so far. */
  clear(): void {
    for (const list of [this.values, this.emissions, this.unmatched, this.drops, this.errors, this.kept, this.log])
      list.length = 0
    for (const list of this.outputs.values()) list.length = 0
  }

  async run(line: LineValue): Promise<void> {
    this.#lineNumber++
    if (typeof line !== 'string') freeze(line)
    const attempts = this.#settings.attempts ?? 1
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        await this.#call(line, attempt)
        break
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        this.errors.push({ lineNumber: this.#lineNumber, attempt, isFinal: attempt === attempts, error, message })
      }
    }
    this.#offset += (typeof line === 'string' ? Buffer.byteLength(line) : 0) + 1
  }

  async close(): Promise<void> {
    await this.#instance.close?.()
  }

  async #call(line: LineValue, attempt: number): Promise<void> {
    refuseWrongKind(this.#name, this.#accepts, line)
    const lineNumber = this.#lineNumber
    const emissions: Emission[] = []
    let isSettled = false
    const emit: Emit = (tag, value) => {
      if (isSettled) {
        this.lateEmissions++
        throw new Error(`"${this.#name}" emitted after its call had settled`)
      }
      emissions.push({ tag, value, lineNumber })
    }
    const call = new CallContext(this.#name, lineNumber, this.#offset, attempt, this.#settings.context ?? {}, this.log)
    try {
      if (this.#isMapper) {
        const value = await (this.#instance.process as Mapper)(line, call)
        if (value !== undefined) emissions.push({ tag: undefined, value, lineNumber })
      } else {
        await (this.#instance.process as Process)(line, emit, call)
      }
      for (const { value } of emissions) refuseNoLine(value)
    } finally {
      isSettled = true
      if (call.isKept && this.kept.at(-1) !== lineNumber) this.kept.push(lineNumber)
    }
    if (emissions.length === 0) this.drops.push({ lineNumber, reason: call.dropReason ?? 'filtered' })
    for (const emission of emissions) this.#send(emission)
  }

  #send(emission: Emission): void {
    const { tag, value } = emission
    if (typeof value !== 'string') freeze(value)
    const output = tag === undefined ? undefined : this.outputs.get(tag)
    if (tag !== undefined && output === undefined) {
      this.unmatched.push(emission)
      return
    }
    output?.push(value)
    this.values.push(value)
    this.emissions.push(emission)
  }
}

async function readOptions(definition: ProcessorDefinition, given: unknown): Promise<unknown> {
  if (definition.options === undefined) {
    if (given === undefined || isEmpty(given)) return undefined
    throw new Error(`"${definition.name}" takes no options`)
  }
  return await definition.options.parseAsync(given ?? {})
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function declaredTags({ emits }: ProcessorDefinition, options: unknown): readonly string[] {
  if (emits === undefined) return []
  return typeof emits === 'function' ? emits(options) : emits
}

function refuseWrongKind(name: string, accepts: string, line: LineValue): void {
  const isText = typeof line === 'string'
  if (accepts === 'any' || isText === (accepts === 'text')) return
  throw new Error(
    isText
      ? `"${name}" takes a record, got text: add parse_json before it`
      : `"${name}" takes text, got a record: add to_json before it`
  )
}

function refuseNoLine(value: unknown): void {
  if (typeof value === 'string' || (typeof value === 'object' && value !== null)) return
  throw new Error(`emitted ${value === null ? 'null' : `a ${typeof value}`}; a line is text or a record`)
}

function freeze(value: object): void {
  if (Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner)
}
