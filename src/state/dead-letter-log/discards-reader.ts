// Which letters of a segment are discarded, and whether the segment itself was deleted because all of them were.

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { type Dropped, decodeDiscards, NOTHING_DROPPED } from './discard-encoding.ts'
import { logFolder, segmentName } from './layout.ts'
import { UnknownVersionError } from './letter-encoding.ts'
import { LogFiles } from './log-files.ts'
import { type SegmentItem, scanSegment } from './segment-file.ts'

export interface DiscardDamage {
  readonly byteLength: number
  /** A sentence with the file's name. */
  readonly message: string
  /** Not damaged, but of a format that is not known here. */
  readonly isNewer: boolean
}

export interface Discards {
  /** Checksums of the frames of discarded letters, by their offsets. */
  readonly marks: ReadonlyMap<number, number>
  readonly isRemoved: boolean
  /** Where it is removed: what was dropped up to here. */
  readonly dropped: Dropped
  readonly damage: readonly DiscardDamage[]
}

/** `files` are those of kind `discards`. What cannot be read discards nothing: its letters count again. */
export function readDiscards(files: LogFiles, segment: number): Discards {
  const damage: DiscardDamage[] = []
  let marks: ReadonlyMap<number, number> = new Map()
  let isRemoved = false
  let dropped = NOTHING_DROPPED
  let hasRecord = false
  const file = files.readIfThere(segment)
  if (file === undefined) return { marks, isRemoved, dropped, damage }
  const note = (byteLength: number, message: string, isNewer: boolean): void => {
    damage.push({ byteLength, message: `${segmentName(segment, 'discards')}: ${message}`, isNewer })
  }
  try {
    for (const item of scanSegment(file, segment, false)) {
      if (item.kind === 'damage') note(item.end - item.start, item.message, item.isNewer)
      else if (item.kind === 'letter') {
        hasRecord = true
        const record = decode(item)
        if (record instanceof Error) {
          note(item.end - item.start, `it cannot be read: ${record.message}`, record instanceof UnknownVersionError)
        } else ({ marks, isRemoved, dropped } = record)
      }
    }
    if (!hasRecord && damage.length === 0) note(0, 'it ends behind its header', false)
  } finally {
    file.close()
  }
  return { marks, isRemoved, dropped, damage }
}

function decode({ payload }: Extract<SegmentItem, { kind: 'letter' }>): ReturnType<typeof decodeDiscards> | Error {
  try {
    return decodeDiscards(payload)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** True when this segment was deleted: the oldest always go first, and of those that are gone the last one says it. */
export function wasRemoved(files: LogFiles, segment: number): boolean {
  return files.segments().some(number => number >= segment && readDiscards(files, number).isRemoved)
}

/** Letters that counted and were deleted to make room, in all the time of the log. */
export function readDropped(stateFolder: string, fileSystem: FileSystem = nodeFileSystem): Dropped {
  const files = new LogFiles(logFolder(stateFolder), fileSystem, 'discards')
  for (const segment of files.segments().reverse()) {
    const { isRemoved, dropped } = readDiscards(files, segment)
    if (isRemoved) return dropped
  }
  return NOTHING_DROPPED
}
