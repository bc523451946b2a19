// When is a file complete? Its writer does not say, so this is read off its times and size.
//
// - A file that was moved in (or linked, or given its old times as `cp -p`, `rsync` and `tar` do last) has a change of its
//   inode that is younger than its last byte: it is complete at once. An empty one may just have been made, so it waits.
// - Any other is complete when nothing about it has changed for the settle time. By the file's own times where they are
//   in the past; where a clock was set back, by watching it for so long.

import type { BigIntStats } from 'node:fs'

import type { Clock } from './clock.ts'

/** Equal as long as nobody writes to the file. */
export function writtenState(status: BigIntStats): string {
  return `${status.size}:${status.mtimeNs}`
}

/** Equal as long as nothing at all is done to the file. */
export function inodeState(status: BigIntStats): string {
  return `${status.ino}:${status.size}:${status.mtimeNs}:${status.ctimeNs}`
}

export function wasMovedIn(status: BigIntStats): boolean {
  return status.size > 0n && status.ctimeNs > status.mtimeNs
}

/** How long the file must still stay as it is; 0 when it has for long enough. */
export function restMilliseconds(changedNanoseconds: bigint, settleMilliseconds: number, clock: Clock): number {
  const age = Number(clock.wallNanoseconds() - changedNanoseconds) / 1e6
  return Math.max(0, settleMilliseconds - Math.max(0, age))
}
