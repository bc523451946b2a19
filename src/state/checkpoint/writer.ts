// Writes checkpoints, each in place of the one before it. After a crash at any instant the folder holds the old one or
// the new one, whole; once `write` has returned, the new one.
//
// The one before it keeps a second name: should the disk lose bytes that it had promised to keep, the run still goes on
// from there. It costs two changes of names in a folder that is synced anyhow.

import { constants } from 'node:fs'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { isTransientCode, systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import type { Checkpoint } from './checkpoint.ts'
import { encodeCheckpoint } from './encoding.ts'
import {
  type CheckpointFiles,
  checkpointFiles,
  readCheckpointFile,
  removeFile,
  removeQuietly,
  writeAll
} from './files.ts'
import { FolderSync, SyncError, syncFile, syncFolder } from './sync.ts'

/** A checkpoint was not written; the one before it stands. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
  /** Waiting may help: the disk is full, too many files are open. */
  readonly canTryAgain: boolean

  constructor(path: string, cause: unknown) {
    super(`The checkpoint ${path} cannot be written: ${systemErrorReason(cause)}. The one before it stands.`, { cause })
    this.canTryAgain = isTransientCode(systemErrorCode(cause) ?? '')
  }
}

// Of file systems that know no second names. The one before it is then not kept.
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

export class CheckpointWriter {
  readonly #folder: string
  readonly #files: CheckpointFiles
  readonly #fileSystem: FileSystem
  /** What becomes of the current one at the next write. */
  #keepAs: 'previous' | 'damaged' | undefined
  #failure: SyncError | undefined

  /** For a state folder that exists and is locked. Takes away what an unfinished write left. */
  constructor(stateFolder: string, fileSystem: FileSystem = nodeFileSystem) {
    this.#folder = stateFolder
    this.#files = checkpointFiles(stateFolder)
    this.#fileSystem = fileSystem
    this.#guard(() => {
      removeFile(fileSystem, this.#files.temporary)
      const current = readCheckpointFile(fileSystem, this.#files.current)
      if (current !== undefined) this.#keepAs = current.kind === 'damaged' ? 'damaged' : 'previous'
    })
  }

  /** Throws a CheckpointError when the old one stands, a SyncError when either may be on the disk: then it is over. */
  write(checkpoint: Checkpoint): void {
    const bytes = encodeCheckpoint(checkpoint)
    this.#guard(() => {
      const folder = new FolderSync(this.#fileSystem, this.#folder)
      try {
        this.#writeTemporary(bytes)
        this.#keepCurrent()
        this.#fileSystem.renameSync(this.#files.temporary, this.#files.current)
        this.#keepAs = 'previous'
        folder.sync()
      } finally {
        folder.close()
      }
    })
  }

  /** For a fresh start. The older one goes first: it may not outlive the newer one and be taken for it. */
  forget(): void {
    const { current, previous, damaged, temporary } = this.#files
    this.#guard(() => {
      for (const path of [temporary, damaged, previous]) removeFile(this.#fileSystem, path)
      syncFolder(this.#fileSystem, this.#folder)
      removeFile(this.#fileSystem, current)
      syncFolder(this.#fileSystem, this.#folder)
      this.#keepAs = undefined
    })
  }

  #writeTemporary(bytes: Buffer): void {
    const { temporary } = this.#files
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
      const descriptor = this.#fileSystem.openSync(temporary, flags, 0o600)
      try {
        writeAll(this.#fileSystem, descriptor, bytes)
        syncFile(this.#fileSystem, descriptor, temporary)
      } finally {
        this.#fileSystem.closeSync(descriptor)
      }
    } catch (error) {
      removeQuietly(this.#fileSystem, temporary)
      throw error
    }
  }

  /** Never without the current one under its own name, not even for an instant. */
  #keepCurrent(): void {
    if (this.#keepAs === undefined) return
    const { current, [this.#keepAs]: kept } = this.#files
    removeFile(this.#fileSystem, kept)
    try {
      this.#fileSystem.linkSync(current, kept)
    } catch (error) {
      if (!NO_LINKS.has(systemErrorCode(error) ?? '')) throw error
    }
  }

  #guard(work: () => void): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      work()
    } catch (error) {
      if (error instanceof SyncError) this.#failure = error
      throw systemErrorCode(error) === undefined ? error : new CheckpointError(this.#files.current, error)
    }
  }
}
