// Errors of the operating system, in words and by whether waiting helps.

import { constants } from 'node:os'
import { getSystemErrorMessage } from 'node:util'

// Room is made, a cable is put back, a limit is freed. Anything else stays as it is until somebody changes the setup.
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EBUSY',
  'EDQUOT',
  'EINTR',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'ENOSPC',
  'ESTALE',
  'ETIMEDOUT'
])

// Those that Node has no name and no words for.
const OTHER_WORDS: Readonly<Record<string, string>> = {
  EDQUOT: 'disk quota exceeded',
  ESTALE: 'stale file handle'
}

/** `ENOENT`; undefined for anything that no system call threw. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('errno' in error)) return undefined
  if (typeof error.code !== 'string') return undefined
  return error.code === 'UNKNOWN' ? (nameOf(error.errno) ?? error.code) : error.code
}

function nameOf(errno: unknown): string | undefined {
  return Object.entries(constants.errno).find(([, number]) => -number === errno)?.[0]
}

/** `no space left on device (ENOSPC)`; the message of any other error. */
export function systemErrorReason(error: unknown): string {
  const code = systemErrorCode(error)
  if (code === undefined) return error instanceof Error ? error.message : String(error)
  const words = OTHER_WORDS[code]
  if (words !== undefined) return `${words} (${code})`
  const number = (error as NodeJS.ErrnoException).errno
  return number === undefined ? code : `${getSystemErrorMessage(number)} (${code})`
}

export function isTransientCode(code: string): boolean {
  return TRANSIENT_CODES.has(code)
}
