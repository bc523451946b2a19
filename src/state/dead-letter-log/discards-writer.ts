// Discards letters, in files beside the segments. The log itself is never changed, so a run may go on writing it, and
// readers reading it. When a call returns, what it says is on the disk. A crash before leaves the files as they were
// before or as they are after it.
//
// One writer at a time: see discard.ts, which has the lock.

import type { FileSystem } from '../../base/file-system.ts'
import { UserError } from '../../base/user-error.ts'
import { type Dropped, encodeDiscards, NOTHING_DROPPED } from './discard-encoding.ts'
import { readDiscards } from './discards-reader.ts'
import { logFolder, segmentName } from './layout.ts'
import { LogFiles } from './log-files.ts'
import type { StoredLetter } from './reader.ts'
import { scanSegment } from './segment-file.ts'

/** Enough to tell a letter. */
export type LetterPlace = Pick<StoredLetter, 'start' | 'checksum'>

export class DiscardsWriter {
  readonly #letters: LogFiles
  readonly #discards: LogFiles

  constructor(stateFolder: string, fileSystem: FileSystem) {
    this.#letters = new LogFiles(logFolder(stateFolder), fileSystem)
    this.#discards = new LogFiles(logFolder(stateFolder), fileSystem, 'discards')
  }

  /** Letters in the order of the log. Returns how many they are. Those of one segment are discarded all or none. */
  add(letters: Iterable<LetterPlace>): number {
    let count = 0
    let segment = 0
    let marks = new Map<number, number>()
    for (const { start, checksum } of letters) {
      if (start.segment !== segment) {
        this.#write(segment, marks)
        marks = new Map()
        segment = start.segment
      }
      marks.set(start.length, checksum)
      count++
    }
    this.#write(segment, marks)
    return count
  }

  /**
   * Deletes the oldest segments as long as every letter in them is discarded and nothing in them is damaged, and returns
   * how many. Never the newest, which tells a writer where to go on, and none from `below` on: where a checkpoint may cut
   * the log back to, its segment must be there. The log's own writer does so, or there is none meanwhile.
   */
  removeSegments(below: number): number {
    let removed = 0
    for (const segment of this.#letters.segments().slice(0, -1)) {
      if (segment >= below || !this.isWhollyDiscarded(segment)) break
      this.#remove(segment, this.#droppedBefore(segment))
      removed++
    }
    return removed
  }

  /**
   * Deletes the oldest segment, whatever is in it, under the conditions of `removeSegments`. Returns what was dropped of
   * letters that counted, from the log's beginning on.
   */
  dropSegment(segment: number): Dropped {
    const before = this.#droppedBefore(segment)
    const letters = this.#letters.count(segment) - readDiscards(this.#discards, segment).marks.size
    const dropped =
      letters <= 0 ? before : { letters: before.letters + letters, bytes: before.bytes + this.#letters.size(segment) }
    this.#remove(segment, dropped)
    return dropped
  }

  /** Changes with what is said of the segment's letters. */
  stateOf(segment: number): string {
    return this.#discards.stateOf(segment)
  }

  isWhollyDiscarded(segment: number): boolean {
    const { marks } = readDiscards(this.#discards, segment)
    // Few marks say so before all of it is read.
    if (marks.size === 0 || marks.size < this.#letters.count(segment)) return false
    const file = this.#letters.read(segment)
    try {
      for (const item of scanSegment(file, segment, false)) {
        if (item.kind === 'header') continue
        if (item.kind !== 'letter' || marks.get(item.start) !== item.checksum) return false
      }
    } finally {
      file.close()
    }
    return true
  }

  #remove(segment: number, dropped: Dropped): void {
    // First of all, so that a segment that is gone is never taken for one that was lost.
    this.#write(segment, new Map(), dropped)
    this.#letters.remove(segment)
    // Of the removed ones, the last says it for all, once it is sure to be gone.
    this.#letters.syncFolder()
    for (const number of this.#discards.segments()) if (number < segment) this.#discards.remove(number)
  }

  #droppedBefore(segment: number): Dropped {
    const last = this.#discards.segments().findLast(number => number < segment)
    return last === undefined ? NOTHING_DROPPED : readDiscards(this.#discards, last).dropped
  }

  /** `removed`: its segment is to be deleted. */
  #write(segment: number, added: ReadonlyMap<number, number>, removed?: Dropped): void {
    if (added.size === 0 && removed === undefined) return
    const before = readDiscards(this.#discards, segment)
    if (before.damage.some(({ isNewer }) => isNewer)) {
      const name = segmentName(segment, 'discards')
      throw new UserError(`a newer Linescope has discarded letters here: ${name}`, { hint: 'Use that one.' })
    }
    // What was damaged there has been reported; its letters count again.
    const marks = new Map([...before.marks, ...added])
    const record = {
      isRemoved: removed !== undefined || before.isRemoved,
      atMilliseconds: Date.now(),
      marks,
      dropped: removed ?? before.dropped
    }
    this.#discards.replace(segment, encodeDiscards(segment, record))
  }
}
