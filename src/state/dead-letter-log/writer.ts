// Appends dead letters to the log. When `append` returns, all its letters are with the operating system in full; when it
// throws, none of them is in the log. Making them durable is the committer's work, through descriptors of its own.

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { isTransientCode, systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { writeFully } from '../../base/write-fully.ts'
import {
  FRAME_HEADER_BYTES,
  type LogPosition,
  logFolder,
  SEGMENT_BYTES,
  SEGMENT_HEADER_BYTES,
  segmentName,
  writeFrameHeader,
  writeSegmentHeader
} from './layout.ts'
import type { DeadLetter } from './letter.ts'
import { encodeLetter, letterBytesAtMost, valueText } from './letter-encoding.ts'
import { LogFiles } from './log-files.ts'

/** The log cannot be written or cut now. It holds what it held before; the same call may go through later. */
export class DeadLetterLogError extends Error {
  override readonly name = 'DeadLetterLogError'

  /** Waiting may help: the disk is full, too many files are open. */
  get retryable(): boolean {
    return isTransientCode(systemErrorCode(this.cause) ?? '')
  }
}

/** The letters would take more room than they may. None of them is in the log. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError'
}

export interface DeadLetterLogOptions {
  /** A segment takes no letter that would make it longer. */
  readonly segmentBytes?: number
}

/** Where the next letter goes. */
interface End extends LogPosition {
  readonly firstSequence: number
  /** Letters in the segment. */
  readonly count: number
}

// A buffer that grew beyond this for long letters is given back.
const KEPT_BUFFER_BYTES = 1024 * 1024

export class DeadLetterLog {
  /** Bytes of an unfinished write that were cut off when the log was opened. */
  readonly tornBytes: number
  readonly #files: LogFiles
  readonly #fileSystem: FileSystem
  readonly #segmentBytes: number
  /** `length` is 0 while the segment is not there. */
  #end: End
  #lengthBefore = 0
  #descriptor: number | undefined
  /** Letters of the append under way that are not written yet. */
  #buffer = Buffer.allocUnsafe(64 * 1024)
  #filled = 0
  /** Length that the append under way may not take the log beyond. */
  #mostBytes = Number.POSITIVE_INFINITY
  /** True while the files may hold more than `#end` says. */
  #isUnclean = false

  /** Opens the log of a state folder, which must exist. Nothing is made in it before the first letter. */
  constructor(stateFolder: string, fileSystem: FileSystem = nodeFileSystem, options: DeadLetterLogOptions = {}) {
    this.#files = new LogFiles(logFolder(stateFolder), fileSystem)
    this.#fileSystem = fileSystem
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES
    const { end, tornBytes } = this.#guard('opened', () => this.#findEnd())
    this.#end = end
    this.tornBytes = tornBytes
  }

  /** Bytes of all segments that it was opened with or has begun since. */
  get length(): number {
    return this.#lengthBefore + this.#end.length
  }

  get position(): LogPosition {
    return { segment: this.#end.segment, length: this.#end.length }
  }

  /** Throws a NoRoomError when they would take more than `roomBytes`. */
  append(letters: readonly DeadLetter[], roomBytes = Number.POSITIVE_INFINITY): void {
    if (letters.length === 0) return
    this.#mostBytes = this.length + roomBytes
    const before = this.#end
    const lengthBefore = this.#lengthBefore
    this.#guard('written', () => {
      if (this.#isUnclean) this.#removeAfter(before)
      try {
        for (const letter of letters) this.#add(letter)
        this.#flush()
      } catch (error) {
        this.#end = before
        this.#lengthBefore = lengthBefore
        this.#filled = 0
        // Should this fail too, the next append begins with it.
        this.#isUnclean = true
        this.#removeAfter(before)
        throw error
      }
    })
    if (this.#buffer.length > KEPT_BUFFER_BYTES) this.#buffer = Buffer.allocUnsafe(KEPT_BUFFER_BYTES)
  }

  /**
   * Takes away everything behind a position that the log had once. Throws when the log has no such position (any more):
   * something of what was committed is missing or changed then, and nothing is cut.
   */
  cutTo(position: LogPosition): void {
    const { segment, length } = position
    this.#guard('cut', () => {
      let end: End = { segment, length: 0, firstSequence: 0, count: 0 }
      if (length > 0) {
        const state = this.#files.segments().includes(segment) ? this.#files.inspect(segment, true, length) : undefined
        if (state === undefined || !state.isWhole || state.tornBytes > 0) {
          throw new DeadLetterLogError(
            `The dead-letter log in ${this.#files.folder} is damaged or too short: it was committed up to byte ${length} of ${segmentName(segment)}.`
          )
        }
        end = { segment, length, firstSequence: state.firstSequence, count: state.count }
      }
      this.#removeAfter(position)
      // Without a segment of that number, the sequence goes on from the one before.
      if (length === 0) end = this.#findEnd().end
      this.#end = end
      this.#lengthBefore = this.#lengthOf(this.#files.segments().filter(number => number < end.segment))
    })
  }

  close(): void {
    if (this.#descriptor === undefined) return
    this.#fileSystem.closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #add(letter: DeadLetter): void {
    const value = valueText(letter)
    this.#reserve(SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + letterBytesAtMost(letter, value))
    if (this.#end.length === 0) this.#beginSegment()

    const start = this.#filled
    const frameBytes = encodeLetter(this.#buffer, start + FRAME_HEADER_BYTES, letter, value) - start
    const { segment, length, firstSequence, count } = this.#end
    if (count > 0 && length + frameBytes > this.#segmentBytes) {
      this.#nextSegment()
      this.#add(letter)
      return
    }
    if (this.#lengthBefore + length + frameBytes > this.#mostBytes) throw new NoRoomError()
    writeFrameHeader(this.#buffer, start, length, count, frameBytes - FRAME_HEADER_BYTES)
    this.#filled = start + frameBytes
    this.#end = { segment, length: length + frameBytes, firstSequence, count: count + 1 }
  }

  #beginSegment(): void {
    writeSegmentHeader(this.#buffer, this.#filled, this.#end.segment, this.#end.firstSequence)
    this.#filled += SEGMENT_HEADER_BYTES
    this.#end = { ...this.#end, length: SEGMENT_HEADER_BYTES }
  }

  #nextSegment(): void {
    this.#flush()
    this.close()
    const { segment, length, firstSequence, count } = this.#end
    this.#lengthBefore += length
    this.#end = { segment: segment + 1, length: 0, firstSequence: firstSequence + count, count: 0 }
  }

  #reserve(bytes: number): void {
    const needed = this.#filled + bytes
    if (needed <= this.#buffer.length) return
    const buffer = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
    buffer.set(this.#buffer.subarray(0, this.#filled))
    this.#buffer = buffer
  }

  #flush(): void {
    if (this.#filled === 0) return
    this.#descriptor ??= this.#files.open(this.#end.segment)
    // A file never makes its writer wait, so there is nothing to sleep for.
    const { error } = writeFully(this.#fileSystem, this.#descriptor, this.#buffer.subarray(0, this.#filled), () => {})
    if (error !== undefined) throw this.#failure('written', error)
    this.#filled = 0
  }

  /** Cuts what an unfinished write left. Behind damage a new segment begins: what is damaged is kept for a person. */
  #findEnd(): { end: End; tornBytes: number } {
    const segments = this.#files.segments()
    const segment = segments.pop()
    this.#lengthBefore = this.#lengthOf(segments)
    const state = segment === undefined ? undefined : this.#files.inspect(segment, true)
    if (segment === undefined || state === undefined) {
      return { end: { segment: 1, length: 0, firstSequence: 0, count: 0 }, tornBytes: 0 }
    }
    const { firstSequence, count, length, isWhole, tornBytes } = state
    if (tornBytes > 0) this.#removeAfter({ segment, length })
    if (isWhole) return { end: { segment, length, firstSequence, count }, tornBytes }
    this.#lengthBefore += length
    return { end: { segment: segment + 1, length: 0, firstSequence: firstSequence + count, count: 0 }, tornBytes }
  }

  #lengthOf(segments: readonly number[]): number {
    return segments.reduce((sum, segment) => sum + this.#files.size(segment), 0)
  }

  #removeAfter(position: LogPosition): void {
    this.close()
    this.#files.removeAfter(position)
    this.#isUnclean = false
  }

  #guard<Result>(what: string, work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw systemErrorCode(error) === undefined ? error : this.#failure(what, error)
    }
  }

  #failure(what: string, cause: unknown): DeadLetterLogError {
    const reason = systemErrorReason(cause)
    return new DeadLetterLogError(`The dead-letter log in ${this.#files.folder} cannot be ${what}: ${reason}.`, {
      cause
    })
  }
}
