// The state folders that are there already, as checks.

import { existsSync } from 'node:fs'
import { basename } from 'node:path'

import { lockFile, tryLock } from '../../state/lock.ts'
import { readRun } from '../../state/run-json.ts'
import { type Check, isFault } from '../checks/check.ts'
import { shownPath } from '../checks/state-folders.ts'
import { checkPermissions } from '../checks/state-permissions.ts'
import { checkTimes, type KnownTime } from '../checks/state-times.ts'
import { checkCheckpoints } from '../verify/checkpoint-checks.ts'

/** `folders` need not be there: before its first run a pipeline has none. */
export function checkStates(folders: readonly string[], now = Date.now()): Check[] {
  const there = folders.filter(folder => existsSync(folder))
  return [...there.flatMap(checkState), checkClock(there, now)]
}

function checkState(folder: string, _index: number, { length }: readonly string[]): Check[] {
  const name = basename(folder)
  return [checkPermissions(folder), checkLock(folder), checkCheckpoint(folder)].map(check => ({
    ...check,
    text: length === 1 ? check.text : `${name}: ${check.text}`,
    facts: { state_folder: name, ...check.facts }
  }))
}

function checkLock(folder: string): Check {
  const run = readRun(folder)
  const facts = { is_running: false, pid: null }
  if (!existsSync(lockFile(folder))) return { level: 'ok', name: 'lock', text: 'Nobody has it.', facts }
  try {
    const lock = tryLock(folder)
    if (lock !== undefined) {
      lock.release()
      return { level: 'ok', name: 'lock', text: 'Nobody has it.', facts }
    }
  } catch (error) {
    const text = `${shownPath(folder)} cannot be locked: ${error instanceof Error ? error.message : String(error)}.`
    const advice = 'Every start is refused until it can. Make it writable, or take another place with --state FOLDER.'
    return { level: 'broken', name: 'lock', text, advice, facts }
  }
  const who =
    run === undefined
      ? 'A run'
      : `Process ${run.pid}, a run since ${new Date(run.startedAtMilliseconds).toISOString()},`
  return {
    level: 'note',
    name: 'lock',
    text: `${who} has ${shownPath(folder)}: a second one is refused.`,
    facts: { is_running: true, pid: run?.pid ?? null }
  }
}

function checkCheckpoint(folder: string): Check {
  const { checks } = checkCheckpoints(folder)
  const fault = checks.find(isFault)
  if (fault === undefined) return checks[0]
  return { ...fault, level: 'warning', advice: `${fault.advice ?? ''} See linescope verify.`.trim() }
}

function checkClock(folders: readonly string[], now: number): Check {
  const known: KnownTime[] = []
  for (const folder of folders) {
    const { used } = checkCheckpoints(folder)
    if (used !== undefined) known.push({ of: 'the checkpoint', atMilliseconds: used.atMilliseconds })
    const run = readRun(folder)
    if (run !== undefined) known.push({ of: 'the start of the last run', atMilliseconds: run.startedAtMilliseconds })
  }
  return checkTimes(folders, known, now)
}
