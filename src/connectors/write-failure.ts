// The error of a write, for every sink that writes through a descriptor.

import { quote } from '../base/quote.ts'
import { isTransientCode, systemErrorCode, systemErrorReason } from '../base/system-error.ts'
import { SinkError } from '../sdk/errors.ts'

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])

/** `isFile`: a regular one. A device that is full stays so: nobody can make room on it. */
export function writeFailure(name: string, cause: unknown, bytesWritten: number, isFile: boolean): SinkError {
  // A socket, which is what Node gives its children for stdout, says ECONNRESET when its reader left bytes unread.
  const code = (systemErrorCode(cause) ?? 'WRITE_FAILED').replace('ECONNRESET', 'EPIPE')
  return new SinkError(`cannot write ${quote(name)}: ${systemErrorReason(cause)}`, {
    code,
    retryable: isTransientCode(code) && (isFile || !NO_ROOM.has(code)),
    bytesWritten,
    cause
  })
}
