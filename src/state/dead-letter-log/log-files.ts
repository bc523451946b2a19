// The segments of a log as files: which are there, how far each is whole, and cutting them back.

import { constants } from 'node:fs'
import { join } from 'node:path'

import type { FileSystem } from '../../base/file-system.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import { writeFully } from '../../base/write-fully.ts'
import {
  type LogFileKind,
  type LogPosition,
  readSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentNumber
} from './layout.ts'
import { SegmentFile, scanSegment } from './segment-file.ts'

/** What a writer must know of the segment that it goes on with. */
export interface SegmentState {
  readonly firstSequence: number
  /** Letters up to `length`, damaged ones that can be counted included. */
  readonly count: number
  /** End of the last whole letter or damage. */
  readonly length: number
  /** False when there is damage before `length`. */
  readonly isWhole: boolean
  /** Bytes after `length` that an unfinished write left. */
  readonly tornBytes: number
}

export class LogFiles {
  readonly folder: string
  readonly #fileSystem: FileSystem
  readonly #kind: LogFileKind

  constructor(folder: string, fileSystem: FileSystem, kind: LogFileKind = 'dll') {
    this.folder = folder
    this.#fileSystem = fileSystem
    this.#kind = kind
  }

  /** Numbers of the segments that are there, ascending; none when there is no log yet. */
  segments(): number[] {
    let names: string[]
    try {
      names = this.#fileSystem.readdirSync(this.folder)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return []
      throw error
    }
    return names.flatMap(name => segmentNumber(name, this.#kind) ?? []).sort((a, b) => a - b)
  }

  size(segment: number): number {
    return Number(this.#fileSystem.statSync(this.#path(segment)).size)
  }

  /** Another text after each change of the file. */
  stateOf(segment: number): string {
    try {
      const { ino, size, mtimeNs } = this.#fileSystem.statSync(this.#path(segment))
      return `${ino} ${size} ${mtimeNs}`
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return ''
      throw error
    }
  }

  /** How many letters it holds. Where the headers tell it, nothing else is read. */
  count(segment: number): number {
    const first = this.#firstSequence(segment)
    const next = this.#firstSequence(segment + 1)
    if (first !== undefined && next !== undefined && next >= first) return next - first
    return this.inspect(segment, false)?.count ?? 0
  }

  /** To append to it; makes the file and its folder when they are not there. */
  open(segment: number): number {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND
    try {
      return this.#fileSystem.openSync(this.#path(segment), flags, 0o600)
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error
      this.#fileSystem.mkdirSync(this.folder, 0o700)
      return this.#fileSystem.openSync(this.#path(segment), flags, 0o600)
    }
  }

  read(segment: number): SegmentFile {
    return new SegmentFile(this.#fileSystem, this.#path(segment))
  }

  /** Undefined when it is not there (any more). */
  readIfThere(segment: number): SegmentFile | undefined {
    try {
      return this.read(segment)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Reads a segment, up to a length of it; undefined when that lies inside a letter or behind the end. */
  inspect(segment: number, isLast: boolean, upTo?: number): SegmentState | undefined {
    let firstSequence: number | undefined
    let count = 0
    let isWhole = true
    let tornBytes = 0
    const file = this.read(segment)
    const limit = upTo ?? file.size
    try {
      if (upTo !== undefined && (upTo < SEGMENT_HEADER_BYTES || upTo > file.size)) return undefined
      for (const item of scanSegment(file, segment, isLast)) {
        if (item.kind === 'header') {
          firstSequence = item.firstSequence
          continue
        }
        if (item.start >= limit) break
        if (item.end > limit) return undefined
        if (item.kind === 'letter') count = item.index + 1
        else if (item.kind === 'torn') tornBytes = item.end - item.start
        else {
          isWhole = false
          if (item.index !== undefined) count = item.index + 1
        }
      }
    } finally {
      file.close()
    }
    firstSequence ??= this.#sequenceBefore(segment)
    return { firstSequence, count, length: limit - tornBytes, isWhole, tornBytes }
  }

  /** Deletes everything behind a position, the newest first. */
  removeAfter({ segment, length }: LogPosition): void {
    for (const number of this.segments().reverse()) {
      if (number > segment || (number === segment && length === 0)) this.remove(number)
      else if (number === segment) this.#cut(number, length)
    }
  }

  remove(segment: number): void {
    this.#fileSystem.unlinkSync(this.#path(segment))
  }

  /** Replaces the file, or makes it. When it returns, it is on the disk; a crash before leaves the old one or the new. */
  replace(segment: number, bytes: Uint8Array): void {
    const temporary = `${this.#path(segment)}.tmp`
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
    const descriptor = this.#fileSystem.openSync(temporary, flags, 0o600)
    try {
      // A file never makes its writer wait, so there is nothing to sleep for.
      const { error } = writeFully(this.#fileSystem, descriptor, bytes, () => {})
      if (error !== undefined) throw error as Error
      this.#fileSystem.fsyncSync(descriptor)
    } finally {
      this.#fileSystem.closeSync(descriptor)
    }
    this.#fileSystem.renameSync(temporary, this.#path(segment))
    this.syncFolder()
  }

  /** Names that were made, changed or taken away are so on the disk. */
  syncFolder(): void {
    // Windows opens no folder; there a name lasts with its file.
    if (process.platform === 'win32') return
    const descriptor = this.#fileSystem.openSync(this.folder, constants.O_RDONLY)
    try {
      this.#fileSystem.fsyncSync(descriptor)
    } catch (error) {
      // Said by file systems that have no such call for folders.
      if (systemErrorCode(error) !== 'EINVAL') throw error
    } finally {
      this.#fileSystem.closeSync(descriptor)
    }
  }

  #firstSequence(segment: number): number | undefined {
    const file = this.readIfThere(segment)
    if (file === undefined) return undefined
    try {
      const bytes = file.bytes(0, SEGMENT_HEADER_BYTES)
      const header = bytes.length < SEGMENT_HEADER_BYTES ? undefined : readSegmentHeader(bytes)
      return header?.segment === segment ? header.firstSequence : undefined
    } finally {
      file.close()
    }
  }

  /** Sequence that a segment whose header is lost began with, from the segment before it. */
  #sequenceBefore(segment: number): number {
    const previous = this.segments().findLast(number => number < segment)
    if (previous === undefined) return 0
    const state = this.inspect(previous, false)
    return state === undefined ? 0 : state.firstSequence + state.count
  }

  #cut(segment: number, length: number): void {
    const descriptor = this.#fileSystem.openSync(this.#path(segment), constants.O_WRONLY)
    try {
      this.#fileSystem.ftruncateSync(descriptor, length)
    } finally {
      this.#fileSystem.closeSync(descriptor)
    }
  }

  #path(segment: number): string {
    return join(this.folder, segmentName(segment, this.#kind))
  }
}
