// Discards letters of a state folder, also while a run goes on in it.

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { checkpointFiles, readCheckpointFile } from '../checkpoint/files.ts'
import { type Lock, tryLock } from '../lock.ts'
import { DiscardsWriter, type LetterPlace } from './discards-writer.ts'
import { logFolder } from './layout.ts'

export interface Discarded {
  readonly letters: number
  /** Deleted because nothing in them counts any more. */
  readonly segments: number
}

/** From now on these letters count no more. Throws what the system says when they cannot be discarded, all or some. */
export function discardLetters(
  stateFolder: string,
  letters: Iterable<LetterPlace>,
  fileSystem: FileSystem = nodeFileSystem
): Discarded {
  const lock = lockOf(stateFolder)
  try {
    const writer = new DiscardsWriter(stateFolder, fileSystem)
    const count = writer.add(letters)
    const remove = (): number => writer.removeSegments(firstNeeded(stateFolder, fileSystem))
    return { letters: count, segments: withoutARun(stateFolder, remove) ?? 0 }
  } finally {
    lock?.release()
  }
}

/** One that discards at a time. Undefined where there is no log yet. */
function lockOf(stateFolder: string): Lock | undefined {
  const folder = logFolder(stateFolder)
  let lock: Lock | undefined
  try {
    lock = tryLock(folder)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
  if (lock !== undefined) return lock
  throw new UserError(`somebody else is discarding dead letters in ${folder}`, { hint: 'Try again in a moment.' })
}

/** Number of the oldest segment that a checkpoint may cut the log back to; 0 when nobody knows. */
function firstNeeded(stateFolder: string, fileSystem: FileSystem): number {
  const { current, previous } = checkpointFiles(stateFolder)
  const needed = [current, previous].map(path => {
    const read = readCheckpointFile(fileSystem, path)
    if (read === undefined) return Number.POSITIVE_INFINITY
    return read.kind === 'whole' ? read.checkpoint.deadLetters.segment : 0
  })
  return Math.min(...needed)
}

function withoutARun<Result>(stateFolder: string, work: () => Result): Result | undefined {
  const lock = tryLock(stateFolder)
  try {
    return lock === undefined ? undefined : work()
  } finally {
    lock?.release()
  }
}
