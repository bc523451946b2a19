// Discards letters, in files beside the segments. The log itself is never changed, so a run may go on writing it, and
// readers reading it. When a call returns, what it says is on the disk. A crash before leaves the files as they were
// before or as they are after it.
//
// One writer at a time: see discard.ts, which has the lock.

import type { FileSystem } from '../../base/file-system.ts'
import { UserError } from '../../base/user-error.ts'
import { encodeDiscards } from './discard-encoding.ts'
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
   * the log back to, its segment must be there. No run may have the folder meanwhile.
   */
  removeSegments(below: number): number {
    let removed = 0
    for (const segment of this.#letters.segments().slice(0, -1)) {
      if (segment >= below || !this.#isWhollyDiscarded(segment)) break
      // First of all, so that a segment that is gone is never taken for one that was lost.
      this.#write(segment, new Map(), true)
      this.#letters.remove(segment)
      // Of the removed ones, the last says it for all, once it is sure to be gone.
      this.#letters.syncFolder()
      for (const number of this.#discards.segments()) if (number < segment) this.#discards.remove(number)
      removed++
    }
    return removed
  }

  #isWhollyDiscarded(segment: number): boolean {
    const { marks } = readDiscards(this.#discards, segment)
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

  #write(segment: number, added: ReadonlyMap<number, number>, isRemoved = false): void {
    if (added.size === 0 && !isRemoved) return
    const before = readDiscards(this.#discards, segment)
    if (before.damage.some(({ isNewer }) => isNewer)) {
      const name = segmentName(segment, 'discards')
      throw new UserError(`a newer Linescope has discarded letters here: ${name}`, { hint: 'Use that one.' })
    }
    // What was damaged there has been reported; its letters count again.
    const marks = new Map([...before.marks, ...added])
    const record = { isRemoved: isRemoved || before.isRemoved, atMilliseconds: Date.now(), marks }
    this.#discards.replace(segment, encodeDiscards(segment, record))
  }
}
