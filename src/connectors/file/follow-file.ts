// One file that is followed, from its first byte until it is truncated, rotated away or deleted.
//
// Only whole lines are given out: a line without its newline is not held in memory but looked for on the disk again.
// Before any byte is believed, the bytes before it are compared with those given out before, so that a file that was
// truncated and written anew is noticed however long it has become.

import type { FileSystem } from '../../base/file-system.ts'
import type { StoredFile, TextPlace } from '../../sdk/source.ts'
import { HEAD_MARK_BYTES, type HeadMark, hasHead, markHead, readRange } from './follow-mark.ts'
import type { FollowedPath } from './follow-path.ts'

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const BEFORE_BYTES = 64
const SCAN_BYTES = 64 * 1024
const NO_BYTES = new Uint8Array(0)

// One for the thread: nothing of it is kept beyond a call.
const scratch = Buffer.allocUnsafeSlow(SCAN_BYTES)

/** What is there: whole lines to give out, nothing new, or another content than before. */
export type Look = 'lines' | 'nothing' | 'changed'

/** `read` returns it in place of a count. */
export const CHANGED = -1

export interface Beginning {
  readonly offset: number
  readonly lineNumber: number
  /** What the checkpoint knows it by; without it one is given with the first turn. */
  readonly sourceNumber?: number
  readonly head?: HeadMark | undefined
  /** A writer that kept its place in the file before it was truncated leaves a hole of NUL bytes before it. */
  readonly mayStartWithHole?: boolean
}

export interface FileOnDisk {
  /** As `fileIdentity` has it. */
  readonly identity: string
  readonly stored: StoredFile
  readonly descriptor: number | undefined
  readonly name: string
  readonly path: string
}

export class FollowedFile {
  readonly identity: string
  readonly stored: StoredFile
  /** As the user knows it, and where it is: both change when it is renamed to what is followed too. */
  name: string
  path: string
  sourceNumber: number | undefined
  /** Open, unless others needed the room. */
  descriptor: number | undefined
  /** Paths that lead to it now. Without one it was rotated away or deleted. */
  readonly paths = new Set<FollowedPath>()
  /** Where it was before it was rotated away. */
  formerPath: string | undefined
  /** Size when it was looked at last. */
  size = 0
  /** Time that the file itself shows, at the same moment. */
  modified: bigint | undefined
  changedAt: number
  isDeleted = false
  /** Nothing will be added any more: what has no newline is a line. */
  isComplete = false
  /** Nothing more is given out: only the engine has to be told that it ended. */
  isOver = false
  /** Not to be read, for a reason that was told. */
  isRefused = false
  /** Of the reading of it; told once. */
  failure: string | undefined
  retryAt = 0
  retryMilliseconds = 0
  /** Bytes that were a hole, when that was found out just now. */
  skippedHole = 0
  private readonly fileSystem: FileSystem
  private position: number
  private lineNumber: number
  private head: HeadMark
  /** The last bytes before `position`. */
  private before: Uint8Array = NO_BYTES
  private isMidLine = false
  private mayStartWithHole: boolean
  /** Behind a newline, the last known one. Beyond `position` when a whole line is at hand. */
  private newlineEnd = 0
  /** No newline is between `position` and here. */
  private scannedTo = 0

  constructor(fileSystem: FileSystem, onDisk: FileOnDisk, beginning: Beginning, now: number) {
    this.fileSystem = fileSystem
    this.identity = onDisk.identity
    this.stored = onDisk.stored
    this.descriptor = onDisk.descriptor
    this.name = onDisk.name
    this.path = onDisk.path
    this.changedAt = now
    this.position = beginning.offset
    this.lineNumber = beginning.lineNumber
    this.sourceNumber = beginning.sourceNumber
    this.head = beginning.head ?? { byteCount: 0, sha256: '' }
    this.mayStartWithHole = beginning.mayStartWithHole ?? false
    if (this.descriptor !== undefined) this.before = this.bytesBefore()
  }

  get place(): TextPlace {
    const { before } = this
    const isCrlf = before.length > 1 && before[before.length - 2] === CARRIAGE_RETURN
    return { offset: this.position, lineNumber: this.lineNumber, lineEnd: isCrlf ? '\r\n' : '\n' }
  }

  get headMark(): HeadMark {
    return this.head
  }

  /** A turn may end here. */
  get isAtLineStart(): boolean {
    return !this.isMidLine
  }

  /** All that there was when it was looked at last has been given out, but for a line without its newline. */
  get isDrained(): boolean {
    return this.newlineEnd <= this.position && Math.max(this.scannedTo, this.position) >= this.size
  }

  /** Throws what a system call throws. */
  look(now: number): Look {
    const { fileSystem, descriptor } = this
    const status = fileSystem.fstatSync(descriptor!)
    const size = Number(status.size)
    this.modified = status.mtimeNs
    if (size < this.position || size < this.newlineEnd) return 'changed'
    if (!this.isAsBefore() || !hasHead(fileSystem, descriptor!, this.head)) return 'changed'
    if (size !== this.size) this.changedAt = now
    this.size = size
    if (this.head.byteCount < Math.min(size, HEAD_MARK_BYTES)) {
      this.head = markHead(fileSystem, descriptor!, Math.min(size, HEAD_MARK_BYTES))
    }
    if (this.mayStartWithHole) this.skipHole()
    if (size <= this.position) return 'nothing'
    return this.isComplete || this.findNewline() ? 'lines' : 'nothing'
  }

  /** Whole lines, or a part of one whose newline is there; 0 when there are none, CHANGED when they are others' bytes. */
  read(target: Uint8Array, offset: number, length: number, now: number): number {
    const count = this.fileSystem.readSync(this.descriptor!, target, offset, length, this.position)
    if (count === 0) return this.look(now) === 'changed' ? CHANGED : 0
    // Compared after the reading: what was written over before it shows now.
    if (!this.isAsBefore() || !this.hasSameStart()) return CHANGED
    const bytes = Buffer.from(target.buffer, target.byteOffset + offset, count)
    const taken = this.wholeLines(bytes)
    if (taken > 0) this.advance(bytes.subarray(0, taken))
    else if (this.isMidLine) return CHANGED
    return taken
  }

  /** The first bytes, to tell what kind of file it is. */
  start(byteCount: number): Uint8Array {
    return readRange(this.fileSystem, this.descriptor!, 0, byteCount)
  }

  /** Passes over all whole lines that are there. They are not counted: line 1 is the first one given out. */
  startAtEnd(): void {
    let end = Number(this.fileSystem.fstatSync(this.descriptor!).size)
    while (end > 0) {
      const start = Math.max(0, end - SCAN_BYTES)
      const bytes = readRange(this.fileSystem, this.descriptor!, start, end - start)
      const newline = bytes.lastIndexOf(NEWLINE)
      if (newline !== -1) {
        this.position = start + newline + 1
        break
      }
      end = start
    }
    this.before = this.bytesBefore()
  }

  private bytesBefore(): Uint8Array {
    const start = Math.max(0, this.position - BEFORE_BYTES)
    return new Uint8Array(readRange(this.fileSystem, this.descriptor!, start, this.position - start))
  }

  private isAsBefore(): boolean {
    const { before, position } = this
    if (before.length === 0) return true
    const count = this.fileSystem.readSync(this.descriptor!, scratch, 0, before.length, position - before.length)
    return count === before.length && scratch.compare(before, 0, before.length, 0, count) === 0
  }

  /** Near its start a file has few bytes before a place, or none. */
  private hasSameStart(): boolean {
    return this.before.length === BEFORE_BYTES || hasHead(this.fileSystem, this.descriptor!, this.head)
  }

  private findNewline(): boolean {
    if (this.newlineEnd > this.position) return true
    let from = Math.max(this.scannedTo, this.position)
    while (from < this.size) {
      const wanted = Math.min(SCAN_BYTES, this.size - from)
      const count = this.fileSystem.readSync(this.descriptor!, scratch, 0, wanted, from)
      if (count === 0) break
      const newline = scratch.subarray(0, count).lastIndexOf(NEWLINE)
      if (newline !== -1) {
        this.newlineEnd = from + newline + 1
        return true
      }
      from += count
      this.scannedTo = from
    }
    return false
  }

  private wholeLines(bytes: Buffer): number {
    if (this.isComplete) return bytes.length
    const newline = bytes.lastIndexOf(NEWLINE)
    if (newline !== -1) return newline + 1
    const end = this.position + bytes.length
    if (this.newlineEnd > end) return bytes.length
    this.scannedTo = Math.max(this.scannedTo, end)
    this.size = Math.max(this.size, Number(this.fileSystem.fstatSync(this.descriptor!).size))
    return this.findNewline() ? bytes.length : 0
  }

  private advance(bytes: Buffer): void {
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) this.lineNumber++
    this.isMidLine = bytes[bytes.length - 1] !== NEWLINE
    this.position += bytes.length
    if (this.position > this.size) this.size = this.position
    // A copy: the caller's memory is not ours. No slice of a shared pool either, which each file would keep alive.
    const last = bytes.subarray(-BEFORE_BYTES)
    const kept = this.before.subarray(Math.max(0, this.before.length + last.length - BEFORE_BYTES))
    const before = new Uint8Array(kept.length + last.length)
    before.set(kept)
    before.set(last, kept.length)
    this.before = before
  }

  private skipHole(): void {
    for (let from = 0; from < this.size; ) {
      const bytes = readRange(this.fileSystem, this.descriptor!, from, Math.min(SCAN_BYTES, this.size - from))
      const first = bytes.findIndex(byte => byte !== 0)
      if (first === -1 && bytes.length > 0) {
        from += bytes.length
        continue
      }
      if (bytes.length === 0) return
      this.mayStartWithHole = false
      this.skippedHole = this.position = from + first
      this.before = new Uint8Array(Math.min(this.position, BEFORE_BYTES))
      return
    }
  }
}
