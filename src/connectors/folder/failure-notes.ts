// Why a file could not be read to its end, kept beside it in `underprocess` from the moment of the failure until both are
// in quarantine: a crash in between must not make the file look read. The name holds the inode, which a move keeps.

import { type BigIntStats, constants } from 'node:fs'
import { join } from 'node:path'

import type { FileSystem } from '../../base/file-system.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import { writeFully } from '../../base/write-fully.ts'
import type { Layout } from './layout.ts'
import type { Mover } from './move.ts'
import { fitted, isTemporaryName } from './names.ts'
import { type FolderSyncs, syncFile } from './sync-folder.ts'

const NOTE = /^\.error-(\d+)$/

export class FailureNotes {
  private readonly fileSystem: FileSystem
  private readonly layout: Layout
  private readonly mover: Mover
  private readonly syncs: FolderSyncs

  constructor(fileSystem: FileSystem, layout: Layout, mover: Mover, syncs: FolderSyncs) {
    this.syncs = syncs
    this.fileSystem = fileSystem
    this.layout = layout
    this.mover = mover
  }

  /** It is on the disk when this returns. Fails as the calls do that write it. */
  write(inode: string, text: string): void {
    const path = this.pathOf(inode)
    const descriptor = this.fileSystem.openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o666)
    try {
      const { error } = writeFully(this.fileSystem, descriptor, Buffer.from(text), () => {})
      if (error !== undefined) throw error as Error
      syncFile(this.fileSystem, descriptor, path)
    } finally {
      this.fileSystem.closeSync(descriptor)
    }
    this.syncs.sync(this.layout.underprocess)
  }

  has(inode: string): boolean {
    try {
      this.fileSystem.lstatSync(this.pathOf(inode))
      return true
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return false
      throw error
    }
  }

  /** Its file is read again: what failed then may go well now. */
  discard(inode: string): void {
    try {
      this.fileSystem.unlinkSync(this.pathOf(inode))
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error
    }
  }

  /** Puts the note beside its file in quarantine. */
  follow(inode: string, quarantinedName: string): void {
    this.mover.intoShared(this.pathOf(inode), this.layout.quarantine, fitted(quarantinedName, '.error'))
  }

  /** A crash came after the file was moved, before its note was. */
  bringOrphans(names: readonly string[], isInUnderprocess: (inode: string) => boolean): void {
    for (const name of names) {
      const inode = NOTE.exec(name)?.[1]
      if (inode === undefined || isInUnderprocess(inode)) continue
      this.follow(inode, this.quarantinedName(inode) ?? inode)
    }
  }

  private quarantinedName(inode: string): string | undefined {
    const { fileSystem, layout } = this
    return fileSystem.readdirSync(layout.quarantine).find(name => {
      try {
        return !isTemporaryName(name) && inodeOf(fileSystem.lstatSync(join(layout.quarantine, name))) === inode
      } catch {
        // Somebody has taken it away just now.
        return false
      }
    })
  }

  private pathOf(inode: string): string {
    return join(this.layout.underprocess, `.error-${inode}`)
  }
}

export function inodeOf(status: BigIntStats): string {
  return String(status.ino)
}
