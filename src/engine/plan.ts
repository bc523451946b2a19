// The validated pipeline: what config produces and what lanes, observer and commands agree on.
//
// A plan is plain data (it is sent to threads by structured clone) except for inline components, which exist only in
// library mode and keep the lane on the caller's thread. Node ids are indexes: processors first, then sinks.

import type { Redaction } from '../base/redaction.ts'
import type { LineValue } from '../sdk/line.ts'
import type { ProcessorDefinition } from '../sdk/processor.ts'

/** Where a processor's behaviour comes from. */
export type ComponentReference =
  | { readonly kind: 'builtin'; readonly name: string }
  /** `use: ./processors.ts#parseError`; `exportName` is `default` without a fragment. */
  | { readonly kind: 'module'; readonly file: string; readonly exportName: string }
  /** An inline function or definition of a pipeline module: each lane imports the module and takes it from there. */
  | { readonly kind: 'pipeline-module'; readonly file: string; readonly processor: string }
  | { readonly kind: 'inline'; readonly definition: ProcessorDefinition | InlineFunction }

/** A bare function in a pipeline object is a mapper. */
export type InlineFunction = (line: never) => LineValue | undefined | Promise<LineValue | undefined>

export interface RetryPlan {
  /** Tries in all, the first included; 1 is no retry. */
  readonly attempts: number
  /** Wait before the second try; it doubles with every further one, up to `maxBackoffMilliseconds`. */
  readonly backoffMilliseconds: number
  readonly maxBackoffMilliseconds: number
}

/** Lines wait when so many of the last so many failed for good. */
export interface CircuitBreakerPlan {
  readonly errors: number
  readonly of: number
  /** While they wait, one is tried so often. */
  readonly probeMilliseconds: number
}

export type OnErrorPlan =
  | { readonly kind: 'dead_letter' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'to'; readonly target: number }

export interface TagPlan {
  /** The processor's own word for it. */
  readonly tag: string
  /** Id of the node that gets the line. */
  readonly target: number
}

export interface ProcessorPlan {
  readonly name: string
  readonly component: ComponentReference
  /** Options after validation and substitution, defaults filled in; plain data. */
  readonly options: unknown
  /** Tags that it declares, in the order of declaration. A mapper has none. */
  readonly tags: readonly TagPlan[]
  /** Where a mapper's lines go; undefined when it is an end. */
  readonly target: number | undefined
  /** A line that it finishes without error or drop is delivered here: it emits nothing and has no `to`. */
  readonly isEnd: boolean
  readonly retry: RetryPlan
  /** 0: no limit. */
  readonly timeoutMilliseconds: number
  /** Calls under way at once, for asynchronous behaviour. */
  readonly concurrency: number
  readonly onError: OnErrorPlan
  /** Undefined: there is none. */
  readonly circuitBreaker?: CircuitBreakerPlan
}

export interface SinkPlan {
  readonly name: string
  /** Built-in sink: `file`, `stdout`, `discard`; `callback` hands values to the caller in library mode. */
  readonly type: string
  readonly options: unknown
}

export interface SourcePlan {
  /** Built-in source: `file`, `stdin`, `generate`; `iterable` is library mode's `input`. */
  readonly type: string
  readonly options: unknown
  readonly readBy: 'lane' | 'main'
  readonly isEndless: boolean
}

export interface LimitsPlan {
  /** Longer lines become dead letters. */
  readonly maxLineBytes: number
  /** Visits of processors by one line instance. */
  readonly maxHops: number
  /** Line instances that one entering line may be forked into. */
  readonly maxDescendants: number
  /** Bytes (UTF-16 code units count one) that these may hold. */
  readonly maxDescendantBytes: number
}

export interface DeadLettersPlan {
  /** Bytes that the log may take. */
  readonly maxBytes: number
  readonly whenFull: 'pause' | 'drop_oldest'
}

/** Which journeys are kept with times and values when a run traces. */
export interface JourneysPlan {
  readonly journeysPerSecond: number
  readonly bytesPerSecond: number
  /** Of both, for failures alone. */
  readonly failureShare: number
  /** Of failures that say the same. */
  readonly sameErrorPerSecond: number
  /** Slower is kept, whatever is usual on its path. */
  readonly slowMilliseconds: number | undefined
  /** So many of the first lines on each path. */
  readonly rareLines: number
  /** Line instances and hops beyond which a journey is kept. */
  readonly forksOver: number
  readonly hopsOver: number
  /** One line of each path so often, and one of each processor's drops. */
  readonly sampleMilliseconds: number
  readonly maxValueBytes: number
  readonly maxBytes: number
  /** Conditions on the line as it entered. */
  readonly keepWhen: string | undefined
  readonly dropWhen: string | undefined
  /** Decides and counts, and keeps nothing. */
  readonly dryRun: boolean
}

export interface StorePlan {
  readonly maxBytes: number
  /** Undefined: nothing goes because of its age. */
  readonly maxAgeMilliseconds: number | undefined
}

export interface Plan {
  readonly name: string
  /** Absolute path of the pipeline file; undefined in library mode. */
  readonly file: string | undefined
  /** Folder that relative paths in the file start from. */
  readonly baseFolder: string
  /** 16 hex digits over everything that changes what the pipeline does. */
  readonly configHash: string
  readonly source: SourcePlan
  /** Id of the processor that lines enter at. */
  readonly entry: number
  readonly processors: readonly ProcessorPlan[]
  readonly sinks: readonly SinkPlan[]
  readonly limits: LimitsPlan
  readonly deadLetters: DeadLettersPlan
  readonly journeys: JourneysPlan
  /** `fast`: commits wait for no disk. */
  readonly durability: 'full' | 'fast'
  /** What is masked where text is shown; it changes nothing of what the pipeline does. Undefined: the default. */
  readonly redaction?: Redaction
  /** How much is kept of what people look at; it changes nothing of what the pipeline does. Undefined: the default. */
  readonly store?: StorePlan
  /** Said at start, one line each: a route without default, a cycle that only a drop can leave. */
  readonly warnings: readonly string[]
}

/** Names of all nodes by id: processors first, then sinks. */
export function nodeNames(plan: Plan): string[] {
  return [...plan.processors.map(processor => processor.name), ...plan.sinks.map(sink => sink.name)]
}
