// Reads the dead letters back, oldest first, also while a run writes. Whatever happened to the files, it ends, and every
// letter that is whole and not discarded comes out; whatever is missing or changed comes out as damage. It only reads:
// nothing is repaired or deleted here. It holds one letter at a time, and which letters of one segment are discarded.

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { type DiscardDamage, type Discards, readDiscards, wasRemoved } from './discards-reader.ts'
import { type LogPosition, logFolder, segmentName } from './layout.ts'
import type { DeadLetter } from './letter.ts'
import { decodeLetter, UnknownVersionError } from './letter-encoding.ts'
import { LogFiles } from './log-files.ts'
import { type SegmentItem, scanSegment } from './segment-file.ts'

interface Stored {
  /** Number of the letter in the whole log, from 0. NaN where damage makes it unknown. */
  readonly sequence: number
  /** Where it begins; a later read can start here. */
  readonly start: LogPosition
  readonly end: LogPosition
}

export interface StoredLetter extends Stored {
  readonly kind: 'letter'
  readonly letter: DeadLetter
  /** With its start, tells it from any other letter. */
  readonly checksum: number
}

/** A whole letter that counts no more. */
export interface DiscardedLetter extends Stored {
  readonly kind: 'discarded'
  readonly checksum: number
  /** With `readsDiscarded` only, and where it can be read. */
  readonly letter?: DeadLetter
}

export interface LogDamage {
  readonly kind: 'damage'
  /** True for what the last write could not finish: it was never committed, and the next writer cuts it off. */
  readonly isTorn: boolean
  /** True for what a newer Linescope has written: it is whole, but cannot be read here. */
  readonly isNewer: boolean
  readonly start: LogPosition
  readonly byteLength: number
  /** A sentence with the file's name. */
  readonly message: string
}

export type LogEntry = StoredLetter | DiscardedLetter | LogDamage

export interface ReadOptions {
  /** Start of a letter, or an end: what lies before is left out. */
  readonly from?: LogPosition | undefined
  /** What a checkpoint says is there: an end before it is damage. */
  readonly committed?: LogPosition | undefined
  /** Also what discarded letters hold is read. */
  readonly readsDiscarded?: boolean
}

export function* readDeadLetters(
  stateFolder: string,
  fileSystem: FileSystem = nodeFileSystem,
  { from, committed, readsDiscarded = false }: ReadOptions = {}
): Generator<LogEntry> {
  const files = new LogFiles(logFolder(stateFolder), fileSystem)
  const discardFiles = new LogFiles(logFolder(stateFolder), fileSystem, 'discards')
  const segments = files.segments()
  const first = yield* firstKept(discardFiles, segments[0])
  const isFromInside = from !== undefined && from.segment >= first
  // Of the first segment of all the sequence is known; behind removed ones its header says it.
  let next = isFromInside
    ? { segment: from.segment, sequence: Number.NaN }
    : { segment: first, sequence: first === 1 ? 0 : Number.NaN }
  let end: LogPosition = { segment: next.segment, length: 0 }

  for (const segment of segments.filter(number => number >= next.segment)) {
    if (segment > next.segment) {
      const missing = segment - next.segment
      yield fault({ segment: next.segment, length: 0 }, 0, `segments are missing before it: ${missing}`, segment)
    }
    const discards = readDiscards(discardFiles, segment)
    for (const damage of discards.damage) yield discardFault(segment, damage)
    const file = files.readIfThere(segment)
    if (file === undefined) {
      // Gone since the folder was listed.
      if (!wasRemoved(discardFiles, segment)) {
        yield fault({ segment, length: 0 }, 0, 'it was deleted while the log was read')
      }
      next = { segment: segment + 1, sequence: Number.NaN }
      continue
    }
    try {
      const start = isFromInside && segment === from.segment ? from.length : 0
      const items = scanSegment(file, segment, segment === segments.at(-1), start)
      const sequence = yield* readSegment(items, segment, next.sequence, start === 0, { ...discards, readsDiscarded })
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

/** Number of the segment that the log begins with, those before it having been removed when all in them was discarded. */
function* firstKept(discardFiles: LogFiles, firstThere: number | undefined): Generator<LogDamage, number> {
  const before = discardFiles.segments().findLast(number => firstThere !== undefined && number < firstThere)
  if (before === undefined) {
    // Those before it may be gone since the folder was listed, and what said so with them.
    return firstThere !== undefined && wasRemoved(discardFiles, firstThere) ? firstThere : 1
  }
  const discards = readDiscards(discardFiles, before)
  for (const damage of discards.damage) yield discardFault(before, damage)
  return discards.isRemoved ? before + 1 : 1
}

type DiscardsToRead = Pick<Discards, 'marks'> & Required<Pick<ReadOptions, 'readsDiscarded'>>

/** Yields what the segment holds and returns the sequence that the next segment must begin with; NaN: not known. */
function* readSegment(
  items: Iterable<SegmentItem>,
  segment: number,
  expected: number,
  isFromStart: boolean,
  discards: DiscardsToRead
): Generator<LogEntry, number> {
  let firstSequence = expected
  let count = isFromStart ? 0 : Number.NaN
  let isWhole = true
  for (const item of items) {
    if (item.kind === 'header') {
      if (item.firstSequence > expected) {
        const missing = item.firstSequence - expected
        yield fault({ segment, length: 0 }, 0, `letters are missing before it: ${missing}`)
      }
      firstSequence = item.firstSequence
    } else if (item.kind === 'letter') {
      count = item.index + 1
      yield storedOf(item, segment, firstSequence + item.index, discards)
    } else if (item.kind === 'torn') {
      const byteLength = item.end - item.start
      const message = `its last write stopped halfway, ${byteLength} bytes from byte ${item.start} on are no letter`
      yield { ...fault({ segment, length: item.start }, byteLength, message), isTorn: true }
    } else {
      isWhole = false
      const { isNewer } = item
      yield { ...fault({ segment, length: item.start }, item.end - item.start, item.message), isNewer }
    }
  }
  return isWhole ? firstSequence + count : Number.NaN
}

function storedOf(
  item: Extract<SegmentItem, { kind: 'letter' }>,
  segment: number,
  sequence: number,
  { marks, readsDiscarded }: DiscardsToRead
): LogEntry {
  const start = { segment, length: item.start }
  const end = { segment, length: item.end }
  const { checksum } = item
  const isDiscarded = marks.get(item.start) === checksum
  if (isDiscarded && !readsDiscarded) return { kind: 'discarded', sequence, start, end, checksum }
  try {
    const letter = decodeLetter(item.payload)
    return { kind: isDiscarded ? 'discarded' : 'letter', letter, sequence, start, end, checksum }
  } catch (error) {
    if (isDiscarded) return { kind: 'discarded', sequence, start, end, checksum }
    const reason = error instanceof Error ? error.message : String(error)
    const message = `the letter at byte ${item.start} cannot be read: ${reason}`
    return { ...fault(start, item.end - item.start, message), isNewer: error instanceof UnknownVersionError }
  }
}

function fault(start: LogPosition, byteLength: number, message: string, segment = start.segment): LogDamage {
  const text = `${segmentName(segment)}: ${message}`
  return { kind: 'damage', isTorn: false, isNewer: false, start, byteLength, message: text }
}

/** At the start of the segment that the discards are of. */
function discardFault(segment: number, { byteLength, message, isNewer }: DiscardDamage): LogDamage {
  return { kind: 'damage', isTorn: false, isNewer, start: { segment, length: 0 }, byteLength, message }
}

function isBefore(a: LogPosition, b: LogPosition): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.length < b.length)
}
