// What goes wrong with a file, in words: what, where, what to do.

import { dirname } from 'node:path'

import { quote } from '../../base/quote.ts'
import { isTransientCode, systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { SourceError } from '../../sdk/errors.ts'

/** While lines are under way: the file was readable at the start. */
export function readFailure(name: string, position: number, cause: unknown): SourceError {
  const code = systemErrorCode(cause) ?? 'READ_FAILED'
  return new SourceError(`cannot read on in ${quote(name)} at byte ${position}: ${systemErrorReason(cause)}`, {
    code,
    retryable: isTransientCode(code),
    cause
  })
}

/** Its turn has come and it cannot be opened, though it could at the start. */
export function openFailure(name: string, cause: unknown): SourceError {
  const code = systemErrorCode(cause) ?? 'OPEN_FAILED'
  const reason = code === 'ENOENT' ? 'it was there at the start and is gone now' : systemErrorReason(cause)
  return new SourceError(`cannot open ${quote(name)}: ${reason}`, { code, retryable: isTransientCode(code), cause })
}

/** `position` is how many compressed bytes were taken when zlib gave up. */
export function gzipFailure(
  name: string,
  position: number,
  isAtEnd: boolean,
  isComplete: boolean,
  cause: Error
): SourceError {
  const loss = isComplete
    ? 'What came before it was read.'
    : 'The last lines before it may be missing: a pipe cannot be read again.'
  const fail = (code: string, place: number, what: string) =>
    new SourceError(`${quote(name)}: ${what} at byte ${place} of the compressed data. ${loss}`, {
      code,
      retryable: false,
      cause
    })
  if (isAtEnd) return fail('GZIP_CUT_OFF', position, 'the gzip data is cut off')
  // The two bytes that a member starts with are judged together.
  const start = Math.max(0, position - 2)
  if (cause.message === 'incorrect header check')
    return fail('GZIP_TRAILING_BYTES', start, 'something else than gzip data starts')
  return fail('GZIP_DAMAGED', Math.max(0, position - 1), `the gzip data is damaged (${cause.message})`)
}

/** Before the first line: the user can mend it. */
export function cannotRead(name: string, path: string, cause: unknown, suggest: () => string | undefined): UserError {
  const shown = quote(name)
  switch (systemErrorCode(cause)) {
    case 'ENOENT':
      if (name.includes('\ufffd')) {
        return new UserError(`cannot read ${shown}: its name is not valid UTF-8`, { hint: 'Rename the file.', cause })
      }
      return new UserError(`no such file: ${shown}`, {
        hint: suggest() ?? (name === path ? undefined : `Looked for ${quote(path)}.`),
        cause
      })
    case 'ENOTDIR':
      return new UserError(`no such file: ${shown}`, { hint: 'A part of its path is a file, not a folder.', cause })
    case 'EACCES':
    case 'EPERM':
      return new UserError(`cannot read ${shown}: no permission`, {
        hint: 'Run as a user who may read it, or allow it with chmod.',
        cause
      })
    case 'EMFILE':
      return new UserError(`cannot read ${shown}: too many open files`, { hint: 'Raise the limit: ulimit -n', cause })
    default:
      return new UserError(`cannot read ${shown}: ${systemErrorReason(cause)}`, { cause })
  }
}

/** Before the first line: the user can mend it. */
export function cannotWrite(name: string, path: string, cause: unknown): UserError {
  const folder = quote(dirname(path))
  const fail = (reason: string, hint?: string) =>
    new UserError(`cannot write ${quote(name)}: ${reason}`, { hint, cause })
  switch (systemErrorCode(cause)) {
    case 'ENOENT':
      return fail(`there is no folder ${folder}`, `Make it first: mkdir -p ${folder}`)
    case 'EISDIR':
      return fail('it is a folder', `Name a file in it, such as ${quote(`${name.replace(/\/+$/, '')}/out.log`)}.`)
    case 'ENOTDIR':
      return fail('a part of its path is a file, not a folder')
    case 'EACCES':
    case 'EPERM':
      return fail('no permission', `Allow writing in ${folder}, or choose another path.`)
    case 'EROFS':
      return fail('its file system is read-only', 'Choose another path.')
    case 'EEXIST':
      return fail('it exists already and mode is refuse', 'Move it away, or set mode: append or mode: replace.')
    case 'ENXIO':
      return fail('nothing reads this pipe', 'Start its reader first.')
    default:
      return fail(systemErrorReason(cause))
  }
}
