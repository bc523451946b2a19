// A pipeline as the interpreter and the engine both get it, and what comes out of one run, in a form that can be
// compared field by field.

export interface Graph {
  readonly seed: number
  readonly entry: string
  readonly processors: readonly GraphProcessor[]
  readonly sinks: readonly string[]
  readonly maxHops: number
  readonly maxDescendants: number
  readonly maxLineBytes: number
  /** So many lines are read of what there is. */
  readonly maxLines: number
  /** The run is asked to stop at about this snapshot. */
  readonly stopsAtSnapshot: number | undefined
  /** 0: at every moment at which the engine can. */
  readonly publishMilliseconds: number
  /** Read one after the other. */
  readonly inputs: readonly { readonly name: string; readonly bytes: Buffer }[]
}

export interface GraphProcessor {
  readonly name: string
  readonly accepts: 'text' | 'record' | 'any'
  /** A mapper returns its value; anything else emits under tags. */
  readonly isMapper: boolean
  readonly to: ReadonlyMap<string, string>
  /** Where a mapper's lines go; undefined for an end. */
  readonly target: string | undefined
  readonly attempts: number
  readonly onError: 'dead_letter' | 'drop' | 'stop' | { readonly to: string }
  /** How calls end: at once, by a promise, now this and now that, or at once but for those that never end. */
  readonly timing: 'sync' | 'async' | 'mixed' | 'hanging'
  readonly concurrency: number
  /** One for each run: a processor may remember how often it was called. */
  createDecide(): Decide
}

/** What the call of a processor does, by nothing but what it is given. */
export type Decide = (value: unknown, call: CallInfo) => Decision

export interface CallInfo {
  readonly attempt: number
  /** `<source>:<line number>:<byte offset>` */
  readonly place: string
  /** Of the processor whose `on_error: { to }` sent the line here. */
  readonly error: string | undefined
}

export interface Decision {
  /** In order. A mapper returns the value of the first, or undefined. */
  readonly emits: readonly { readonly tag: string; readonly value: unknown }[]
  readonly drop?: string
  /** Message of what it throws after its emissions. */
  readonly throws?: string
  /** It emits once more when the call has long settled. */
  readonly emitsLate?: boolean
  /** It never settles; its time limit is what ends it. */
  readonly hangs?: boolean
}

/** Calls that hang are given so long. */
export const TIMEOUT_MILLISECONDS = 5

export interface Letter {
  readonly kind: 'dead' | 'unmatched'
  readonly id: string
  readonly processor: string
  readonly tag: string
  readonly code: string | undefined
  readonly message: string | undefined
  readonly attempts: readonly string[]
  readonly journey: readonly string[]
  readonly place: string
  /** Bytes as hex. */
  readonly original: string
  readonly byteLength: number
  readonly sha256: string | undefined
  /** Before the step; undefined for the text of the line that entered. */
  readonly value: unknown
}

export interface Leaf {
  readonly path: readonly string[]
  readonly outcome: 'delivered' | 'dropped' | 'dead' | 'unmatched'
  readonly reason: string | undefined
  readonly isChanged: boolean
  readonly hasFailedOnce: boolean
  /** Names at the start of its path that it has from the same visits as the leaf before it. */
  readonly sharedNames: number
}

export interface Journey {
  readonly place: string
  readonly text: string
  readonly leaves: readonly Leaf[]
}

/** A visit of a kept journey, depth first. */
export interface Hop {
  readonly name: string
  /** As text; undefined for what cannot be JSON. */
  readonly before: string | undefined
  readonly emitted: { readonly tag: string | undefined; readonly value: string | undefined; child: number }[]
  readonly failures: string[]
}

export interface Outcome {
  /** Where and why the run stopped before the end of its input. */
  stop: string | undefined
  readonly sinks: Map<string, Buffer>
  readonly letters: Letter[]
  readonly journeys: Journey[]
  /** By place; not of lines that became too many. */
  readonly hops: Map<string, readonly Hop[]>
  /** `entered`, `forked`, `delivered`, …, `<node> received`, `<processor> -<tag>-> <node>`, … */
  readonly counts: Map<string, number>
  /** `start > end: delivered` */
  readonly paths: Map<string, number>
}

export function count(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

/** Under which a failed attempt is counted, besides as an error of its processor. */
export function failureKey(place: string, name: string, attempt: number, message: string): string {
  return `${place} ${name} attempt ${attempt}: ${message}`
}
