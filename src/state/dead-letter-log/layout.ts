// Where every byte of the dead-letter log lies: an append-only log in segments of about 64 MiB.
//
//   <state folder>/dead-letters/000000000001.dll, …        letters: this page
//                               000000000001.discards, …   which of them count no more: discard-encoding.ts
//
//   segment     0  magic        8 bytes, with a line end that a transfer as text would change
//               8  version      u32
//              12  segment      u32, the number in the file's name
//              16  sequence     f64, of the first letter: letters are numbered from 0 through all segments
//              24  zero         u32
//              28  checksum     u32, CRC-32C of bytes 0 to 27
//              32  frames
//
//   frame       0  length       u32, of the payload
//               4  index        u32, of the letter in this segment, from 0
//               8  checksum     u32, CRC-32C of the payload
//              12  checksum     u32, CRC-32C of bytes 0 to 11, going on from the frame's own offset in the segment
//              16  payload      one letter, see letter-encoding.ts
//
// All numbers are little-endian. What this is for:
// - A flipped bit anywhere is found: every byte is under a checksum. The frame's own checksum tells a damaged length from
//   an unfinished write, and lets a reader step over a damaged letter. It covers the frame's place too, so that a line
//   that happens to hold a piece of such a log is never taken for a letter.
// - Missing bytes are found: the indexes and the sequence have no gaps. Only the end of the last segment needs a position
//   from outside (the checkpoint) to be missed.
// - A segment is only ever appended to, and cut at the start of a frame. A letter never spans two segments.

import { join } from 'node:path'

import { crc32c } from '../../base/crc32c.ts'

/** Bumped with every change of segment or frame; a reader refuses one that it does not know. */
export const LOG_VERSION = 1

/** A segment that holds a letter takes no more that would make it longer than this. */
export const SEGMENT_BYTES = 64 * 1024 * 1024
export const SEGMENT_HEADER_BYTES = 32
export const FRAME_HEADER_BYTES = 16

const MAGIC = Buffer.from('LSDLOG\r\n', 'latin1')

const VERSION_OFFSET = 8
const SEGMENT_OFFSET = 12
const SEQUENCE_OFFSET = 16
const SEGMENT_CHECKSUM_OFFSET = 28

const INDEX_OFFSET = 4
const PAYLOAD_CHECKSUM_OFFSET = 8
const FRAME_CHECKSUM_OFFSET = 12

/** A place in the log: a segment and a number of its bytes. */
export interface LogPosition {
  readonly segment: number
  readonly length: number
}

export interface SegmentHeader {
  readonly version: number
  readonly segment: number
  readonly firstSequence: number
}

export interface FrameHeader {
  readonly payloadLength: number
  readonly index: number
  readonly payloadChecksum: number
  /** Of this header and of the place of the frame, and so of everything in it: what tells this letter from any other. */
  readonly checksum: number
}

/** What a file beside others of its number holds. */
export type LogFileKind = 'dll' | 'discards'

export function logFolder(stateFolder: string): string {
  return join(stateFolder, 'dead-letters')
}

export function segmentName(segment: number, kind: LogFileKind = 'dll'): string {
  return `${String(segment).padStart(12, '0')}.${kind}`
}

/** The number of a segment by its file's name; undefined for any other file. */
export function segmentNumber(name: string, kind: LogFileKind = 'dll'): number | undefined {
  return /^\d{12}\./.test(name) && name.slice(13) === kind ? Number(name.slice(0, 12)) : undefined
}

export function writeSegmentHeader(target: Buffer, start: number, segment: number, firstSequence: number): void {
  target.fill(0, start, start + SEGMENT_HEADER_BYTES)
  target.set(MAGIC, start)
  target.writeUInt32LE(LOG_VERSION, start + VERSION_OFFSET)
  target.writeUInt32LE(segment, start + SEGMENT_OFFSET)
  target.writeDoubleLE(firstSequence, start + SEQUENCE_OFFSET)
  const checksum = crc32c(target, start, start + SEGMENT_CHECKSUM_OFFSET)
  target.writeUInt32LE(checksum, start + SEGMENT_CHECKSUM_OFFSET)
}

/** Undefined when the bytes are not the header of a segment, or a damaged one. */
export function readSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) return undefined
  if (crc32c(bytes, 0, SEGMENT_CHECKSUM_OFFSET) !== bytes.readUInt32LE(SEGMENT_CHECKSUM_OFFSET)) return undefined
  return {
    version: bytes.readUInt32LE(VERSION_OFFSET),
    segment: bytes.readUInt32LE(SEGMENT_OFFSET),
    firstSequence: bytes.readDoubleLE(SEQUENCE_OFFSET)
  }
}

/** For a payload that lies behind the header already; `offset` is the frame's place in its segment. */
export function writeFrameHeader(target: Buffer, start: number, offset: number, index: number, length: number): void {
  const payloadStart = start + FRAME_HEADER_BYTES
  target.writeUInt32LE(length, start)
  target.writeUInt32LE(index, start + INDEX_OFFSET)
  target.writeUInt32LE(crc32c(target, payloadStart, payloadStart + length), start + PAYLOAD_CHECKSUM_OFFSET)
  target.writeUInt32LE(crc32c(target, start, start + FRAME_CHECKSUM_OFFSET, offset), start + FRAME_CHECKSUM_OFFSET)
}

/** Undefined when the bytes are not the header of a frame at this offset of a segment, or a damaged one. */
export function readFrameHeader(bytes: Buffer, offset: number): FrameHeader | undefined {
  const checksum = crc32c(bytes, 0, FRAME_CHECKSUM_OFFSET, offset)
  if (checksum !== bytes.readUInt32LE(FRAME_CHECKSUM_OFFSET)) return undefined
  return {
    payloadLength: bytes.readUInt32LE(0),
    index: bytes.readUInt32LE(INDEX_OFFSET),
    payloadChecksum: bytes.readUInt32LE(PAYLOAD_CHECKSUM_OFFSET),
    checksum
  }
}
