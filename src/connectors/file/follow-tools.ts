// What following needs of the world besides files, as an object: a test brings its own time and its own notices.

import { watch } from 'node:fs'

import type { FileSystem } from '../../base/file-system.ts'

export interface FollowTools {
  readonly fileSystem: FileSystem
  /** Milliseconds; never goes back. */
  now(): number
  /** Calls once, later; the result calls it off. */
  after(milliseconds: number, act: () => void): () => void
  /**
   * Tells of changes in a folder: with the name in it that changed, or undefined when it is not known. A watch may
   * miss some without a word. Throws, or tells, what made it fail; the result ends it.
   */
  watchFolder(folder: string, changed: (name: string | undefined) => void, failed: (cause: unknown) => void): () => void
}

export function systemFollowTools(fileSystem: FileSystem): FollowTools {
  return {
    fileSystem,
    now: () => performance.now(),
    after(milliseconds, act) {
      const timer = setTimeout(act, milliseconds)
      return () => clearTimeout(timer)
    },
    watchFolder(folder, changed, failed) {
      const watcher = watch(folder, (_event, name) => changed(name ?? undefined))
      watcher.on('error', failed)
      return () => watcher.close()
    }
  }
}
