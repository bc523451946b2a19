// Which letters of a segment are discarded, as the bytes of the file `<segment>.discards`: a segment by its form
// (layout.ts) that holds one frame, whose payload is
//
//    0  version        u8
//    1  isRemoved      u8: 1 when the segment was deleted, because all of its letters were discarded
//    2  zero           u16
//    4  atMilliseconds f64
//   12  droppedLetters f64: with a segment that was deleted, how many letters that counted were deleted to make room,
//                      in it and in all before it
//   20  droppedBytes   f64: of the segments with such letters
//   28  marks, of 12 bytes each: f64 offset of the letter's frame in the segment, u32 checksum of that frame
//
// A letter is named by its place and by what stands there. Where a log was cut back and written again, a mark names
// nothing any more; it never hides another letter. The file is replaced as a whole, so that it is never found half
// written: a byte that is missing is damage like one that is wrong.

import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, writeFrameHeader, writeSegmentHeader } from './layout.ts'
import { UnknownVersionError } from './letter-encoding.ts'

/** What was deleted to make room though it counted, since the log began. */
export interface Dropped {
  readonly letters: number
  /** Of the segments that held them. */
  readonly bytes: number
}

export const NOTHING_DROPPED: Dropped = { letters: 0, bytes: 0 }

export interface DiscardRecord {
  readonly isRemoved: boolean
  /** Of the last change, since 1970. */
  readonly atMilliseconds: number
  /** Checksums of the frames of discarded letters, by their offsets. */
  readonly marks: ReadonlyMap<number, number>
  /** Told by the newest segment that was deleted. */
  readonly dropped: Dropped
}

const DISCARDS_VERSION = 2
const FIXED_BYTES = 28
/** Of the version before, which knew of nothing that is dropped. */
const FIXED_BYTES_1 = 12
const MARK_BYTES = 12

/** The whole file. */
export function encodeDiscards(segment: number, { isRemoved, atMilliseconds, marks, dropped }: DiscardRecord): Buffer {
  const payloadBytes = FIXED_BYTES + MARK_BYTES * marks.size
  const start = SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES
  const bytes = Buffer.alloc(start + payloadBytes)
  bytes[start] = DISCARDS_VERSION
  bytes[start + 1] = isRemoved ? 1 : 0
  let end = bytes.writeDoubleLE(atMilliseconds, start + 4)
  end = bytes.writeDoubleLE(dropped.letters, end)
  end = bytes.writeDoubleLE(dropped.bytes, end)
  for (const [offset, checksum] of marks) {
    end = bytes.writeDoubleLE(offset, end)
    end = bytes.writeUInt32LE(checksum, end)
  }
  writeSegmentHeader(bytes, 0, segment, 0)
  writeFrameHeader(bytes, SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES, 0, payloadBytes)
  return bytes
}

/** Throws when the bytes are not one whole payload of a version that is known here. */
export function decodeDiscards(payload: Buffer): DiscardRecord {
  const version = payload.readUInt8(0)
  if (version !== DISCARDS_VERSION && version !== 1) throw new UnknownVersionError(version)
  const fixedBytes = version === 1 ? FIXED_BYTES_1 : FIXED_BYTES
  if ((payload.length - fixedBytes) % MARK_BYTES !== 0) throw new RangeError('it ends in the middle of a mark')
  const marks = new Map<number, number>()
  for (let at = fixedBytes; at < payload.length; at += MARK_BYTES) {
    marks.set(payload.readDoubleLE(at), payload.readUInt32LE(at + 8))
  }
  const dropped =
    version === 1
      ? NOTHING_DROPPED
      : { letters: payload.readDoubleLE(FIXED_BYTES_1), bytes: payload.readDoubleLE(FIXED_BYTES_1 + 8) }
  return { isRemoved: payload.readUInt8(1) === 1, atMilliseconds: payload.readDoubleLE(4), marks, dropped }
}
