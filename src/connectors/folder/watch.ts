// Tells that something has happened in a folder. Only a hint that saves waiting: the folder is looked through
// periodically as well, so what the system forgets to tell (a full queue, a network file system) is found all the same.

import { watch } from 'node:fs'

export interface Watcher {
  close(): void
}

/** Throws or calls `failed` where the system cannot watch. */
export type WatchFolder = (path: string, changed: () => void, failed: (cause: Error) => void) => Watcher

export const watchFolder: WatchFolder = (path, changed, failed) => {
  const watcher = watch(path, { encoding: 'buffer', persistent: false }, changed)
  watcher.on('error', cause => {
    watcher.close()
    failed(cause)
  })
  return watcher
}
