// Everything that the author of a component imports; built-ins get nothing else.

export type { JsonValue, LineRecord, LineValue } from './line.ts'
export type {
  AcceptedValue,
  Accepts,
  Emit,
  EmittingDefinition,
  Mapper,
  MapperDefinition,
  Process,
  ProcessorContext,
  ProcessorDefinition,
  ProcessorInstance,
  ProcessorSetup
} from './processor.ts'
export { defineProcessor } from './processor.ts'
export type { Registry } from './registry.ts'
export type { Sink, SinkDefinition, SinkSetup } from './sink.ts'
export { defineSink } from './sink.ts'
export type { ByteInput, Source, SourceDefinition, SourceSetup } from './source.ts'
export { defineSource } from './source.ts'
