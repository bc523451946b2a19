// What else lies in a state folder: the lock, what a run left behind, and what is none of ours.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { checkpointFiles } from '../../state/checkpoint/files.ts'
import { logFolder, segmentNumber } from '../../state/dead-letter-log/layout.ts'
import { lockFile } from '../../state/lock.ts'
import { MASKS } from '../../state/masks.ts'
import { POISON_FILE, POISON_LINE_FILE } from '../../state/poison-notes.ts'
import { isReplayFile, replayFolder } from '../../state/replay/jobs.ts'
import { readRun } from '../../state/run-json.ts'
import { STARTED_WITH } from '../../state/started-with.ts'
import { RUN_DESCRIPTION } from '../../threads/run-description.ts'
import { isSetAside, isStoreFile } from '../../threads/stored.ts'
import type { Check } from '../checks/check.ts'
import { shownPath } from '../checks/state-folders.ts'
import { formatBytes, formatNumberOf } from '../numbers.ts'

const KNOWN = new Set([
  '.gitignore',
  'checkpoint',
  'checkpoint.previous',
  'cut',
  'dead-letters',
  'lock.db',
  MASKS,
  POISON_FILE,
  POISON_LINE_FILE,
  'replays',
  RUN_DESCRIPTION,
  'run.json',
  STARTED_WITH
])

/** Nobody has the folder now. */
export function checkOtherFiles(stateFolder: string): Check[] {
  const checks: Check[] = []
  const { damaged, temporary } = checkpointFiles(stateFolder)
  const names = namesIn(stateFolder)
  if (readRun(stateFolder) !== undefined) {
    const text = 'The last run has not taken its leave: it was killed, or the machine was.'
    checks.push({ level: 'note', name: 'last run', text, facts: { file: join(stateFolder, 'run.json') } })
  }
  for (const name of names) {
    const path = join(stateFolder, name)
    if (path === damaged) {
      checks.push(note('old checkpoint', path, 'is a checkpoint that was damaged, kept for you to look at.'))
    } else if (path === temporary || name.endsWith('.tmp')) {
      checks.push(note('unfinished write', path, 'was not finished when a run ended. It means nothing.'))
    } else if (isSetAside(name)) {
      checks.push(note('old store', path, 'is a database that could not be used, kept for you to look at.'))
    } else if (path === lockFile(stateFolder)) checks.push(...emptyLock(path))
    else if (!KNOWN.has(name) && !isStoreFile(name))
      checks.push(note('other file', path, 'is nothing that this Linescope makes.'))
  }
  checks.push(
    ...strangersIn(logFolder(stateFolder), isLogFile),
    ...strangersIn(replayFolder(stateFolder), isReplayFile)
  )
  const cut = namesIn(join(stateFolder, 'cut')).map(name => join(stateFolder, 'cut', name))
  if (cut.length > 0) {
    const bytes = cut.reduce((sum, path) => sum + statSync(path).size, 0)
    const text = `${formatNumberOf(cut.length, 'file')} (${formatBytes(bytes)}) with what was cut off outputs, in ${shownPath(join(stateFolder, 'cut'))}.`
    checks.push({ level: 'note', name: 'cut off', text, advice: 'Look at them, then delete them.' })
  }
  return checks
}

function isLogFile(name: string): boolean {
  return name === 'lock.db' || segmentNumber(name) !== undefined || segmentNumber(name, 'discards') !== undefined
}

function strangersIn(folder: string, isOurs: (name: string) => boolean): Check[] {
  const strangers = namesIn(folder).filter(name => !isOurs(name))
  return strangers.map(name => {
    const what = name.endsWith('.tmp')
      ? 'was not finished when a command ended. It means nothing.'
      : 'is nothing that this Linescope makes.'
    return note('other file', join(folder, name), what)
  })
}

/** Nothing is ever written to it; what is not empty is no lock to SQLite. */
function emptyLock(path: string): Check[] {
  const { size } = statSync(path)
  if (size === 0) return []
  return [
    {
      level: 'damage',
      name: 'lock',
      text: `${shownPath(path)} has ${formatNumberOf(size, 'byte')}; it must be empty.`,
      advice: 'The next start may be refused. Delete it: nothing is kept in it.',
      facts: { file: path, byte: 0 }
    }
  ]
}

function note(name: string, path: string, what: string): Check {
  return { level: 'note', name, text: `${shownPath(path)} ${what}`, facts: { file: path } }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    // There is none, or somebody else tells why it cannot be read.
    return []
  }
}
