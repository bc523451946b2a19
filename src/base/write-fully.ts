// Writes all of a buffer through calls that may take only a part of it.
//
// Node's `writeSync` returns a short count at a full disk instead of throwing; the error comes with the next call. So
// the count of what is in is exact whatever happens, and nothing is written twice.

import type { FileSystem } from './file-system.ts'
import { systemErrorCode } from './system-error.ts'

export interface WriteResult {
  /** Bytes that are in, from the start of the buffer. */
  readonly written: number
  /** What ended it before the last byte. */
  readonly error: unknown
}

const LONGEST_WAIT_MILLISECONDS = 5
const EMPTY_WRITES_AT_MOST = 100

/** Waits as long as a pipe's reader keeps it full (EAGAIN): that is back-pressure, not an error. */
export function writeFully(
  fileSystem: FileSystem,
  descriptor: number,
  bytes: Uint8Array,
  blockThread: (milliseconds: number) => void
): WriteResult {
  let written = 0
  let waits = 0
  while (written < bytes.length) {
    let count = 0
    try {
      count = fileSystem.writeSync(descriptor, bytes, written, bytes.length - written)
    } catch (error) {
      const code = systemErrorCode(error)
      if (code === 'EINTR') continue
      if (code !== 'EAGAIN') return { written, error }
      blockThread(Math.min(++waits, LONGEST_WAIT_MILLISECONDS))
      continue
    }
    written += count
    if (count > 0) {
      waits = 0
    } else {
      if (++waits === EMPTY_WRITES_AT_MOST) return { written, error: new Error('it takes no more bytes') }
      blockThread(Math.min(waits, LONGEST_WAIT_MILLISECONDS))
    }
  }
  return { written, error: undefined }
}
