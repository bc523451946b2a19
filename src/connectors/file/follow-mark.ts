// By what a followed file is known beside its inode, which the next file may get: a hash of its first bytes.

import { createHash } from 'node:crypto'

import type { FileSystem } from '../../base/file-system.ts'

/** SHA-256 in hex, as a checkpoint keeps it. */
export interface HeadMark {
  readonly byteCount: number
  readonly sha256: string
}

export const HEAD_MARK_BYTES = 4096

export function markHead(fileSystem: FileSystem, descriptor: number, byteCount: number): HeadMark {
  const bytes = readRange(fileSystem, descriptor, 0, byteCount)
  return { byteCount: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Holds for a file that has only grown. */
export function hasHead(fileSystem: FileSystem, descriptor: number, mark: HeadMark): boolean {
  return mark.byteCount === 0 || markHead(fileSystem, descriptor, mark.byteCount).sha256 === mark.sha256
}

/** Fewer bytes at the end of the file. */
export function readRange(fileSystem: FileSystem, descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const count = fileSystem.readSync(descriptor, bytes, filled, length - filled, position + filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled)
}
