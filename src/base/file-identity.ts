// Which file a path leads to, whatever links lie on the way.

import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'

import type { FileSystem } from './file-system.ts'

/** Equal for two paths of one file as long as it exists. */
export function fileIdentity(status: BigIntStats): string {
  return `${status.dev}:${status.ino}`
}

/** The identity as a number that tells files apart as well as it does: for where only numbers go. */
export function fileNumber(identity: string): number {
  return createHash('sha256').update(identity).digest().readUIntBE(0, 6) + 1
}

/**
 * The one of these paths that leads to the file with this status. A device is nobody's: reading and writing `/dev/null`
 * or a terminal is no loop.
 */
export function outputWithIdentity(
  fileSystem: FileSystem,
  status: BigIntStats,
  outputFiles: readonly string[]
): string | undefined {
  if (!status.isFile() && !status.isFIFO()) return undefined
  const identity = fileIdentity(status)
  return outputFiles.find(path => {
    try {
      return fileIdentity(fileSystem.statSync(path)) === identity
    } catch {
      // Not there yet, so it is not the input.
      return false
    }
  })
}
