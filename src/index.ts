// The public surface: explicit exports only.

// For the options of processors: their modules may lie where no package of that name is installed.
export { z } from 'zod'
export { UserError } from './base/user-error.ts'
export { definePipeline, type Pipeline, type PipelineProcessor } from './config/define-pipeline.ts'
export type { IterableInput } from './connectors/iterable/source.ts'
export {
  type AcceptedValue,
  type Accepts,
  type ByteInput,
  defineProcessor,
  defineSink,
  defineSource,
  type Emit,
  type EmittingDefinition,
  flatCopy,
  type JsonValue,
  type LineRecord,
  type LineValue,
  type Mapper,
  type MapperDefinition,
  option,
  type Process,
  type ProcessorContext,
  type ProcessorDefinition,
  type ProcessorInstance,
  type ProcessorSetup,
  type Sink,
  type SinkDefinition,
  SinkError,
  type SinkSetup,
  type Source,
  type SourceDefinition,
  SourceError,
  type SourceSetup
} from './sdk/index.ts'
export { type RunHandle, type RunOptions, type RunResult, run } from './threads/library.ts'
