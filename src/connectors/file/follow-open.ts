// The descriptors of followed files: as many as the system gives, the least recently used ones closed to make room.
//
// A file that was rotated away or deleted keeps its descriptor, as nothing else leads to it.

import { constants } from 'node:fs'

import type { FileSystem } from '../../base/file-system.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import type { FollowedFile } from './follow-file.ts'

const READ_ONLY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
// The rest of the process needs some too, and the limit of the system is shared.
const MAX_OPEN_FILES = 4096
const ROOM = 16

export class OpenFiles {
  /** Not to be closed: a turn of it is under way. */
  busy: FollowedFile | undefined
  private readonly fileSystem: FileSystem
  /** Least recently used first. */
  private readonly files = new Set<FollowedFile>()
  private limit = MAX_OPEN_FILES

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem
  }

  /** Throws what the system does; `hold` or a close must follow. */
  open(path: string): number {
    if (this.files.size >= this.limit) this.makeRoom(1)
    try {
      return this.fileSystem.openSync(path, READ_ONLY)
    } catch (cause) {
      const code = systemErrorCode(cause)
      if ((code !== 'EMFILE' && code !== 'ENFILE') || !this.makeRoom(ROOM)) throw cause
      this.limit = Math.max(1, this.files.size)
      return this.fileSystem.openSync(path, READ_ONLY)
    }
  }

  /** The file's descriptor is open, and used now. */
  hold(file: FollowedFile): void {
    this.files.delete(file)
    this.files.add(file)
  }

  close(file: FollowedFile): void {
    this.files.delete(file)
    if (file.descriptor === undefined) return
    const { descriptor } = file
    file.descriptor = undefined
    this.fileSystem.closeSync(descriptor)
  }

  /** The descriptor is another's now. */
  handOver(from: FollowedFile, to: FollowedFile): void {
    this.files.delete(from)
    from.descriptor = undefined
    this.hold(to)
  }

  closeAll(): void {
    for (const file of [...this.files]) this.close(file)
  }

  private makeRoom(count: number): boolean {
    const wanted = this.files.size - count
    const before = this.files.size
    // Those that are read to their end first: of the others something may be lost if they are deleted.
    for (const mayClose of [(file: FollowedFile) => file.isDrained, () => true]) {
      for (const file of this.files) {
        if (this.files.size <= wanted) break
        if (file !== this.busy && file.paths.size > 0 && mayClose(file)) this.close(file)
      }
    }
    return this.files.size < before
  }
}
