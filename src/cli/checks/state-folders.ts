// Which state folders a command is about: those of a pipeline, of `--state`, or of the current folder.

import { existsSync } from 'node:fs'
import { basename, extname, relative, resolve } from 'node:path'

import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { checkpointFiles } from '../../state/checkpoint/files.ts'
import { logFolder } from '../../state/dead-letter-log/layout.ts'
import { lockFile } from '../../state/lock.ts'
import { stateFoldersIn } from '../../state/state-folder.ts'
import { defaultStateRoot } from '../state-root.ts'

/** At least one. Throws a UserError when there is none. */
export function findStateFolders(pipeline: string | undefined, state: string | undefined): string[] {
  const root = state === undefined ? defaultStateRoot(pipeline) : resolve(state)
  if (state !== undefined && isStateFolder(root)) return [root]
  const name = pipeline === undefined ? undefined : basename(pipeline, extname(pipeline))
  const folders = foldersIn(root, name)
  if (folders.length > 0) return folders
  const what = pipeline === undefined ? 'no run' : `no run of ${quote(pipeline)}`
  throw new UserError(`${what} has left anything in ${quote(shownPath(root))}`, {
    hint: 'Was it run with --state? Then name that folder here, too.'
  })
}

/** As a person would write it. */
export function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere === '' ? '.' : fromHere.startsWith('..') ? path : fromHere
}

/** A folder of one run, not one that holds such folders. */
export function isStateFolder(folder: string): boolean {
  const { current, previous } = checkpointFiles(folder)
  return [lockFile(folder), current, previous, logFolder(folder)].some(path => existsSync(path))
}

function foldersIn(root: string, name: string | undefined): string[] {
  try {
    return stateFoldersIn(root, name)
  } catch (cause) {
    const code = systemErrorCode(cause)
    if (code === undefined) throw cause
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new UserError(`there is no state folder ${quote(shownPath(root))}`, {
        hint: 'The first run makes it. Name the pipeline, or the state folder with --state FOLDER.',
        cause
      })
    }
    throw new UserError(`the state folder ${quote(root)} cannot be read: ${systemErrorReason(cause)}`, { cause })
  }
}
