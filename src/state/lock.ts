// One run at a time for each state folder. The lock is an exclusive SQLite transaction on `lock.db`: the kernel frees it
// when the process ends, however it ends, so it is never left behind.

import { chmodSync, closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { systemErrorCode } from '../base/system-error.ts'
import { UserError } from '../base/user-error.ts'
import { readRun } from './run-json.ts'

export interface Lock {
  release(): void
}

const SQLITE_BUSY = 5

/** Throws a UserError that names the run that has the folder. */
export function acquireLock(stateFolder: string): Lock {
  let lock: Lock | undefined
  try {
    lock = tryLock(stateFolder)
  } catch (error) {
    throw new UserError(`The state folder ${stateFolder} cannot be locked: ${reasonOf(error)}.`, {
      hint: 'Name another place with --state DIR.',
      cause: error
    })
  }
  if (lock === undefined) throw heldByAnother(stateFolder)
  return lock
}

export function lockFile(folder: string): string {
  return join(folder, 'lock.db')
}

/** The lock of a folder that something else than a run may have too; undefined when somebody has it. */
export function tryLock(folder: string): Lock | undefined {
  const file = lockFile(folder)
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

function heldByAnother(stateFolder: string): UserError {
  const run = readRun(stateFolder)
  const isKnown = run !== undefined && isAlive(run.pid)
  const who = isKnown
    ? `process ${run.pid}, since ${new Date(run.startedAtMilliseconds).toISOString()}`
    : 'it has only just begun'
  const where = isKnown && run.url !== undefined ? ` Its dashboard is at ${run.url}.` : ''
  return new UserError(`The same pipeline with the same sources and sinks is running already (${who}).${where}`, {
    hint: `Stop that one first${isKnown ? ` (kill ${run.pid})` : ''}, or give this run a state of its own with --state DIR.`
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemErrorCode(error) === 'EPERM'
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
}
