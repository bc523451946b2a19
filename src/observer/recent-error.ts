// A failed try as its lane has recorded it.

import type { ErrorRecord } from '../shared-memory/index.ts'
import type { LaneReader } from './lane-reader.ts'

export interface RecentError {
  readonly lane: LaneReader
  readonly record: ErrorRecord
}

/** Unix time in milliseconds. */
export function failedAt({ lane, record }: RecentError): number {
  return lane.unixMilliseconds(record.atMilliseconds)
}
