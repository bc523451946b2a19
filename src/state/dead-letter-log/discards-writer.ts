// Discards letters: appends to `<segment>.discards`, beside the segment. The log itself is never changed, so a run may go
// on writing it meanwhile. When a call returns, what it says is on the disk; killed before, it said nothing.
//
// One writer at a time: see discard.ts, which has the lock.

import type { FileSystem } from '../../base/file-system.ts'
import { writeFully } from '../../base/write-fully.ts'
import { type DiscardRecord, discardRecordBytes, encodeDiscards, type LetterMark } from './discard-encoding.ts'
import { readDiscards } from './discards-reader.ts'
import { FRAME_HEADER_BYTES, logFolder, SEGMENT_HEADER_BYTES, writeFrameHeader, writeSegmentHeader } from './layout.ts'
import { LogFiles } from './log-files.ts'
import type { StoredLetter } from './reader.ts'
import { scanSegment } from './segment-file.ts'

/** Enough to tell a letter. */
export type LetterPlace = Pick<StoredLetter, 'start' | 'checksum'>

// So that the command that discards a million letters holds a few of them.
const MARKS_IN_A_RECORD = 16_384

export class DiscardsWriter {
  readonly #fileSystem: FileSystem
  readonly #letters: LogFiles
  readonly #discards: LogFiles

  constructor(stateFolder: string, fileSystem: FileSystem) {
    this.#fileSystem = fileSystem
    this.#letters = new LogFiles(logFolder(stateFolder), fileSystem)
    this.#discards = new LogFiles(logFolder(stateFolder), fileSystem, 'discards')
  }

  /** Returns how many they are. Fastest in the order of the log. */
  add(letters: Iterable<LetterPlace>): number {
    let count = 0
    let segment = 0
    let marks: LetterMark[] = []
    for (const { start, checksum } of letters) {
      if (marks.length === MARKS_IN_A_RECORD || start.segment !== segment) {
        this.#append(segment, 'letters', marks)
        marks = []
      }
      segment = start.segment
      marks.push({ offset: start.length, checksum })
      count++
    }
    this.#append(segment, 'letters', marks)
    return count
  }

  /**
   * Deletes the oldest segments as long as every letter in them is discarded and nothing in them is damaged, and returns
   * how many. Never the newest, which tells a writer where to go on, and none from `below` on: where a checkpoint may cut
   * the log back to, its segment must be there. No run may have the folder meanwhile.
   */
  removeSegments(below = Number.POSITIVE_INFINITY): number {
    let removed = 0
    for (const segment of this.#letters.segments().slice(0, -1)) {
      if (segment >= below || !this.#isWhollyDiscarded(segment)) break
      // First of all, so that a segment that is gone is never taken for one that was lost.
      this.#append(segment, 'segment')
      this.#letters.remove(segment)
      // Of the removed ones, the last says it for all.
      for (const number of this.#discards.segments()) if (number < segment) this.#discards.remove(number)
      removed++
    }
    return removed
  }

  #isWhollyDiscarded(segment: number): boolean {
    const discards = readDiscards(this.#discards, segment)
    const file = this.#letters.read(segment)
    try {
      for (const item of scanSegment(file, segment, false)) {
        if (item.kind === 'header') continue
        if (item.kind !== 'letter' || !discards.has(item.start, item.checksum)) return false
      }
    } finally {
      file.close()
    }
    return true
  }

  #append(segment: number, kind: DiscardRecord['kind'], marks: readonly LetterMark[] = []): void {
    if (kind === 'letters' && marks.length === 0) return
    const record: DiscardRecord = { kind, atMilliseconds: Date.now(), marks }
    const isNew = !this.#discards.segments().includes(segment)
    const state = isNew ? undefined : this.#discards.inspect(segment, true)
    const length = state?.length ?? 0
    if (state !== undefined && state.tornBytes > 0) this.#discards.cut(segment, length)

    const headerBytes = length === 0 ? SEGMENT_HEADER_BYTES : 0
    const payloadBytes = discardRecordBytes(record)
    const bytes = Buffer.allocUnsafe(headerBytes + FRAME_HEADER_BYTES + payloadBytes)
    if (headerBytes > 0) writeSegmentHeader(bytes, 0, segment, 0)
    encodeDiscards(bytes, headerBytes + FRAME_HEADER_BYTES, record)
    writeFrameHeader(bytes, headerBytes, length + headerBytes, state?.count ?? 0, payloadBytes)
    this.#write(segment, length, bytes)
    if (isNew) this.#discards.syncFolder()
  }

  #write(segment: number, length: number, bytes: Buffer): void {
    const descriptor = this.#discards.open(segment)
    try {
      // A file never makes its writer wait, so there is nothing to sleep for.
      const { error } = writeFully(this.#fileSystem, descriptor, bytes, () => {})
      if (error !== undefined) {
        this.#discards.cut(segment, length)
        throw error as Error
      }
      this.#fileSystem.fdatasyncSync(descriptor)
    } finally {
      this.#fileSystem.closeSync(descriptor)
    }
  }
}
