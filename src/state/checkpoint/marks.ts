// Marks of a file: hashes of a few bytes at places that tell whether it is still what it was.

import { createHash } from 'node:crypto'

import type { FileSystem } from '../../base/file-system.ts'
import type { Mark } from './checkpoint.ts'

const HEAD_BYTES = 4096
const BEFORE_BYTES = 64

/** Of the first bytes: 4,096, or all when there are fewer. */
export function markHead(fileSystem: FileSystem, descriptor: number): Mark {
  return markOf(readRange(fileSystem, descriptor, 0, HEAD_BYTES))
}

/** Of the 64 bytes before a place, or of all when there are fewer; of none that the file does not have. */
export function markBefore(fileSystem: FileSystem, descriptor: number, position: number): Mark {
  const start = Math.max(0, position - BEFORE_BYTES)
  return markOf(readRange(fileSystem, descriptor, start, position - start))
}

/** Grows with the file no more. */
export function isFullHead(head: Mark): boolean {
  return head.byteCount >= HEAD_BYTES
}

/** Says nothing by chance: so many equal bytes at one place of a file with the same inode. */
export function isStrong(mark: Mark): boolean {
  return mark.byteCount >= BEFORE_BYTES
}

export function hasMark(fileSystem: FileSystem, descriptor: number, start: number, mark: Mark): boolean {
  return markOf(readRange(fileSystem, descriptor, start, mark.byteCount)).sha256 === mark.sha256
}

export function markOf(bytes: Uint8Array): Mark {
  return { byteCount: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Fewer bytes at the end of the file. */
function readRange(fileSystem: FileSystem, descriptor: number, start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const count = fileSystem.readSync(descriptor, bytes, filled, length - filled, start + filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled)
}
