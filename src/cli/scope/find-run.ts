// Finds the run that a command is about: by its address, or by the pipeline through what its state folder says. When no
// process answers for it, what the last one left is there to be read.

import { basename, extname, resolve } from 'node:path'

import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { checkPipelineFile } from '../../config/read-pipeline-file.ts'
import { isAlive } from '../../state/lock.ts'
import { type RunInformation, readRun } from '../../state/run-json.ts'
import { readStart } from '../../state/started-with.ts'
import { stateFoldersIn } from '../../state/state-folder.ts'
import { isStateFolder, shownPath } from '../checks/state-folders.ts'
import { readToken } from '../run-arguments.ts'
import { defaultStateRoot } from '../state-root.ts'
import type { RunChoice } from './arguments.ts'
import { clientFor, RunClient } from './client.ts'
import { Unreachable } from './unreachable.ts'

export interface RunningRun {
  readonly kind: 'running'
  readonly client: RunClient
}

/** No process can be asked; the state folders are there, at least one. */
export interface StoredRun {
  readonly kind: 'stored'
  readonly folders: readonly string[]
  /** Why nobody can be asked: a sentence for people without a full stop. */
  readonly reason: string
  readonly hint: string
}

/** Throws a UserError for arguments that name no single run, and `Unreachable` when there is neither process nor state. */
export async function findRun(pipeline: string | undefined, choice: RunChoice): Promise<RunningRun | StoredRun> {
  if (choice.url !== undefined) return { kind: 'running', client: clientFor(choice.url, givenToken(choice)) }
  if (choice.tokenFile !== undefined) {
    throw new UserError('--token-file goes with --url only', {
      hint: 'The token of a run here is in its state folder.'
    })
  }
  if (pipeline !== undefined) checkPipelineFile(pipeline, process.cwd())
  const folders = foldersOf(pipeline, choice.state)
  const runs = folders.flatMap(folder => {
    const run = liveRun(folder)
    return run === undefined ? [] : [{ folder, run }]
  })
  if (runs.length > 1) throw severalRuns(runs)
  const reason = pipeline === undefined ? 'no run is up' : `no run of ${quote(pipeline)} is up`
  const hint = `Start it: linescope run${pipeline === undefined ? '' : ` ${pipeline}`}`
  if (folders.length === 0) throw nothingThere(reason, hint, pipeline, choice.state)
  if (runs.length === 0) return { kind: 'stored', folders, reason, hint }
  const [{ run, folder }] = runs
  if (run.url !== undefined) {
    const client = new RunClient(run.url, run.token)
    // Whoever has that number now need not be who wrote it: a run that was killed left it there.
    return (await client.isThere()) ? { kind: 'running', client } : { kind: 'stored', folders, reason, hint }
  }
  return {
    kind: 'stored',
    folders: [folder],
    reason: `the run (process ${run.pid}) has no dashboard, so it cannot be asked`,
    hint: 'Start it without --no-dashboard.'
  }
}

/** Throws `Unreachable` when no process can be asked. */
export async function findRunning(pipeline: string | undefined, choice: RunChoice, what: string): Promise<RunClient> {
  const found = await findRun(pipeline, choice)
  if (found.kind === 'running') return found.client
  throw new Unreachable(`${found.reason}, and ${what} known only while it is`, { hint: found.hint })
}

/** What a process that is there still has written. */
export function liveRun(folder: string): RunInformation | undefined {
  const run = readRun(folder)
  return run !== undefined && isAlive(run.pid) ? run : undefined
}

function givenToken({ tokenFile }: RunChoice): string | undefined {
  const token = tokenFile === undefined ? process.env['LINESCOPE_TOKEN'] : readToken(tokenFile)
  return token === '' ? undefined : token
}

/** Of a pipeline, of `state`, or in .linescope here; perhaps none. */
export function foldersOf(pipeline: string | undefined, state: string | undefined): string[] {
  const root = state === undefined ? defaultStateRoot(pipeline) : resolve(state)
  if (state !== undefined && isStateFolder(root)) return [root]
  let folders: string[]
  try {
    folders = stateFoldersIn(root, pipeline === undefined ? undefined : basename(pipeline, extname(pipeline)))
  } catch (cause) {
    const code = systemErrorCode(cause)
    if (code === undefined) throw cause
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new UserError(`the state folder ${quote(root)} cannot be read: ${systemErrorReason(cause)}`, { cause })
  }
  if (pipeline === undefined) return folders
  // `shop.yaml` and `shop.ts` share a name. Where none is right, the folder may have been moved together with its pipeline.
  const own = folders.filter(folder => readStart(folder)?.pipeline === resolve(pipeline))
  return own.length > 0 ? own : folders.filter(folder => liveRun(folder) === undefined)
}

function severalRuns(runs: readonly { readonly folder: string; readonly run: RunInformation }[]): UserError {
  const list = runs.map(({ folder, run }) => `  --state ${shownPath(folder)}   ${run.url ?? 'without a dashboard'}`)
  return new UserError([`${runs.length} runs are up; name one:`, ...list].join('\n'))
}

function nothingThere(
  reason: string,
  hint: string,
  pipeline: string | undefined,
  state: string | undefined
): Unreachable {
  const where = quote(shownPath(state === undefined ? defaultStateRoot(pipeline) : resolve(state)))
  const elsewhere =
    pipeline === undefined && state === undefined
      ? 'Name the pipeline, or the address with --url http://localhost:8000.'
      : 'Was it started with --state? Then name that folder here, too.'
  return new Unreachable(`${reason}, and none has left anything in ${where}`, { hint: `${hint}. ${elsewhere}` })
}
