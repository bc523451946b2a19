// Is a file still the one of the checkpoint? Says in one sentence what differs.

import { constants } from 'node:fs'

import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import type { FilePlace, Mark } from './checkpoint.ts'
import { hasMark, isStrong } from './marks.ts'

export type Difference =
  | 'missing'
  | 'unreadable'
  | 'not_a_file'
  /** Another inode, or another device where the bytes say too little. */
  | 'replaced'
  | 'shorter'
  | 'head_changed'
  | 'changed_before_position'

export type FileCheck =
  | { readonly matches: true; readonly sizeBytes: number }
  | { readonly matches: false; readonly difference: Difference; readonly error: UserError }

/** What the checkpoint says of a file. */
export interface Expected extends FilePlace {
  /** `the input "access.log"`. */
  readonly title: string
  readonly head: Mark | undefined
  /** Up to here the file was read, or written. */
  readonly position: number
  readonly before: Mark
  /** A sentence: what to do when it differs. */
  readonly hint: string
}

/** Of the file that has the path now. */
export function comparePath(fileSystem: FileSystem, expected: Expected): FileCheck {
  let descriptor: number
  try {
    // A pipe that has taken the file's place must not block the thread.
    descriptor = fileSystem.openSync(expected.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    return cannotOpen(expected, cause)
  }
  try {
    return compareDescriptor(fileSystem, descriptor, expected)
  } finally {
    fileSystem.closeSync(descriptor)
  }
}

/** Of an open file: what is done to this descriptor afterwards is done to the file that was compared. */
export function compareDescriptor(fileSystem: FileSystem, descriptor: number, expected: Expected): FileCheck {
  const { title, position, head, before, inode, device } = expected
  const status = fileSystem.fstatSync(descriptor)
  if (!status.isFile()) return differs(expected, 'not_a_file', `${title} is no regular file any more`)
  if (String(status.ino) !== inode) {
    const what = `${title} is another file than at the checkpoint (inode ${inode} then, ${status.ino} now)`
    return differs(expected, 'replaced', what)
  }
  const sizeBytes = Number(status.size)
  if (sizeBytes < position) {
    const what = `${title} is shorter than at the checkpoint: it has ${sizeBytes} bytes, and the checkpoint stands at byte ${position}`
    return differs(expected, 'shorter', what)
  }
  if (head !== undefined && !hasMark(fileSystem, descriptor, 0, head)) {
    const what = `${title} has changed since the checkpoint: its first ${head.byteCount} bytes are others`
    return differs(expected, 'head_changed', what)
  }
  if (!hasMark(fileSystem, descriptor, position - before.byteCount, before)) {
    const what = `${title} has changed since the checkpoint: the ${before.byteCount} bytes before byte ${position} are others`
    return differs(expected, 'changed_before_position', what)
  }
  // Some file systems are another device after each start of the machine, so the bytes decide where there are enough.
  const isKnown = isStrong(before) || (head !== undefined && isStrong(head))
  if (String(status.dev) !== device && !isKnown) {
    const what = `${title} lies on another device than at the checkpoint (${device} then, ${status.dev} now), and is too short to be known by its bytes`
    return differs(expected, 'replaced', what)
  }
  return { matches: true, sizeBytes }
}

export function cannotOpen(expected: Expected, cause: unknown): FileCheck {
  const { title, path, position } = expected
  switch (systemErrorCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return differs(
        expected,
        'missing',
        `${title} is gone: the checkpoint stands at byte ${position} of ${quote(path)}`
      )
    case undefined:
      throw cause
    default:
      return differs(
        expected,
        'unreadable',
        `${title} cannot be compared with the checkpoint: ${systemErrorReason(cause)}`
      )
  }
}

function differs({ hint }: Expected, difference: Difference, what: string): FileCheck {
  const error = new UserError(`Cannot go on from the checkpoint: ${what}.`, { hint })
  return { matches: false, difference, error }
}
