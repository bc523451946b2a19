// Everything about one state folder that can be told without running. It changes nothing in it.

import { existsSync } from 'node:fs'

import { quote } from '../../base/quote.ts'
import { UserError } from '../../base/user-error.ts'
import { type Lock, lockFile, tryLock } from '../../state/lock.ts'
import { readRun } from '../../state/run-json.ts'
import type { Check } from '../checks/check.ts'
import { shownPath } from '../checks/state-folders.ts'
import { checkPermissions } from '../checks/state-permissions.ts'
import { checkTimes } from '../checks/state-times.ts'
import { checkCheckpoints } from './checkpoint-checks.ts'
import { checkInputs, checkOutputs } from './file-checks.ts'
import { checkLetters } from './letter-checks.ts'
import { checkOtherFiles } from './other-files.ts'
import { checkReplays } from './replay-checks.ts'
import { checkStore } from './store-checks.ts'

/** The pipeline that will go on from the state, as it is now. */
export interface KnownPipeline {
  readonly configHash: string
  readonly isEndless: boolean
}

/** Throws a UserError when a run has the folder. */
export function verifyFolder(stateFolder: string, pipeline?: KnownPipeline, now = Date.now()): Check[] {
  const permissions = checkPermissions(stateFolder)
  const { lock, check } = take(stateFolder)
  try {
    const { checks, used } = checkCheckpoints(stateFolder)
    const time = used === undefined ? [] : [{ of: 'the checkpoint', atMilliseconds: used.atMilliseconds }]
    return [
      ...check,
      permissions,
      ...checks,
      ...(used === undefined ? [] : [...checkInputs(used, pipeline?.isEndless), ...checkOutputs(used)]),
      ...checkLetters(stateFolder, used),
      ...checkReplays(stateFolder),
      ...checkStore(stateFolder),
      ...(used === undefined || used.isComplete || pipeline === undefined || pipeline.configHash === used.configHash
        ? []
        : [CHANGED_PIPELINE]),
      checkTimes([stateFolder], time, now),
      ...checkOtherFiles(stateFolder)
    ]
  } finally {
    lock?.release()
  }
}

const CHANGED_PIPELINE: Check = {
  level: 'warning',
  name: 'pipeline',
  text: 'It has changed since the checkpoint, and the run has not come to its end.',
  advice: 'The next start is refused. To go on with the changed pipeline: --resume. To start over: --fresh.'
}

/** No run may change the folder under us. */
function take(stateFolder: string): { readonly lock: Lock | undefined; readonly check: readonly Check[] } {
  // Where none has ever been, none is made: a folder that was copied without it stays as it is.
  if (!existsSync(lockFile(stateFolder))) return { lock: undefined, check: [] }
  let lock: Lock | undefined
  try {
    lock = tryLock(stateFolder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const text = `The folder cannot be locked (${reason}), so a run may change it meanwhile.`
    return { lock: undefined, check: [{ level: 'note', name: 'lock', text }] }
  }
  if (lock !== undefined) return { lock, check: [] }
  const run = readRun(stateFolder)
  const who = run === undefined ? '' : ` (process ${run.pid})`
  throw new UserError(`a run is using ${quote(shownPath(stateFolder))}${who}`, {
    hint: 'What it has on the disk changes all the time: stop it first.'
  })
}
