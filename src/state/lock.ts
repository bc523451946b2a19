// One run at a time for each state folder: a lock on its `lock.db`.

import { join } from 'node:path'

import { type FileLock, tryFileLock } from '../base/file-lock.ts'
import { systemErrorCode } from '../base/system-error.ts'
import { UserError } from '../base/user-error.ts'
import { readRun } from './run-json.ts'

export type Lock = FileLock

/** Throws a UserError that names the run that has the folder. */
export function acquireLock(stateFolder: string): FileLock {
  let lock: FileLock | undefined
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
export function tryLock(folder: string): FileLock | undefined {
  return tryFileLock(lockFile(folder))
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

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemErrorCode(error) === 'EPERM'
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
}
