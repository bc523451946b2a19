// The dead-letter log as the committer holds it: through descriptors of its own, beside the lane's.

import { constants } from 'node:fs'
import { join } from 'node:path'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { type LogPosition, logFolder, segmentName } from '../dead-letter-log/layout.ts'
import { syncData, syncFolder } from './sync.ts'

export class CommittedLetters {
  readonly #stateFolder: string
  readonly #folder: string
  readonly #fileSystem: FileSystem
  /** What is durable, of the log as this run goes on with it. */
  #synced: LogPosition
  /** The last segment: held, so that what fails to be written in the background is told to the next sync. */
  #last: { readonly segment: number; readonly path: string; readonly descriptor: number } | undefined

  /** `from` is where the run goes on: the position of the checkpoint, or of the log when it was opened. */
  constructor(stateFolder: string, from: LogPosition, fileSystem: FileSystem = nodeFileSystem) {
    this.#stateFolder = stateFolder
    this.#folder = logFolder(stateFolder)
    this.#fileSystem = fileSystem
    this.#synced = from
  }

  /** Every letter before the position is durable after it. Throws a SyncError: then the run must end. */
  sync(upTo: LogPosition): void {
    const { segment, length } = this.#synced
    if (upTo.segment === segment && upTo.length === length) return
    let hasNewNames = false
    for (let number = segment; number <= upTo.segment; number++) {
      if (number === upTo.segment && upTo.length === 0) break
      hasNewNames ||= number > segment || length === 0
      const { path, descriptor } = this.#open(number)
      syncData(this.#fileSystem, descriptor, path)
    }
    if (hasNewNames) {
      syncFolder(this.#fileSystem, this.#folder)
      // The first letter of all has made the folder.
      syncFolder(this.#fileSystem, this.#stateFolder)
    }
    this.#synced = upTo
  }

  close(): void {
    if (this.#last !== undefined) this.#fileSystem.closeSync(this.#last.descriptor)
    this.#last = undefined
  }

  #open(segment: number): { readonly path: string; readonly descriptor: number } {
    if (this.#last?.segment !== segment) {
      this.close()
      const path = join(this.#folder, segmentName(segment))
      this.#last = { segment, path, descriptor: this.#fileSystem.openSync(path, constants.O_RDONLY) }
    }
    return this.#last
  }
}
