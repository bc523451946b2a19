// What was renamed in a folder is on the disk once the folder is synced.

import { constants } from 'node:fs'

import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { SourceError } from '../../sdk/errors.ts'

/** Folders that are held open: a shortage of descriptors must not look like a disk that fails. */
export class FolderSyncs {
  private readonly fileSystem: FileSystem
  private readonly held = new Map<string, { readonly descriptor: number; readonly inode: bigint }>()

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem
  }

  /** Throws a SourceError that ends the run: after a failed sync nobody knows what is on the disk. */
  sync(path: string): void {
    const descriptor = this.descriptorOf(path)
    if (descriptor !== undefined) syncFile(this.fileSystem, descriptor, path)
  }

  close(): void {
    for (const { descriptor } of this.held.values()) this.fileSystem.closeSync(descriptor)
    this.held.clear()
  }

  private descriptorOf(path: string): number | undefined {
    try {
      const { ino: inode } = this.fileSystem.statSync(path)
      const held = this.held.get(path)
      if (held?.inode === inode) return held.descriptor
      // It was replaced by another folder.
      if (held !== undefined) this.fileSystem.closeSync(held.descriptor)
      this.held.delete(path)
      const descriptor = this.fileSystem.openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0))
      this.held.set(path, { descriptor, inode })
      return descriptor
    } catch (error) {
      // Windows opens no folders; its file systems keep the order of names by themselves.
      if (process.platform === 'win32') return undefined
      throw failure(path, error)
    }
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
