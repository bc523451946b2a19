// What was renamed in a folder is on the disk once the folder is synced.

import { constants } from 'node:fs'

import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { SourceError } from '../../sdk/errors.ts'

/** Throws a SourceError that ends the run: after a failed sync nobody knows what is on the disk. */
export function syncFolder(fileSystem: FileSystem, path: string): void {
  let descriptor: number
  try {
    descriptor = fileSystem.openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0))
  } catch (error) {
    // Windows opens no folders; its file systems keep the order of names by themselves.
    if (process.platform === 'win32') return
    throw failure(path, error)
  }
  try {
    fileSystem.fsyncSync(descriptor)
  } catch (error) {
    throw failure(path, error)
  } finally {
    fileSystem.closeSync(descriptor)
  }
}

export function syncFile(fileSystem: FileSystem, descriptor: number, path: string): void {
  try {
    fileSystem.fsyncSync(descriptor)
  } catch (error) {
    throw failure(path, error)
  }
}

function failure(path: string, cause: unknown): SourceError {
  return new SourceError(
    `${quote(path)} could not be made durable: ${systemErrorReason(cause)}. Check the disk, then go on with --resume.`,
    { code: systemErrorCode(cause) ?? 'SYNC_FAILED', retryable: false, cause }
  )
}
