// Which state folder `linescope open` is to show: one that no run has.

import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

import { quote } from '../../base/quote.ts'
import { UserError } from '../../base/user-error.ts'
import { checkPipelineFile } from '../../config/read-pipeline-file.ts'
import { lockFile, tryLock } from '../../state/lock.ts'
import { begunAt } from '../../threads/run-description.ts'
import { shownPath } from '../checks/state-folders.ts'
import { foldersOf, liveRun } from '../scope/find-run.ts'
import { defaultStateRoot } from '../state-root.ts'

export interface FoundFolder {
  readonly folder: string
  /** Those of older runs with other inputs or outputs. */
  readonly others: readonly string[]
}

/** Of several the one that began last. Throws a UserError when there is none, and when a run has it. */
export function findStoredRun(target: string | undefined, state: string | undefined): FoundFolder {
  const isFolder = target !== undefined && statSync(target, { throwIfNoEntry: false })?.isDirectory() === true
  if (isFolder && state !== undefined) {
    throw new UserError(`${quote(target)} is a folder, and --state names one too`, { hint: 'Leave out one of them.' })
  }
  const pipeline = isFolder ? undefined : target
  const given = isFolder ? target : state
  if (pipeline !== undefined) checkPipelineFile(pipeline, process.cwd())
  const folders = foldersOf(pipeline, given).sort((a, b) => begunAt(b) - begunAt(a))
  const [folder, ...others] = folders
  if (folder === undefined) throw nothingThere(pipeline, given)
  refuseWhileOn(folder)
  return { folder, others }
}

function refuseWhileOn(folder: string): void {
  if (!isTaken(folder)) return
  const run = liveRun(folder)
  const who = run === undefined ? '' : ` (process ${run.pid})`
  const where =
    run?.url === undefined
      ? 'It has no dashboard yet, or was started without one: wait for its end.'
      : `Its dashboard is at ${run.url}`
  throw new UserError(`the run in ${quote(shownPath(folder))} is still going on${who}`, { hint: where })
}

/** The lock is looked at only where there is one: nothing is made in the folder. */
function isTaken(folder: string): boolean {
  if (!existsSync(lockFile(folder))) return false
  try {
    const lock = tryLock(folder)
    lock?.release()
    return lock === undefined
  } catch {
    // It may not be written, so nobody can run there.
    return false
  }
}

function nothingThere(pipeline: string | undefined, state: string | undefined): UserError {
  const where = quote(shownPath(state === undefined ? defaultStateRoot(pipeline) : resolve(state)))
  const what = pipeline === undefined ? 'no run' : `no run of ${quote(pipeline)}`
  const hint =
    pipeline === undefined && state === undefined
      ? 'Name the pipeline, or the state folder.'
      : 'Was it started with --state? Then name that folder.'
  return new UserError(`${what} has left anything in ${where}`, { hint })
}
