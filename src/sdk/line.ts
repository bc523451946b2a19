// The value of a line inside the pipeline: text, or a record of JSON values.

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** A structured line: an object or array of JSON values. Immutable once emitted; the engine freezes it. */
export type LineRecord = { readonly [key: string]: JsonValue } | readonly JsonValue[]

/** What a processor receives and emits. Text never includes the line end. */
export type LineValue = string | LineRecord
