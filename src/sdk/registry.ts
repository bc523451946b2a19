// The components that a pipeline can name, handed to config and lanes; neither knows a concrete one.

import type { ProcessorDefinition } from './processor.ts'
import type { SinkDefinition } from './sink.ts'
import type { SourceDefinition } from './source.ts'

export interface Registry {
  readonly processors: ReadonlyMap<string, ProcessorDefinition>
  readonly sources: ReadonlyMap<string, SourceDefinition>
  readonly sinks: ReadonlyMap<string, SinkDefinition>
}
