// A dead-letter log that keeps within a number of bytes. When it is full, what counts no more is deleted first; then it
// takes no more letters until somebody has made room, or it drops the oldest, as the pipeline says.
//
// Only whole segments go, the oldest first, never the newest, and none that a checkpoint may cut the log back to. For
// one write the log may become longer than it should: when all of it that could go is gone, and the letters of one write
// do not fit into what is left.

import { setTimeout as sleep } from 'node:timers/promises'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { tryLock } from '../lock.ts'
import { type Dropped, NOTHING_DROPPED } from './discard-encoding.ts'
import { DiscardsWriter } from './discards-writer.ts'
import { type LogPosition, logFolder, SEGMENT_BYTES } from './layout.ts'
import type { DeadLetter } from './letter.ts'
import { LogFiles } from './log-files.ts'
import { DeadLetterLog, NoRoomError } from './writer.ts'

export interface LogLimit {
  readonly maxBytes: number
  readonly whenFull: 'pause' | 'drop_oldest'
}

/** There is no room for more letters; there will be when somebody makes some. */
export class LogFullError extends Error {
  override readonly name = 'LogFullError'
  readonly retryable = true
}

/** So many segments make up a full log. */
const SEGMENTS = 8
/** A commit comes within milliseconds, unless something keeps it up. */
const COMMIT_MILLISECONDS = 1_000
/** Between two messages about what is dropped. */
const SAY_MILLISECONDS = 60_000

/** What became of an attempt to make room. */
type Room =
  | 'made'
  /** The oldest segment may go once another checkpoint is written. */
  | 'uncommitted'
  /** Nothing is left that could go, and nothing that counts. */
  | 'bare'
  | 'full'
  /** Somebody discards letters at this moment. */
  | 'busy'

export class LimitedLog {
  readonly #limit: LogLimit
  readonly #say: (message: string) => void
  readonly #log: DeadLetterLog
  readonly #files: LogFiles
  readonly #writer: DiscardsWriter
  readonly #folder: string
  /** Deleted since it was opened. */
  #removedBytes = 0
  /** The oldest segment that a checkpoint may cut the log back to. */
  #neededFrom = 0
  #committed = Promise.withResolvers<void>()
  /** Of segments that are not wholly discarded: what was said of their letters then. */
  readonly #lookedAt = new Map<number, string>()
  #droppedBefore: Dropped | undefined
  #saidAt = Number.NEGATIVE_INFINITY

  /** Opens the log as DeadLetterLog does. `say` is told what is dropped. */
  constructor(
    stateFolder: string,
    limit: LogLimit,
    say: (message: string) => void,
    fileSystem: FileSystem = nodeFileSystem
  ) {
    this.#limit = limit
    this.#say = say
    this.#folder = logFolder(stateFolder)
    const segmentBytes = Math.min(SEGMENT_BYTES, Math.ceil(limit.maxBytes / SEGMENTS))
    this.#log = new DeadLetterLog(stateFolder, fileSystem, { segmentBytes })
    this.#files = new LogFiles(this.#folder, fileSystem)
    this.#writer = new DiscardsWriter(stateFolder, fileSystem)
  }

  /** Only grows: with what was deleted since it was opened. */
  get length(): number {
    return this.#log.length
  }

  get position(): LogPosition {
    return this.#log.position
  }

  /** Throws a LogFullError, or what a DeadLetterLog throws. The promise is for a commit that must come first. */
  append(letters: readonly DeadLetter[]): void | Promise<void> {
    for (;;) {
      if (this.#fits(letters)) return
      const room = this.#tryToMakeRoom()
      if (room === 'made') continue
      if (room === 'uncommitted') return this.#appendAfterCommit(letters)
      if (room !== 'bare') throw this.#full(room)
      this.#log.append(letters)
      return
    }
  }

  /** Checkpoints may cut the log back to this segment, and to none before it. */
  committed(neededFrom: number): void {
    if (neededFrom === this.#neededFrom) return
    this.#neededFrom = neededFrom
    this.#committed.resolve()
    this.#committed = Promise.withResolvers<void>()
  }

  close(): void {
    this.#log.close()
  }

  #fits(letters: readonly DeadLetter[]): boolean {
    const keptBytes = this.#log.length - this.#removedBytes
    try {
      this.#log.append(letters, this.#limit.maxBytes - keptBytes)
      return true
    } catch (error) {
      if (error instanceof NoRoomError) return false
      throw error
    }
  }

  async #appendAfterCommit(letters: readonly DeadLetter[]): Promise<void> {
    const patience = new AbortController()
    const late = sleep(COMMIT_MILLISECONDS, true, { signal: patience.signal }).catch(() => true)
    const isLate = await Promise.race([this.#committed.promise, late])
    patience.abort()
    if (isLate === true) throw this.#full('uncommitted')
    await this.append(letters)
  }

  #tryToMakeRoom(): Room {
    try {
      return this.#makeRoom()
    } catch (cause) {
      if (cause instanceof UserError) throw cause
      // What keeps it from deleting may pass: a full disk, too many open files.
      throw new LogFullError(`${this.#reached()}, and nothing can be deleted: ${systemErrorReason(cause)}`, { cause })
    }
  }

  #makeRoom(): Room {
    const isDropping = this.#limit.whenFull === 'drop_oldest'
    const [oldest, ...others] = this.#files.segments()
    if (oldest === undefined) return 'bare'
    // Without the lock: those who want to discard letters need it.
    if (!isDropping && !this.#isWhollyDiscarded(oldest)) return 'full'
    if (others.length === 0) return 'bare'
    if (oldest >= this.#neededFrom) return 'uncommitted'
    const lock = tryLock(this.#folder)
    if (lock === undefined) return 'busy'
    try {
      const bytes = this.#files.size(oldest)
      if (isDropping) this.#noteDropped(this.#writer.dropSegment(oldest))
      else if (this.#writer.removeSegments(oldest + 1) === 0) return 'full'
      this.#removedBytes += bytes
      this.#lookedAt.delete(oldest)
      return 'made'
    } finally {
      lock.release()
    }
  }

  #isWhollyDiscarded(segment: number): boolean {
    const state = `${this.#writer.stateOf(segment)} ${this.#files.size(segment)}`
    if (this.#lookedAt.get(segment) === state) return false
    if (this.#writer.isWhollyDiscarded(segment)) return true
    this.#lookedAt.set(segment, state)
    return false
  }

  #noteDropped(dropped: Dropped): void {
    const before = this.#droppedBefore ?? NOTHING_DROPPED
    if (dropped.letters === before.letters) return
    const now = performance.now()
    this.#droppedBefore = dropped
    if (now - this.#saidAt < SAY_MILLISECONDS) return
    this.#saidAt = now
    this.#say(
      `The dead letters have reached dead_letters: max_bytes (${this.#limit.maxBytes} bytes), so the oldest are dropped: ` +
        `${dropped.letters} letters (${dropped.bytes} bytes) so far. \`linescope dlq stats\` counts them.`
    )
  }

  #full(room: Exclude<Room, 'made' | 'bare'>): LogFullError {
    const limit = this.#reached()
    if (room === 'uncommitted')
      return new LogFullError(`${limit}, and nothing can be deleted before the next checkpoint`)
    if (room === 'busy') return new LogFullError(`${limit}, and somebody is discarding some`)
    return new LogFullError(
      `${limit}. Discard some with \`linescope dlq discard\` (\`linescope dlq export\` keeps a copy), or stop the run, ` +
        'and replay them or raise max_bytes'
    )
  }

  #reached(): string {
    return `the dead letters have reached dead_letters: max_bytes (${this.#limit.maxBytes} bytes)`
  }
}
