// One segment as a sequence of letters and of places where there is none to read.

import { constants } from 'node:fs'

import { crc32c } from '../../base/crc32c.ts'
import type { FileSystem } from '../../base/file-system.ts'
import {
  FRAME_HEADER_BYTES,
  type FrameHeader,
  LOG_VERSION,
  readFrameHeader,
  readSegmentHeader,
  SEGMENT_HEADER_BYTES
} from './layout.ts'

export type SegmentItem =
  /** Comes first, when it is whole. */
  | { readonly kind: 'header'; readonly firstSequence: number }
  /** A letter, whole; `payload` is valid until the next item. */
  | {
      readonly kind: 'letter'
      readonly index: number
      readonly start: number
      readonly end: number
      /** Of the frame, see FrameHeader. */
      readonly checksum: number
      readonly payload: Buffer
    }
  /** What the last write could not finish, at the end of the last segment: never committed, so nothing is lost. */
  | { readonly kind: 'torn'; readonly start: number; readonly end: number }
  | {
      readonly kind: 'damage'
      readonly start: number
      readonly end: number
      readonly message: string
      /** Of the damaged letter, where that is known. */
      readonly index?: number
      /** Not damaged, but of a format that is not known here. */
      readonly isNewer: boolean
    }

const WINDOW_BYTES = 1024 * 1024

/** An open segment, read through a window: memory does not grow with its size. */
export class SegmentFile {
  readonly size: number
  readonly #fileSystem: FileSystem
  readonly #descriptor: number
  #window = Buffer.alloc(0)
  #windowStart = 0

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem
    this.#descriptor = fileSystem.openSync(path, constants.O_RDONLY)
    this.size = Number(fileSystem.fstatSync(this.#descriptor).size)
  }

  /** At most `length` bytes, fewer at the end of the file; valid until the next call. */
  bytes(start: number, length: number): Buffer {
    const end = Math.min(start + length, this.size)
    if (start < this.#windowStart || end > this.#windowStart + this.#window.length) {
      this.#fill(start, Math.min(Math.max(length, WINDOW_BYTES), this.size - start))
    }
    return this.#window.subarray(start - this.#windowStart, Math.max(start, end) - this.#windowStart)
  }

  close(): void {
    this.#fileSystem.closeSync(this.#descriptor)
  }

  #fill(start: number, length: number): void {
    const window = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const count = this.#fileSystem.readSync(this.#descriptor, window, filled, length - filled, start + filled)
      // Cut by somebody since it was opened: what is not there reads as zeros, which no checksum takes for a letter.
      if (count === 0) window.fill(0, filled)
      filled += count === 0 ? length - filled : count
    }
    this.#window = window
    this.#windowStart = start
  }
}

/**
 * The header, then all that follows from `from` on, which must be the start of a frame or the end. A damaged letter is
 * stepped over; after a damaged frame header the next whole letter is searched for.
 */
export function* scanSegment(file: SegmentFile, segment: number, isLast: boolean, from = 0): Generator<SegmentItem> {
  const headerBytes = file.bytes(0, SEGMENT_HEADER_BYTES)
  const header = headerBytes.length < SEGMENT_HEADER_BYTES ? undefined : readSegmentHeader(headerBytes)
  if (header === undefined && isLast && isUnfinished(file, 0, SEGMENT_HEADER_BYTES)) {
    return yield { kind: 'torn', start: 0, end: file.size }
  }
  if (header === undefined) {
    yield damage(0, Math.min(SEGMENT_HEADER_BYTES, file.size), 'its header is damaged')
  } else if (header.version !== LOG_VERSION) {
    const message = `it has version ${header.version}, which this Linescope does not know`
    return yield { kind: 'damage', start: 0, end: file.size, message, isNewer: true }
  } else if (header.segment !== segment) {
    // A copy under another name: its letters may come out of the right one too.
    return yield damage(0, file.size, `it is segment ${header.segment} by its header`)
  } else {
    yield { kind: 'header', firstSequence: header.firstSequence }
  }
  yield* scanFrames(file, isLast, Math.max(from, SEGMENT_HEADER_BYTES))
}

function* scanFrames(file: SegmentFile, isLast: boolean, from: number): Generator<SegmentItem> {
  let start = from
  let expected = from === SEGMENT_HEADER_BYTES ? 0 : undefined
  while (start < file.size) {
    const header = frameHeader(file, start)
    if (header === undefined || header.index < (expected ?? 0)) {
      if (isLast && isUnfinished(file, start, FRAME_HEADER_BYTES)) {
        return yield { kind: 'torn', start, end: file.size }
      }
      const next = nextLetter(file, start + 1, expected ?? 0)
      yield damage(start, next.start, `${next.start - start} bytes from byte ${start} on are damaged`)
      start = next.start
      expected = next.index
      continue
    }
    if (expected !== undefined && header.index > expected) {
      yield damage(start, start, `letters are missing before byte ${start}: ${header.index - expected}`)
    }
    expected = header.index + 1

    const end = start + FRAME_HEADER_BYTES + header.payloadLength
    if (end > file.size) {
      if (isLast) return yield { kind: 'torn', start, end: file.size }
      return yield damage(start, file.size, `it ends in the middle of the letter at byte ${start}`)
    }
    const payload = wholePayload(file, start, header)
    yield payload === undefined
      ? { ...damage(start, end, `the letter at byte ${start} is damaged (${end - start} bytes)`), index: header.index }
      : { kind: 'letter', index: header.index, start, end, checksum: header.checksum, payload }
    start = end
  }
}

function damage(start: number, end: number, message: string): Extract<SegmentItem, { kind: 'damage' }> {
  return { kind: 'damage', start, end, message, isNewer: false }
}

function frameHeader(file: SegmentFile, start: number): FrameHeader | undefined {
  const bytes = file.bytes(start, FRAME_HEADER_BYTES)
  return bytes.length < FRAME_HEADER_BYTES ? undefined : readFrameHeader(bytes, start)
}

function wholePayload(file: SegmentFile, start: number, header: FrameHeader): Buffer | undefined {
  const payload = file.bytes(start + FRAME_HEADER_BYTES, header.payloadLength)
  return payload.length === header.payloadLength && crc32c(payload) === header.payloadChecksum ? payload : undefined
}

/** Too short for its header, or zeros to the end: the file grew, but what it was to hold did not come to the disk. */
function isUnfinished(file: SegmentFile, start: number, headerBytes: number): boolean {
  if (file.size - start < headerBytes) return true
  for (let at = start; at < file.size; at += WINDOW_BYTES) {
    if (file.bytes(at, WINDOW_BYTES).some(byte => byte !== 0)) return false
  }
  return true
}

function nextLetter(file: SegmentFile, from: number, indexAtLeast: number): { start: number; index: number } {
  for (let start = from; start + FRAME_HEADER_BYTES <= file.size; start++) {
    const header = frameHeader(file, start)
    if (header === undefined || header.index < indexAtLeast) continue
    if (wholePayload(file, start, header) !== undefined) return { start, index: header.index }
  }
  return { start: file.size, index: indexAtLeast }
}
