// Reads the dead letters back, oldest first. Whatever happened to the files, it ends, and every letter that is whole comes
// out; whatever is missing or changed comes out as damage. It only reads: nothing is repaired or deleted here.

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { type LogPosition, logFolder, segmentName } from './layout.ts'
import type { DeadLetter } from './letter.ts'
import { decodeLetter } from './letter-encoding.ts'
import { LogFiles } from './log-files.ts'
import { type SegmentItem, scanSegment } from './segment-file.ts'

export interface StoredLetter {
  readonly kind: 'letter'
  readonly letter: DeadLetter
  /** Number of the letter in the whole log, from 0. Known to be exact unless a segment's header is damaged. */
  readonly sequence: number
  /** Where it begins; a later read can start here. */
  readonly start: LogPosition
  readonly end: LogPosition
}

export interface LogDamage {
  readonly kind: 'damage'
  /** True for what the last write could not finish: it was never committed, and the next writer cuts it off. */
  readonly isTorn: boolean
  readonly start: LogPosition
  readonly byteLength: number
  /** A sentence with the file's name. */
  readonly message: string
}

export interface ReadOptions {
  /** Start of a letter, or an end: what lies before is left out. */
  readonly from?: LogPosition | undefined
  /** What a checkpoint says is there: an end before it is damage. */
  readonly committed?: LogPosition | undefined
}

export function* readDeadLetters(
  stateFolder: string,
  fileSystem: FileSystem = nodeFileSystem,
  { from, committed }: ReadOptions = {}
): Generator<StoredLetter | LogDamage> {
  const files = new LogFiles(logFolder(stateFolder), fileSystem)
  const segments = files.segments()
  const last = segments.at(-1)
  let next = { segment: from?.segment ?? segments[0] ?? 1, sequence: from === undefined ? undefined : Number.NaN }
  let end: LogPosition = { segment: next.segment, length: 0 }

  for (const segment of segments.filter(number => number >= next.segment)) {
    if (segment > next.segment) {
      const missing = segment - next.segment
      yield fault({ segment: next.segment, length: 0 }, 0, `segments are missing before it: ${missing}`, segment)
    }
    const file = files.read(segment)
    try {
      const start = segment === from?.segment ? from.length : 0
      const items = scanSegment(file, segment, segment === last, start)
      const sequence = yield* readSegment(items, segment, next.sequence, start === 0)
      next = { segment: segment + 1, sequence }
      end = { segment, length: file.size }
    } finally {
      file.close()
    }
  }
  if (committed !== undefined && isBefore(end, committed)) {
    const name = segmentName(committed.segment)
    yield fault(end, 0, `${name} is committed up to byte ${committed.length}, and letters of that are missing`)
  }
}

/** Yields what the segment holds and returns the sequence that the next segment must begin with; NaN: not known. */
function* readSegment(
  items: Iterable<SegmentItem>,
  segment: number,
  expected: number | undefined,
  isFromStart: boolean
): Generator<StoredLetter | LogDamage, number> {
  let firstSequence = expected ?? 0
  let count = isFromStart ? 0 : Number.NaN
  let isWhole = true
  for (const item of items) {
    if (item.kind === 'header') {
      if (expected !== undefined && item.firstSequence > expected) {
        const missing = item.firstSequence - expected
        yield fault({ segment, length: 0 }, 0, `letters are missing before it: ${missing}`)
      }
      firstSequence = item.firstSequence
    } else if (item.kind === 'letter') {
      const start = { segment, length: item.start }
      count = item.index + 1
      try {
        const letter = decodeLetter(item.payload)
        const end = { segment, length: item.end }
        yield { kind: 'letter', letter, sequence: firstSequence + item.index, start, end }
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        yield fault(start, item.end - item.start, `the letter at byte ${item.start} cannot be read: ${reason}`)
      }
    } else if (item.kind === 'torn') {
      const byteLength = item.end - item.start
      const message = `its last write stopped halfway, ${byteLength} bytes from byte ${item.start} on are no letter`
      yield { ...fault({ segment, length: item.start }, byteLength, message), isTorn: true }
    } else {
      isWhole = false
      yield fault({ segment, length: item.start }, item.end - item.start, item.message)
    }
  }
  return isWhole ? firstSequence + count : Number.NaN
}

function fault(start: LogPosition, byteLength: number, message: string, segment = start.segment): LogDamage {
  return { kind: 'damage', isTorn: false, start, byteLength, message: `${segmentName(segment)}: ${message}` }
}

function isBefore(a: LogPosition, b: LogPosition): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.length < b.length)
}
