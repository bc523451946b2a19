// Makes a record immutable, all the way down.

import { EngineError } from './errors.ts'

export function refuseValue(what: string): never {
  throw new EngineError('wrong_value', `emitted ${what}; a line is text or a record (an object or array)`)
}

// Stops at what is frozen already: a record that passes through unchanged costs one check.
export function freeze(value: object): void {
  if (Object.isFrozen(value)) return
  if (ArrayBuffer.isView(value)) refuseValue('bytes')
  Object.freeze(value)
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) freeze(inner)
  }
}
