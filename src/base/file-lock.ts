// A lock that the kernel frees when the process that has it ends, however it ends: an exclusive SQLite transaction.

import { chmodSync, closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { systemErrorCode } from './system-error.ts'

export interface FileLock {
  release(): void
}

const SQLITE_BUSY = 5

/** Undefined when somebody has it. The file is made when it is missing, and stays. */
export function tryFileLock(file: string): FileLock | undefined {
  makeFile(file)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    // Nothing is ever written to it, so it needs no journal file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if (isBusy(error)) return undefined
    throw error
  }
  const locked = database
  return {
    release: () => {
      if (locked.isOpen) locked.close()
    }
  }
}

/** Private from its first moment. A file that is there is not opened: closing it again would free this process's own lock. */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error
  }
  chmodSync(file, 0o600)
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
