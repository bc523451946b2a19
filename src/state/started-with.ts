// What a run was started with: a replay in the same state folder needs the same pipeline, with the same outputs.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { writePrivateFile } from './private-files.ts'

export interface StartedWith {
  /** Absolute. */
  readonly pipeline: string
  /** Folder that the paths below start from. */
  readonly currentFolder: string
  /** As `--input` and `--output` had them. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

export const STARTED_WITH = 'started-with.json'

export function rememberStart(stateFolder: string, start: StartedWith): void {
  writePrivateFile(join(stateFolder, STARTED_WITH), `${JSON.stringify(start, undefined, 2)}\n`)
}

/** Undefined when nobody has written it, or it is no such file. */
export function readStart(stateFolder: string): StartedWith | undefined {
  try {
    const start = JSON.parse(readFileSync(join(stateFolder, STARTED_WITH), 'utf8')) as StartedWith
    const isList = (list: unknown): boolean => Array.isArray(list) && list.every(item => typeof item === 'string')
    const isWhole = typeof start.pipeline === 'string' && typeof start.currentFolder === 'string'
    return isWhole && isList(start.inputs) && isList(start.outputs) ? start : undefined
  } catch {
    return undefined
  }
}
