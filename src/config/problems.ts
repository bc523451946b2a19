// Collects every mistake of a pipeline, so that the user sees all of them at once, in the order of the file.

import { UserError, UserErrors } from '../base/user-error.ts'
import type { Position } from './tree.ts'

// Beyond these nobody reads on; random bytes can give thousands.
const MAX_SHOWN = 50

export class Problems {
  readonly #file: string
  readonly #errors: UserError[] = []
  readonly #warnings: UserError[] = []
  readonly #seen = new Set<string>()

  /** `file` as the user wrote it. */
  constructor(file: string) {
    this.#file = file
  }

  get count(): number {
    return this.#errors.length
  }

  /** Without a position the problem is not in the file: a missing file, an argument. */
  add(position: Position | undefined, message: string, hint?: string): void {
    const error = this.#error(position, message, hint)
    // What an alias repeats is one mistake still.
    const key = JSON.stringify([error.place, error.message])
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#errors.push(error)
  }

  warn(position: Position | undefined, message: string): void {
    this.#warnings.push(this.#error(position, message, undefined))
  }

  /** `mask` hides secret values in every message. */
  throwIfAny(mask: (text: string) => string = text => text): void {
    if (this.#errors.length > 0) throw this.asError(mask)
  }

  asError(mask: (text: string) => string): UserErrors {
    const sorted = inFileOrder(this.#errors)
    const shown = sorted.slice(0, MAX_SHOWN).map(error => masked(error, mask))
    if (sorted.length > MAX_SHOWN) shown.push(new UserError(`${sorted.length - MAX_SHOWN} more problems are not shown`))
    return new UserErrors(shown)
  }

  warnings(mask: (text: string) => string): string[] {
    return inFileOrder(this.#warnings).map(warning => mask(String(warning)))
  }

  #error(position: Position | undefined, message: string, hint: string | undefined): UserError {
    const isArgument = position?.path.startsWith('--') === true
    if (position === undefined || position.place !== undefined || isArgument) {
      return new UserError(message, { place: position?.place, hint })
    }
    const path = position.path === '' ? '' : `${position.path}: `
    return new UserError(`${this.#file}: ${path}${message}`, { hint })
  }
}

function inFileOrder(errors: readonly UserError[]): UserError[] {
  return errors.toSorted((a, b) => {
    if (a.place === undefined || b.place === undefined)
      return Number(a.place !== undefined) - Number(b.place !== undefined)
    return a.place.line - b.place.line || a.place.column - b.place.column
  })
}

function masked(error: UserError, mask: (text: string) => string): UserError {
  return new UserError(mask(error.message), {
    place: error.place,
    hint: error.hint === undefined ? undefined : mask(error.hint)
  })
}
