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
  /** Bytes of all segments up to there. */
  #syncedBytes: number
  /** The last segment: held, so that what fails to be written in the background is told to the next sync. */
  #last: { readonly segment: number; readonly path: string; readonly descriptor: number } | undefined

  /** Of a log as it is opened, or cut back to the checkpoint: nobody has written to it yet. */
  constructor(
    stateFolder: string,
    log: { readonly position: LogPosition; readonly length: number },
    fileSystem: FileSystem = nodeFileSystem
  ) {
    this.#stateFolder = stateFolder
    this.#folder = logFolder(stateFolder)
    this.#fileSystem = fileSystem
    this.#synced = log.position
    this.#syncedBytes = log.length
  }

  /** Every letter in these bytes is durable after it. Returns where they end. Throws a SyncError: the run must end then. */
  sync(logBytes: number): LogPosition {
    const { segment, length } = this.#synced
    if (logBytes === this.#syncedBytes) return this.#synced
    const upTo = this.#positionAt(logBytes)
    let hasNewNames = false
    for (let number = segment; number <= upTo.segment; number++) {
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
    this.#syncedBytes = logBytes
    return upTo
  }

  close(): void {
    if (this.#last !== undefined) this.#fileSystem.closeSync(this.#last.descriptor)
    this.#last = undefined
  }

  /** Where the log stood when all its segments together had so many bytes: a number that a snapshot can hold. */
  #positionAt(logBytes: number): LogPosition {
    let { segment, length } = this.#synced
    let rest = logBytes - this.#syncedBytes
    while (rest > 0) {
      // A segment grows no more once there is another behind it.
      const size = Number(this.#fileSystem.statSync(this.#path(segment)).size)
      if (length + rest <= size) return { segment, length: length + rest }
      rest -= size - length
      segment += 1
      length = 0
    }
    return { segment, length }
  }

  #open(segment: number): { readonly path: string; readonly descriptor: number } {
    if (this.#last?.segment !== segment) {
      this.close()
      const path = this.#path(segment)
      this.#last = { segment, path, descriptor: this.#fileSystem.openSync(path, constants.O_RDONLY) }
    }
    return this.#last
  }

  #path(segment: number): string {
    return join(this.#folder, segmentName(segment))
  }
}
