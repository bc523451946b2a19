// Reads the checkpoint of a state folder: none, a whole one, or an error that says what to do. Never a damaged one, and
// never none where there was one.

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import type { Checkpoint } from './checkpoint.ts'
import { CHECKPOINT_VERSION, type Decoded } from './encoding.ts'
import { checkpointFiles, readCheckpointFile } from './files.ts'

export interface StoredCheckpoint {
  readonly checkpoint: Checkpoint
  /** To be said: the newest one is damaged or gone, and this is the one before it. */
  readonly warning: string | undefined
}

const HINT = 'Start over with --fresh.'

/**
 * Undefined when the state folder has none. The one before a damaged one is as good as it was when it was the newest:
 * outputs are cut back a little further, and a little more is read again.
 */
export function readCheckpoint(
  stateFolder: string,
  fileSystem: FileSystem = nodeFileSystem
): StoredCheckpoint | undefined {
  const files = checkpointFiles(stateFolder)
  const current = read(fileSystem, files.current)
  if (current?.kind === 'whole') return { checkpoint: current.checkpoint, warning: undefined }
  if (current?.kind === 'newer') throw newer(files.current, current.version)

  const previous = read(fileSystem, files.previous)
  if (current === undefined && previous === undefined) return undefined
  const fault =
    current === undefined
      ? `The checkpoint ${quote(files.current)} is gone`
      : `The checkpoint ${quote(files.current)} is damaged: it ${current.reason}`
  if (previous?.kind === 'newer') throw newer(files.previous, previous.version)
  if (previous?.kind === 'whole') {
    const warning = `${fault}. The run goes on from the one before it, of ${timeOf(previous.checkpoint)}.`
    return { checkpoint: previous.checkpoint, warning }
  }
  const second =
    previous === undefined
      ? 'there is none before it'
      : `the one before it, ${quote(files.previous)}, is damaged too: it ${previous.reason}`
  throw new UserError(`${fault}, and ${second}.`, { hint: HINT })
}

function read(fileSystem: FileSystem, path: string): Decoded | undefined {
  try {
    return readCheckpointFile(fileSystem, path)
  } catch (cause) {
    if (systemErrorCode(cause) === undefined) throw cause
    throw new UserError(`The checkpoint ${quote(path)} cannot be read: ${systemErrorReason(cause)}.`, {
      hint: 'Make it readable, or start over with --fresh.',
      cause
    })
  }
}

function newer(path: string, version: number): UserError {
  return new UserError(
    `The checkpoint ${quote(path)} was written by a newer Linescope: it has version ${version}, this one knows ${CHECKPOINT_VERSION}.`,
    { hint: 'Go on with the newer one, or start over with --fresh.' }
  )
}

function timeOf({ atMilliseconds }: Checkpoint): string {
  return new Date(atMilliseconds).toISOString()
}
