// Everything that the author of a component imports; built-ins get nothing else.

export type { Condition, ConditionContext } from './condition/condition.ts'
export { compileCondition, conditionWarnings } from './condition/condition.ts'
export { SinkError, SourceError } from './errors.ts'
export { flatCopy } from './flat-copy.ts'
export type { JsonValue, LineRecord, LineValue } from './line.ts'
export { option } from './options.ts'
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
