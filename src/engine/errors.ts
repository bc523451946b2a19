// Errors that the engine itself makes of a line, and a description of whatever a processor threw.

import type { ErrorDetail } from './batch.ts'
import type { LimitsPlan } from './plan.ts'

export type EngineErrorCode =
  | 'hop_limit'
  | 'fanout_limit'
  | 'line_too_long'
  | 'timeout'
  | 'hung'
  | 'killed_lane'
  | 'late_emit'
  | 'wrong_value'
  | 'wrong_input'
  | 'not_json'

/** Its message is for users; its stack says nothing that they need. */
export class EngineError extends Error {
  override readonly name = 'LinescopeError'
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = limit
    this.code = code
  }
}

/** Says which limit an entering line broke that became `count` lines. */
export function fanoutMessage(
  limits: Pick<LimitsPlan, 'maxDescendants' | 'maxDescendantBytes'>,
  count: number
): string {
  const { maxDescendants, maxDescendantBytes } = limits
  const limit = count >= maxDescendants ? `${maxDescendants} lines` : `${maxDescendantBytes} bytes`
  return `one entering line became more than ${limit}`
}

/** Whatever was thrown, as text. Total: getters that throw, `undefined` and cyclic objects come out as well. */
export function describeError(thrown: unknown): ErrorDetail {
  if (isA(EngineError, thrown)) {
    return { name: thrown.name, message: thrown.message, stack: undefined, code: thrown.code }
  }
  if ((typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function') {
    const name = textOf(thrown, 'name')
    const message = textOf(thrown, 'message')
    return {
      name: name ?? 'Error',
      message: message ?? describeValue(thrown),
      stack: textOf(thrown, 'stack'),
      code: textOf(thrown, 'code')
    }
  }
  return { name: 'Error', message: describeValue(thrown), stack: undefined, code: undefined }
}

/** The thrown value as an Error, for `ctx.error`. */
export function asError(thrown: unknown): Error {
  return isA(Error, thrown) ? thrown : new Error(describeValue(thrown), { cause: thrown })
}

/** `instanceof` for what may be a proxy, whose prototype cannot always be asked for. */
function isA<Kind extends Error>(kind: abstract new (...parameters: never[]) => Kind, thrown: unknown): thrown is Kind {
  try {
    return thrown instanceof kind
  } catch {
    return false
  }
}

function textOf(object: object, key: string): string | undefined {
  try {
    const value: unknown = Reflect.get(object, key)
    if (value === undefined || value === null) return undefined
    return typeof value === 'string' ? value : describeValue(value)
  } catch {
    return undefined
  }
}

function describeValue(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  try {
    const json = JSON.stringify(thrown)
    if (json !== undefined) return json
  } catch {
    // Cyclic, or a getter that throws: the plain form below is all there is.
  }
  try {
    return String(thrown)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}
