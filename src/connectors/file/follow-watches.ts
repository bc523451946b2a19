// Notices of the system that something changed in a folder. They only make things faster: what they miss is found by
// looking again, and where they do not work that is all there is.

import { fileIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import type { FollowTools } from './follow-tools.ts'

// Notices are scarce in the system: beyond so many folders the others are only looked at.
const MAX_FOLDERS = 1000

interface Watch {
  readonly identity: string
  readonly close: () => void
}

export class FollowWatches {
  private readonly tools: FollowTools
  private readonly fileSystem: FileSystem
  private readonly log: (message: string) => void
  private readonly changed: (folder: string, name: string | undefined) => void
  private readonly watches = new Map<string, Watch>()
  private folders: ReadonlySet<string> = new Set()
  private hasFailed = false

  constructor(
    tools: FollowTools,
    log: (message: string) => void,
    changed: (folder: string, name: string | undefined) => void
  ) {
    this.tools = tools
    this.fileSystem = tools.fileSystem
    this.log = log
    this.changed = changed
  }

  watchOnly(folders: ReadonlySet<string>): void {
    this.folders = folders
    for (const folder of this.watches.keys()) if (!folders.has(folder)) this.end(folder)
    this.renew()
  }

  /** A folder that was made anew, or is there at last, gets a watch of its own. */
  renew(): void {
    if (this.hasFailed) return
    let left = MAX_FOLDERS
    for (const folder of this.folders) {
      if (left-- === 0) return
      const identity = this.identityOf(folder)
      const watch = this.watches.get(folder)
      if (watch?.identity === identity) continue
      this.end(folder)
      if (identity === undefined) continue
      if (!this.begin(folder, identity)) return
      // What happened before the watch worked was not told.
      if (watch !== undefined) this.changed(folder, undefined)
    }
  }

  close(): void {
    for (const folder of [...this.watches.keys()]) this.end(folder)
    this.hasFailed = true
  }

  /** False when no watch works any more. */
  private begin(folder: string, identity: string): boolean {
    try {
      const close = this.tools.watchFolder(
        folder,
        name => this.changed(folder, name),
        cause => {
          this.end(folder)
          if (!isOfFolder(cause)) this.fail(cause)
        }
      )
      this.watches.set(folder, { identity, close })
      return true
    } catch (cause) {
      if (isOfFolder(cause)) return true
      this.fail(cause)
      return false
    }
  }

  private fail(cause: unknown): void {
    if (this.hasFailed) return
    this.close()
    this.log(
      `the system tells of no changes in folders (${systemErrorReason(cause)}): files are looked at every second instead.`
    )
  }

  private end(folder: string): void {
    const watch = this.watches.get(folder)
    this.watches.delete(folder)
    watch?.close()
  }

  private identityOf(folder: string): string | undefined {
    try {
      return fileIdentity(this.fileSystem.statSync(folder))
    } catch {
      return undefined
    }
  }
}

/** It is gone again, or not ours to look into: the next time tries again. Others have watches still. */
function isOfFolder(cause: unknown): boolean {
  const code = systemErrorCode(cause)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EPERM'
}
