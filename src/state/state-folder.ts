// Where a run keeps what outlives it. A run is known by its pipeline's path, its sources and its sinks: the same command
// finds the same folder, any other has one of its own.

import { createHash } from 'node:crypto'
import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { systemErrorCode, systemErrorReason } from '../base/system-error.ts'
import { UserError } from '../base/user-error.ts'
import { makePrivateFolder, writePrivateFile } from './private-files.ts'

export interface RunIdentity {
  readonly pipelineName: string
  /** Absolute path; undefined for a pipeline without a file. */
  readonly pipelineFile: string | undefined
  /** Each source and sink in a form that is equal when it is the same one: its type and absolute path, say. */
  readonly sources: readonly string[]
  readonly sinks: readonly string[]
}

// In bytes of the longest file name that any usual file system takes (255), with room for the hash and a suffix.
const LONGEST_NAME_CHARACTERS = 40

/** Folder of this run inside `root`, which is `.linescope` beside the pipeline or what `--state` says. */
export function stateFolderPath(root: string, identity: RunIdentity): string {
  const { pipelineName, pipelineFile, sources, sinks } = identity
  const key = JSON.stringify([pipelineFile ?? null, sources, sinks])
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 8)
  return join(root, `${safeName(pipelineName)}-${hash}`)
}

/** Folders of runs inside `root`, of all pipelines or of one. Throws what the system says when there is no such root. */
export function stateFoldersIn(root: string, pipelineName?: string): string[] {
  const wanted = pipelineName === undefined ? undefined : safeName(pipelineName)
  return readdirSync(root, { withFileTypes: true })
    .filter(entry => {
      const name = /^(.+)-[0-9a-f]{8}$/.exec(entry.name)?.[1]
      return entry.isDirectory() && name !== undefined && (wanted === undefined || name === wanted)
    })
    .map(entry => join(root, entry.name))
    .sort()
}

/** Makes the folder, private to its owner and unseen by git. Throws a UserError when that cannot be. */
export function openStateFolder(path: string): void {
  writeInStateFolder(path, () => {
    makePrivateFolder(path)
    chmodSync(path, 0o700)
    // In the run's own folder, not in the root: that one may be a folder of the user's.
    writePrivateFile(join(path, '.gitignore'), '*\n')
  })
}

/** What a run writes there before its first line. Throws a UserError for what the system refuses. */
export function writeInStateFolder(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error
    throw new UserError(`The state folder ${path} cannot be used: ${systemErrorReason(error)}.`, {
      hint: 'Name another place with --state DIR.',
      cause: error
    })
  }
}

/** Letters, digits, `_` and `-` only: no path, no hidden file, nothing that a shell or Windows takes for something else. */
function safeName(name: string): string {
  const safe = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}-]+/gu, '_')
    .replace(/^[_-]+|[_-]+$/g, '')
  return Array.from(safe).slice(0, LONGEST_NAME_CHARACTERS).join('') || 'pipeline'
}
