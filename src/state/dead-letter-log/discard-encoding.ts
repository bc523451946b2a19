// A record of discards as bytes and back. It is the payload of a frame in `<segment>.discards`, a file of the same form as
// a segment of letters (layout.ts): framed, numbered, under checksums, only ever appended to.
//
//    0  version        u8
//    1  kind           u8: 1 letters are discarded, 2 the segment is removed
//    2  zero           u16
//    4  atMilliseconds f64
//   12  entries, of 12 bytes each: f64 offset of the letter's frame in the segment, u32 checksum of that frame
//
// A letter is named by its place and by what stands there. Where a log was cut back and written again, an entry names
// nothing any more; it never hides another letter.

import { UnknownVersionError } from './letter-encoding.ts'

/** What tells a letter from any other that ever was in its segment. */
export interface LetterMark {
  /** Of its frame in the segment. */
  readonly offset: number
  /** Of its frame. */
  readonly checksum: number
}

export interface DiscardRecord {
  readonly kind: 'letters' | 'segment'
  /** Since 1970. */
  readonly atMilliseconds: number
  /** None when the segment itself is removed. */
  readonly marks: readonly LetterMark[]
}

const DISCARDS_VERSION = 1
const LETTERS = 1
const SEGMENT = 2
const FIXED_BYTES = 12
const MARK_BYTES = 12

export function discardRecordBytes({ marks }: DiscardRecord): number {
  return FIXED_BYTES + MARK_BYTES * marks.length
}

/** Returns where it ends. */
export function encodeDiscards(target: Buffer, start: number, record: DiscardRecord): number {
  target[start] = DISCARDS_VERSION
  target[start + 1] = record.kind === 'letters' ? LETTERS : SEGMENT
  target.writeUInt16LE(0, start + 2)
  let end = target.writeDoubleLE(record.atMilliseconds, start + 4)
  for (const { offset, checksum } of record.marks) {
    end = target.writeDoubleLE(offset, end)
    end = target.writeUInt32LE(checksum, end)
  }
  return end
}

/** Throws when the bytes are not one whole record of a version that is known here. */
export function decodeDiscards(payload: Buffer): DiscardRecord {
  const version = payload.readUInt8(0)
  if (version !== DISCARDS_VERSION) throw new UnknownVersionError(version)
  const kind = payload.readUInt8(1)
  if (kind !== LETTERS && kind !== SEGMENT) throw new Error(`it is of kind ${kind}, which is none`)
  if ((payload.length - FIXED_BYTES) % MARK_BYTES !== 0) throw new RangeError('it ends in the middle of an entry')
  const marks: LetterMark[] = []
  for (let at = FIXED_BYTES; at < payload.length; at += MARK_BYTES) {
    marks.push({ offset: payload.readDoubleLE(at), checksum: payload.readUInt32LE(at + 8) })
  }
  return { kind: kind === LETTERS ? 'letters' : 'segment', atMilliseconds: payload.readDoubleLE(4), marks }
}
