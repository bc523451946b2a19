// The error of a write, for every sink that writes through a descriptor.

import { quote } from '../base/quote.ts'
import { isTransientCode, systemErrorCode, systemErrorReason } from '../base/system-error.ts'
import { SinkError } from '../sdk/errors.ts'

export function writeFailure(name: string, cause: unknown, bytesWritten: number): SinkError {
  // A socket, which is what Node gives its children for stdout, says ECONNRESET when its reader left bytes unread.
  const code = (systemErrorCode(cause) ?? 'WRITE_FAILED').replace('ECONNRESET', 'EPIPE')
  return new SinkError(`cannot write ${quote(name)}: ${systemErrorReason(cause)}`, {
    code,
    retryable: isTransientCode(code),
    bytesWritten,
    cause
  })
}
