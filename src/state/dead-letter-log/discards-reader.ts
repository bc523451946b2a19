// Which letters of a segment are discarded, and whether the segment itself was deleted because all of them were.

import { decodeDiscards } from './discard-encoding.ts'
import { segmentName } from './layout.ts'
import { UnknownVersionError } from './letter-encoding.ts'
import type { LogFiles } from './log-files.ts'
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
  readonly damage: readonly DiscardDamage[]
}

/** `files` are those of kind `discards`. What cannot be read discards nothing: its letters count again. */
export function readDiscards(files: LogFiles, segment: number): Discards {
  const damage: DiscardDamage[] = []
  let marks: ReadonlyMap<number, number> = new Map()
  let isRemoved = false
  let hasRecord = false
  const file = files.readIfThere(segment)
  if (file === undefined) return { marks, isRemoved, damage }
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
        } else ({ marks, isRemoved } = record)
      }
    }
    if (!hasRecord && damage.length === 0) note(0, 'it ends behind its header', false)
  } finally {
    file.close()
  }
  return { marks, isRemoved, damage }
}

function decode({ payload }: Extract<SegmentItem, { kind: 'letter' }>): ReturnType<typeof decodeDiscards> | Error {
  try {
    return decodeDiscards(payload)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
