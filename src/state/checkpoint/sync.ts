// Makes bytes and names durable. A sync that failed is never tried again: the system may take the bytes for written
// then, and a second sync would say so without their being on the disk.

import { constants } from 'node:fs'

import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'

/** The run must end: what is on the disk since the last commit is unknown. */
export class SyncError extends Error {
  override readonly name = 'SyncError'

  constructor(path: string, cause: unknown) {
    super(
      `${quote(path)} could not be made durable: ${systemErrorReason(cause)}. ` +
        'A failed sync is never tried again: check the disk, then go on from the last checkpoint with --resume.',
      { cause }
    )
  }
}

/** Bytes and length. */
export function syncData(fileSystem: FileSystem, descriptor: number, path: string): void {
  try {
    fileSystem.fdatasyncSync(descriptor)
  } catch (cause) {
    throw new SyncError(path, cause)
  }
}

/** All of a file but its name. */
export function syncFile(fileSystem: FileSystem, descriptor: number, path: string): void {
  try {
    fileSystem.fsyncSync(descriptor)
  } catch (cause) {
    throw new SyncError(path, cause)
  }
}

/** Opening it may fail in passing (too many open files), syncing it may not: so they are two steps. */
export class FolderSync {
  readonly #fileSystem: FileSystem
  readonly #path: string
  readonly #descriptor: number | undefined

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem
    this.#path = path
    // Windows opens no folders; its file systems keep names by themselves.
    this.#descriptor =
      process.platform === 'win32'
        ? undefined
        : fileSystem.openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0))
  }

  /** Names in the folder: what was made, renamed, taken away. */
  sync(): void {
    if (this.#descriptor === undefined) return
    try {
      this.#fileSystem.fsyncSync(this.#descriptor)
    } catch (cause) {
      // Said by file systems that have no such call for folders, and by no failing disk.
      if (systemErrorCode(cause) === 'EINVAL') return
      throw new SyncError(this.#path, cause)
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) this.#fileSystem.closeSync(this.#descriptor)
  }
}

export function syncFolder(fileSystem: FileSystem, path: string): void {
  const folder = new FolderSync(fileSystem, path)
  try {
    folder.sync()
  } finally {
    folder.close()
  }
}
