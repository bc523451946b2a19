// What the author of a processor writes, and what the engine promises in return.

import type { z } from 'zod'

import type { LineRecord, LineValue } from './line.ts'

/**
 * What a call knows of its line. Valid until the call settles: afterwards it tells of another line.
 * A getter costs nothing until it is used.
 */
export interface ProcessorContext {
  /** Drops the line with a reason; counts only when the call emits nothing. Without it the reason is `filtered`. */
  drop(reason: string): void
  /**
   * Has the journey of the entering line kept with times and values, when the run records journeys. It stands also when the
   * call fails.
   */
  keep(): void
  /** Aborts when the call's time is up or the run is ended by force. */
  readonly signal: AbortSignal
  /** 1 for the first try, 2 for the first retry, … */
  readonly attempt: number
  /** True when this line was replayed from the dead letters. */
  readonly isReplay: boolean
  /** The error of the processor whose `on_error: { to }` sent the line here. */
  readonly error: Error | undefined
  /** Name of the source as shown: a path, or `stdin`. */
  readonly source: string
  /** Absolute path of the source's file, when it is one. */
  readonly file: string | undefined
  /** Line number in its source, from 1. */
  readonly lineNumber: number
  /** Byte offset of the line's first byte in its (decompressed) source. */
  readonly offset: number
  /** Tag under which the line reached this processor: the processor's own name. */
  readonly tag: string
  /** Writes one line to the engine's log (stderr), escaped and rate-limited. */
  log(message: string): void
}

/**
 * Sends a line to the processor or sink that the tag names. Throws once the call has settled. `because` says why in your
 * own words: journeys that are kept tell it.
 */
export type Emit<Tag extends string = string> = (
  tag: Tag,
  value: LineValue,
  more?: { readonly because?: string | undefined }
) => void

/**
 * One call, one line. Emitting nothing drops the line; a throw or rejection undoes everything the call emitted.
 * A promise makes the call asynchronous: it settles when the promise does.
 */
export type Process<Value = LineValue, Tag extends string = string> = (
  line: Value,
  emit: Emit<Tag>,
  context: ProcessorContext
) => void | Promise<void>

/** A processor with one way out: returns the new value, or undefined to drop the line (reason `filtered`). */
export type Mapper<Value = LineValue> = (
  line: Value,
  context: ProcessorContext
) => LineValue | undefined | Promise<LineValue | undefined>

/** The long form of what `create` may return. */
export interface ProcessorInstance<Behaviour> {
  readonly process: Behaviour
  /**
   * The state as JSON, asked for about once a second at a moment when no line is under way, and at the end. `restore`
   * receives it before the first line when a run goes on from a checkpoint. Both or neither.
   */
  snapshot?(): unknown
  restore?(state: unknown): void
  close?(): void | Promise<void>
}

/** What `create` may ask of the engine. */
export interface ProcessorSetup {
  /** The processor's name in this pipeline. */
  readonly name: string
  /** Sleeps the whole thread. Only `delay` has a reason to. */
  blockThread(milliseconds: number): void
}

/** Which values a processor takes: any other fails the call with a message that says which step is missing. */
export type Accepts = 'text' | 'record' | 'any'

export type AcceptedValue<A extends Accepts> = A extends 'text' ? string : A extends 'record' ? LineRecord : LineValue

interface DefinitionBase<Schema extends z.ZodType> {
  /** A verb, in kebab-case: `parse-error`. */
  readonly name: string
  /** One sentence, shown in the reference and in editors. */
  readonly summary: string
  /** Schema of the options; without it the processor takes none. Give every field a `.describe()`. */
  readonly options?: Schema
  /** What a user should know before the first line, given these options: one sentence each, said by `validate`. */
  warnings?(options: z.output<Schema>): readonly string[]
}

/** A processor that names the tag of each line it emits. */
export interface EmittingDefinition<
  Tag extends string = string,
  A extends Accepts = Accepts,
  Schema extends z.ZodType = z.ZodType
> extends DefinitionBase<Schema> {
  /** Every tag that it may emit; `[]` for a consumer. A function when the options decide. */
  readonly emits: readonly Tag[] | ((options: z.output<Schema>) => readonly Tag[])
  /** Default `text`. */
  readonly accepts?: A
  create(
    options: z.output<Schema>,
    setup: ProcessorSetup
  ): Process<AcceptedValue<A>, Tag> | ProcessorInstance<Process<AcceptedValue<A>, Tag>>
}

/** A processor with one way out; the pipeline says where to (`to: name`). */
export interface MapperDefinition<A extends Accepts = Accepts, Schema extends z.ZodType = z.ZodType>
  extends DefinitionBase<Schema> {
  readonly emits?: undefined
  /** Default `text`. */
  readonly accepts?: A
  create(
    options: z.output<Schema>,
    setup: ProcessorSetup
  ): Mapper<AcceptedValue<A>> | ProcessorInstance<Mapper<AcceptedValue<A>>>
}

// biome-ignore lint/suspicious/noExplicitAny: a registry holds definitions of every shape; `any` is what makes them assignable.
export type ProcessorDefinition = EmittingDefinition<any, any, any> | MapperDefinition<any, any>

/** Returns the definition as it is; its value is the inference of the tags, the options and the line's type. */
export function defineProcessor<
  const Tag extends string,
  A extends Accepts = 'text',
  Schema extends z.ZodType = z.ZodType
>(definition: EmittingDefinition<Tag, A, Schema>): EmittingDefinition<Tag, A, Schema>
export function defineProcessor<A extends Accepts = 'text', Schema extends z.ZodType = z.ZodType>(
  definition: MapperDefinition<A, Schema>
): MapperDefinition<A, Schema>
export function defineProcessor(definition: ProcessorDefinition): ProcessorDefinition {
  return definition
}
