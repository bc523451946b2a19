// What an error of the database means: is the database no good, or can it not be used at the moment?

import { systemErrorCode } from '../base/system-error.ts'

/** The database holds what none of ours holds: it is set aside. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError'
}

const CORRUPT = 11
const NOT_A_DATABASE = 26

/** By SQLite's own codes: what room, permission, a repaired disk or another process may end. */
const TROUBLES = new Map([
  [3, 'it may not be accessed'],
  [5, 'another process has it'],
  [6, 'something in it is locked'],
  [7, 'there is no memory'],
  [8, 'it is read-only'],
  [10, 'the disk reports an error'],
  [13, 'the disk is full'],
  [14, 'it cannot be opened'],
  [15, 'another process has it'],
  [22, 'the file is too large for this disk'],
  [23, 'it may not be accessed']
])

/** Undefined for an error that does not come from SQLite. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined
}

export type Fault =
  /** Waiting may help. */
  { readonly kind: 'trouble'; readonly reason: string } | { readonly kind: 'damaged'; readonly reason: string }

/**
 * Everything that is no trouble counts as damage, also what looks like a fault of ours: a changed byte can make any
 * statement fail. A database that is set aside is not lost, and it is done a few times only.
 */
export function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof DamagedError) return { kind: 'damaged', reason: message }
  const code = codeOf(error)
  if (code === CORRUPT || code === NOT_A_DATABASE) return { kind: 'damaged', reason: message }
  const trouble = code === undefined ? undefined : TROUBLES.get(code)
  if (trouble !== undefined) return { kind: 'trouble', reason: `${trouble} (${message})` }
  if (systemErrorCode(error) !== undefined) return { kind: 'trouble', reason: message }
  return { kind: 'damaged', reason: message }
}
