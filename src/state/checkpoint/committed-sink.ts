// A sink's file as the committer holds it: through a descriptor of its own, beside the one that the lane writes to.

import { constants } from 'node:fs'
import { dirname } from 'node:path'

import { fileIdentity, fileNumber } from '../../base/file-identity.ts'
import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import type { SinkFile } from './checkpoint.ts'
import { FileChangedError } from './input-file.ts'
import { markBefore } from './marks.ts'
import { bornOf } from './moved-file.ts'
import { syncData, syncFolder } from './sync.ts'

export class CommittedSink {
  readonly path: string
  /** Tells the file from others, as a snapshot does. */
  readonly fileNumber: number
  readonly #identity: string
  readonly #fileSystem: FileSystem
  readonly #descriptor: number

  /** The sink must have made the file. Its name is durable from now on: a checkpoint may speak of it. */
  constructor(path: string, fileSystem: FileSystem = nodeFileSystem) {
    this.path = path
    this.#fileSystem = fileSystem
    this.#descriptor = fileSystem.openSync(path, constants.O_RDONLY)
    try {
      this.#identity = fileIdentity(fileSystem.fstatSync(this.#descriptor))
      this.fileNumber = fileNumber(this.#identity)
      syncFolder(fileSystem, dirname(path))
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Everything that was written before this call is durable after it. Throws a SyncError: then the run must end. */
  sync(): void {
    syncData(this.#fileSystem, this.#descriptor, this.path)
  }

  /**
   * For the checkpoint. `isOver`: nobody writes to it any more. Throws a FileChangedError when the file has fewer bytes
   * than were written.
   */
  describe(length: number, isOver = false): SinkFile {
    const status = this.#fileSystem.fstatSync(this.#descriptor)
    if (Number(status.size) < length) {
      throw new FileChangedError(
        `The output ${quote(this.path)} was shortened by somebody: from ${length} to ${status.size} bytes.`
      )
    }
    return {
      path: this.path,
      device: String(status.dev),
      inode: String(status.ino),
      length,
      ...bornOf(status),
      ...(isOver && Number(status.size) === length ? { isAtRest: true } : {}),
      before: markBefore(this.#fileSystem, this.#descriptor, length)
    }
  }

  /** True when the path leads to another file now, or to none: somebody has rotated it. */
  isReplaced(): boolean {
    try {
      return fileIdentity(this.#fileSystem.statSync(this.path)) !== this.#identity
    } catch (error) {
      // Anything else says nothing about what the path leads to.
      return ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')
    }
  }

  close(): void {
    this.#fileSystem.closeSync(this.#descriptor)
  }
}
