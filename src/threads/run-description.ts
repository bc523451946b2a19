// `run-description.json` in the state folder: what must be known of a run to show it when it is over, and the pipeline
// file may have changed or gone. Names and numbers only, no value of the pipeline file. Every changed byte is noticed.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { quote } from '../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../base/system-error.ts'
import { UserError } from '../base/user-error.ts'
import type { PipelineDescription } from '../contract/pipeline.ts'
import { writePrivateFile } from '../state/private-files.ts'

export interface RunDescription {
  /** The same moment as in the database: tells the run from all others of its folder. */
  readonly startedAt: number
  /** Of Linescope. */
  readonly version: string
  readonly configHash: string
  readonly isTraced: boolean
  readonly pipeline: PipelineDescription
  /** Names of the edges by number, as checkpoints have them. */
  readonly edges: readonly string[]
}

export const RUN_DESCRIPTION = 'run-description.json'
const FORMAT = 1

export function writeRunDescription(stateFolder: string, run: RunDescription): void {
  const file = { format: FORMAT, checksum: checksumOf(run), run }
  writePrivateFile(join(stateFolder, RUN_DESCRIPTION), `${JSON.stringify(file, undefined, 2)}\n`)
}

/** Undefined when there is none. Throws a UserError for one that is damaged, of a newer Linescope, or cannot be read. */
export function readRunDescription(stateFolder: string): RunDescription | undefined {
  const path = join(stateFolder, RUN_DESCRIPTION)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return undefined
    throw new UserError(`${quote(path)} cannot be read: ${systemErrorReason(cause)}`, { cause })
  }
  let file: { readonly format?: unknown; readonly checksum?: unknown; readonly run?: RunDescription } | null
  try {
    file = JSON.parse(text)
  } catch (cause) {
    throw damaged(path, cause)
  }
  if (typeof file !== 'object' || file === null) throw damaged(path)
  const { format, checksum, run } = file
  if (typeof format === 'number' && format > FORMAT) {
    throw new UserError(
      `${quote(path)} was written by a newer Linescope: it has format ${format}, this one knows ${FORMAT}`,
      { hint: 'Open it with the newer one.' }
    )
  }
  if (format !== FORMAT || typeof run !== 'object' || run === null || checksum !== checksumOf(run)) throw damaged(path)
  return run
}

/** When the run of a folder began, as far as that can be read: for putting several in order. */
export function begunAt(stateFolder: string): number {
  try {
    return readRunDescription(stateFolder)?.startedAt ?? 0
  } catch {
    return 0
  }
}

function checksumOf(run: RunDescription): string {
  return createHash('sha256').update(JSON.stringify(run)).digest('hex')
}

function damaged(path: string, cause?: unknown): UserError {
  return new UserError(`${quote(path)} is damaged`, {
    hint: 'The next run writes it anew. linescope stats and dlq read what else the folder holds.',
    cause
  })
}
