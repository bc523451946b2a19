// A pipeline written in TypeScript: the same shape as the YAML file, and a processor may also be code.

import type { RedactionPreset } from '../base/redaction.ts'
import type { LineValue } from '../sdk/line.ts'
import type { Mapper, ProcessorDefinition } from '../sdk/processor.ts'

/** `100`, in milliseconds, or `"100ms"`. */
export type Duration = number | string

export interface Pipeline {
  /** One source with its options: `{ file: { path: 'access.log' } }`. */
  readonly source?: Readonly<Record<string, unknown>>
  /** Processor that lines enter at; by default `start`, or the only one. */
  readonly entry?: string
  readonly processors: Readonly<Record<string, PipelineProcessor>>
  /** Each sink with its options: `{ end: { file: { path: 'out.log' } } }`. */
  readonly sinks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly limits?: {
    readonly max_line_bytes?: number | string
    readonly max_hops?: number
    readonly max_descendants?: number
    readonly max_descendant_bytes?: number | string
  }
  readonly dead_letters?: { readonly max_bytes?: number | string; readonly when_full?: 'pause' | 'drop_oldest' }
  /** Which journeys are kept with times and values when a run traces. */
  readonly journeys?: {
    readonly per_second?: number
    readonly bytes_per_second?: number | string
    readonly failure_share?: number
    readonly same_error_per_second?: number
    readonly slow_over?: Duration
    readonly rare_below?: number
    readonly forks_over?: number
    readonly hops_over?: number
    readonly sample_every?: Duration
    readonly max_value_bytes?: number | string
    readonly max_bytes?: number | string
    readonly keep_when?: string
    readonly drop_when?: string
    readonly dry_run?: boolean
  }
  readonly durability?: 'full' | 'fast'
  /** How much is kept of what people look at. */
  readonly store?: { readonly max_bytes?: number | string; readonly max_age?: Duration }
  readonly redaction?: {
    readonly presets?: readonly RedactionPreset[]
    readonly patterns?: readonly string[]
    readonly payloads?: 'on' | 'off'
  }
}

/** A function maps each line to its new value; undefined drops the line. */
export type InlineMapper = (
  line: string,
  ...rest: Parameters<Mapper> extends [unknown, ...infer Rest] ? Rest : never
) => LineValue | undefined | Promise<LineValue | undefined>

export type PipelineProcessor = InlineMapper | ProcessorDefinition | UsedProcessor | BuiltinProcessor

interface CommonKeys {
  /** Where lines go: a name, or one for each tag. */
  readonly to?: string | Readonly<Record<string, string>>
  readonly retry?: { readonly attempts: number; readonly backoff?: Duration; readonly max_backoff?: Duration }
  readonly timeout?: Duration
  readonly concurrency?: number
  readonly on_error?: 'dead_letter' | 'drop' | 'stop' | { readonly to: string }
  readonly circuit_breaker?: { readonly errors?: number; readonly of?: number; readonly probe_every?: Duration }
}

export interface UsedProcessor extends CommonKeys {
  /** Code, or a module's export as in YAML: `"./processors.ts#parseError"`. */
  readonly use: InlineMapper | ProcessorDefinition | string
  readonly options?: unknown
}

/** One built-in with its options, beside the common keys. */
export interface BuiltinProcessor extends CommonKeys {
  readonly use?: undefined
  readonly [builtin: string]: unknown
}

/** Returns the pipeline as it is; its value is what an editor knows while you write it. */
export function definePipeline<const Definition extends Pipeline>(pipeline: Definition): Definition {
  return pipeline
}
