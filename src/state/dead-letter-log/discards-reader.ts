// Which letters of a segment are discarded, and whether the segment itself was removed because all of them were.

import { decodeDiscards } from './discard-encoding.ts'
import { segmentName } from './layout.ts'
import { UnknownVersionError } from './letter-encoding.ts'
import type { LogFiles } from './log-files.ts'
import { scanSegment } from './segment-file.ts'

export interface DiscardDamage {
  readonly offset: number
  readonly byteLength: number
  /** A sentence with the file's name. */
  readonly message: string
  readonly isNewer: boolean
}

export interface Discards {
  has(offset: number, checksum: number): boolean
  readonly isRemoved: boolean
  readonly damage: readonly DiscardDamage[]
}

/** `files` are those of kind `discards`. A record that cannot be read discards nothing: its letters count again. */
export function readDiscards(files: LogFiles, segment: number): Discards {
  const marks = new Map<number, number>()
  const damage: DiscardDamage[] = []
  let isRemoved = false
  const file = files.readIfThere(segment)
  const name = segmentName(segment, 'discards')
  try {
    // The last record may be unfinished: whoever wrote it was killed, and said to nobody that it is done.
    for (const item of file === undefined ? [] : scanSegment(file, segment, true)) {
      if (item.kind === 'damage') {
        const { start, end, message, isNewer } = item
        damage.push({ offset: start, byteLength: end - start, message: `${name}: ${message}`, isNewer })
      } else if (item.kind === 'letter') {
        try {
          const record = decodeDiscards(item.payload)
          if (record.kind === 'segment') isRemoved = true
          for (const { offset, checksum } of record.marks) marks.set(offset, checksum)
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          const message = `${name}: the record at byte ${item.start} cannot be read: ${reason}`
          const isNewer = error instanceof UnknownVersionError
          damage.push({ offset: item.start, byteLength: item.end - item.start, message, isNewer })
        }
      }
    }
  } finally {
    file?.close()
  }
  return { has: (offset, checksum) => marks.get(offset) === checksum, isRemoved, damage }
}
