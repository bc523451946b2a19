// What an observer must know of a plan: names, tags and the numbers under which shared memory counts them. Plain data.

/** A tag that a processor may emit, and where its lines go. */
export interface TagDescription {
  /** The processor's own word for it; a mapper's only tag is its target's name. */
  readonly tag: string
  /** Id of the node that gets the line. */
  readonly target: number
  /** Number under which the engine counts lines emitted here. */
  readonly edge: number
  /** It is no tag: failed lines go here, by `on_error: { to }`. */
  readonly isForFailed?: true
}

export interface ProcessorDescription {
  readonly name: string
  readonly tags: readonly TagDescription[]
}

export interface SinkDescription {
  readonly name: string
  /** `file`, `stdout`, `discard`, … */
  readonly type: string
}

/** Node ids are indexes: processors first, then sinks. */
export interface PipelineDescription {
  readonly name: string
  /** Of the component that lines come from: `file`, `stdin`. */
  readonly source?: string
  /** Names by source number, as users know them: a path, or `stdin`. More may follow while the run goes on. */
  readonly sources: readonly string[]
  /** Id of the processor that lines enter at. */
  readonly entry: number
  readonly processors: readonly ProcessorDescription[]
  readonly sinks: readonly SinkDescription[]
}
