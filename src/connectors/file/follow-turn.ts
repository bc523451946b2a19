// A stretch of one followed file, as the engine reads it: whole lines, until others wait or the file is over.

import type { ByteInput, StoredFile, TextPlace } from '../../sdk/source.ts'
import type { FollowedFile } from './follow-file.ts'

/** What a turn asks of the source that it belongs to. */
export interface TurnSource {
  readonly isClosed: boolean
  /** Bytes of the file; 0 when there are none now; undefined when it is over. */
  readFrom(file: FollowedFile, target: Uint8Array, offset: number, length: number): number | undefined
  /** Another file has whole lines. */
  isAnotherReady(): boolean
  /** Resolves when there may be something to read. */
  somethingHappens(): Promise<void>
}

/** Others wait no longer than this takes, and a line that is longer. */
const TURN_BYTES = 1024 * 1024

export class FollowTurn implements ByteInput {
  readonly name: string
  readonly file: string
  readonly sizeBytes = undefined
  readonly canReadAgain: boolean
  readonly sourceNumber: number
  readonly start: TextPlace
  readonly stored: StoredFile
  readBytes = 0
  endsFile = false
  private readonly followed: FollowedFile
  private readonly source: TurnSource
  private isEnded = false

  constructor(followed: FollowedFile, sourceNumber: number, source: TurnSource) {
    this.followed = followed
    this.source = source
    this.name = followed.name
    this.file = followed.path
    this.canReadAgain = !followed.isDeleted
    this.sourceNumber = sourceNumber
    this.start = followed.place
    this.stored = followed.stored
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    return this.readNow(target, offset, length) ?? this.readLater(target, offset, length)
  }

  close(): void {
    this.isEnded = true
  }

  private async readLater(target: Uint8Array, offset: number, length: number): Promise<number> {
    for (;;) {
      await this.source.somethingHappens()
      const count = this.readNow(target, offset, length)
      if (count !== undefined) return count
    }
  }

  /** Undefined when nothing is at hand. */
  private readNow(target: Uint8Array, offset: number, length: number): number | undefined {
    const { followed, source } = this
    if (this.isEnded || source.isClosed) return 0
    const mayEnd = followed.isAtLineStart
    if (mayEnd && this.readBytes >= TURN_BYTES && source.isAnotherReady()) return this.end(false)
    const count = source.readFrom(followed, target, offset, length)
    if (count === undefined) return this.end(true)
    if (count > 0) {
      this.readBytes += count
      return count
    }
    return followed.isAtLineStart && source.isAnotherReady() ? this.end(false) : undefined
  }

  private end(endsFile: boolean): number {
    this.isEnded = true
    this.endsFile = endsFile
    return 0
  }
}
