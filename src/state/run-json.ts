// `run.json` in the state folder: what a command must know to reach the run that is going on. It holds the dashboard's
// token, so only the owner may read it.

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { writePrivateFile } from './private-files.ts'

export interface RunInformation {
  readonly pid: number
  /** Since 1970. */
  readonly startedAtMilliseconds: number
  /** Of the dashboard; undefined without one. */
  readonly url: string | undefined
  /** For changes through the dashboard; undefined without one. */
  readonly token: string | undefined
}

/** Tells commands about this run. Call the returned function at the end of the run: it takes the file away. */
export function writeRun(stateFolder: string, run: RunInformation): () => void {
  writePrivateFile(runFile(stateFolder), `${JSON.stringify(run, undefined, 2)}\n`)
  return () => {
    // The next run may have begun already.
    if (readRun(stateFolder)?.pid === run.pid) rmSync(runFile(stateFolder), { force: true })
  }
}

/** What the last run wrote; undefined when it took its leave, or when the file is no such file. A run that was killed leaves it behind. */
export function readRun(stateFolder: string): RunInformation | undefined {
  let run: unknown
  try {
    run = JSON.parse(readFileSync(runFile(stateFolder), 'utf8'))
  } catch {
    return undefined
  }
  if (typeof run !== 'object' || run === null) return undefined
  const { pid, startedAtMilliseconds, url, token } = run as Record<keyof RunInformation, unknown>
  if (!Number.isSafeInteger(pid) || (pid as number) <= 0 || typeof startedAtMilliseconds !== 'number') return undefined
  return { pid: pid as number, startedAtMilliseconds, url: textOrUndefined(url), token: textOrUndefined(token) }
}

function runFile(stateFolder: string): string {
  return join(stateFolder, 'run.json')
}

function textOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
