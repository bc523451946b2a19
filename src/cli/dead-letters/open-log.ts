// Finds the dead letters that a command is to show: by the pipeline, as `run` keeps them, or by `--state`.

import { existsSync } from 'node:fs'
import { basename, extname, join, relative, resolve } from 'node:path'

import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { checkPipelineFile } from '../../config/read-pipeline-file.ts'
import { logFolder } from '../../state/dead-letter-log/layout.ts'
import { readDeadLetters } from '../../state/dead-letter-log/reader.ts'
import { stateFoldersIn } from '../../state/state-folder.ts'
import { createReveal } from '../../threads/reveal.ts'
import { defaultStateRoot } from '../state-root.ts'
import { placeOf, type Reveal, timeOf } from './letter-text.ts'
import { masksFor } from './masks.ts'

export interface OpenLog {
  readonly stateFolder: string
  /** As a person would write the folder. */
  readonly shownAs: string
  /** Masks what the run masked. */
  readonly reveal: Reveal
}

/** Throws a UserError when there is no such log, or when there are several. */
export async function openLog(pipeline: string | undefined, state: string | undefined): Promise<OpenLog> {
  if (pipeline !== undefined) checkPipelineFile(pipeline, process.cwd())
  const stateFolder = findStateFolder(pipeline, state)
  const shownAs = shownPath(stateFolder)
  const { secrets, redaction } = await masksFor(pipeline, stateFolder, shownAs)
  return { stateFolder, shownAs, reveal: createReveal(secrets, redaction) }
}

function findStateFolder(pipeline: string | undefined, state: string | undefined): string {
  const root = state === undefined ? defaultStateRoot(pipeline) : resolve(state)
  if (state !== undefined && isStateFolder(root)) return root
  const name = pipeline === undefined ? undefined : basename(pipeline, extname(pipeline))
  const folders = foldersIn(root, name, pipeline, state)
  const withLetters = folders.filter(folder => existsSync(logFolder(folder)))
  if (withLetters.length > 1) throw ambiguous(withLetters)
  const [found = folders[0]] = withLetters
  if (found !== undefined) return found
  const others = name === undefined ? [] : foldersIn(root, undefined, pipeline, state)
  const what = pipeline === undefined ? 'no run' : `no run of ${quote(pipeline)}`
  throw new UserError(`${what} has left anything in ${quote(shownPath(root))}`, {
    hint:
      others.length > 0
        ? `Of other pipelines there is ${others.map(shownPath).join(', ')}: name one with --state FOLDER.`
        : 'Was it run with --state? Then name that folder here, too.'
  })
}

/** A folder of one run, not one that holds such folders. */
function isStateFolder(folder: string): boolean {
  return existsSync(join(folder, 'lock.db')) || existsSync(logFolder(folder))
}

function foldersIn(
  root: string,
  name: string | undefined,
  pipeline: string | undefined,
  state: string | undefined
): string[] {
  try {
    return stateFoldersIn(root, name)
  } catch (cause) {
    const code = systemErrorCode(cause)
    if (code === undefined) throw cause
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new UserError(`the state folder ${quote(root)} cannot be read: ${systemErrorReason(cause)}`, { cause })
    }
    const hint =
      pipeline === undefined && state === undefined
        ? 'Name the pipeline, or its state folder with --state FOLDER.'
        : 'It is made by the first run. Was that run with --state? Then name that folder here, too.'
    throw new UserError(`there is no state folder ${quote(shownPath(root))}`, { hint, cause })
  }
}

function ambiguous(folders: readonly string[]): UserError {
  const list = folders.map(folder => `  --state ${shownPath(folder)}   ${whatIsIn(folder)}`)
  return new UserError(
    [`dead letters of ${folders.length} runs with different sources or sinks are here; name one:`, ...list].join('\n')
  )
}

/** Enough to tell one log from another. */
function whatIsIn(folder: string): string {
  for (const entry of readDeadLetters(folder)) {
    if (entry.kind === 'letter') return `first: ${placeOf(entry.letter)}, ${timeOf(entry.letter.atMilliseconds)}`
  }
  return 'no letters'
}

function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere === '' ? '.' : fromHere.startsWith('..') ? path : fromHere
}
