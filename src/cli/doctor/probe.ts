// Tries in a folder what a run does there: syncs, links, renames. What it makes it takes away again.

import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync
} from 'node:fs'
import { dirname, join } from 'node:path'

import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { makePrivateFolder } from '../../state/private-files.ts'

export interface Probe {
  /** Of each fdatasync after 4 KiB were written. */
  readonly syncSeconds: readonly number[]
  /** Of all that one commit does to the checkpoint. */
  readonly commitSeconds: number
  /** Undefined: it works. Else what the system said. */
  readonly linkFailure: string | undefined
  readonly folderSyncFailure: string | undefined
}

const SYNCS = 20
const BUDGET_MILLISECONDS = 1000
const BLOCK = Buffer.alloc(4096, 'linescope doctor\n')

/** Throws what the system says when nothing can be written there. */
export function probeFolder(folder: string): Probe {
  const made = makeFolders(folder)
  const path = join(folder, `doctor-${process.pid}.tmp`)
  const others = ['a', 'b'].map(suffix => `${path}.${suffix}`)
  try {
    const syncSeconds = measureSyncs(path)
    const linkFailure = failureOf(() => linkSync(path, others[0]))
    const folderSyncFailure = failureOf(() => syncFolder(folder))
    return { syncSeconds, commitSeconds: measureCommit(folder, path, others[1]), linkFailure, folderSyncFailure }
  } finally {
    for (const file of [path, ...others]) rmSync(file, { force: true })
    removeFolders(made)
  }
}

function measureSyncs(path: string): number[] {
  const descriptor = openSync(path, 'wx', 0o600)
  const seconds: number[] = []
  try {
    const startedAt = performance.now()
    while (seconds.length < SYNCS && performance.now() - startedAt < BUDGET_MILLISECONDS) {
      writeSync(descriptor, BLOCK)
      const before = performance.now()
      fdatasyncSync(descriptor)
      seconds.push((performance.now() - before) / 1000)
    }
  } finally {
    closeSync(descriptor)
  }
  return seconds.sort((a, b) => a - b)
}

function measureCommit(folder: string, path: string, temporary: string): number {
  const startedAt = performance.now()
  const descriptor = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(descriptor, BLOCK)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, path)
  failureOf(() => syncFolder(folder))
  return (performance.now() - startedAt) / 1000
}

function syncFolder(folder: string): void {
  // Windows opens no folders; its file systems keep names by themselves.
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function failureOf(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error
    return systemErrorReason(error)
  }
}

/** Returns those that were not there, the innermost first. */
function makeFolders(folder: string): string[] {
  const missing: string[] = []
  for (let path = folder; !existsSync(path); path = dirname(path)) missing.push(path)
  makePrivateFolder(folder)
  return missing
}

function removeFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      rmdirSync(folder)
    } catch {
      // A run has begun there meanwhile.
      return
    }
  }
}
