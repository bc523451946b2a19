// The files that a plan reads and writes, without opening any of them.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'

import { nodeFileSystem } from '../../base/file-system.ts'
import { builtins } from '../../builtins.ts'
import type { LoadedPlan } from '../../config/load-plan.ts'
import type { PlannedFile } from './disk-checks.ts'
import type { PlannedOutput } from './guarantees.ts'

type Plan = LoadedPlan['plan']

/** Of a source of files or of a folder. A glob stands for what it matches now; one that matches nothing is left out. */
export function plannedInputs({ source, baseFolder }: Plan): PlannedFile[] {
  if (source.type !== 'file' && source.type !== 'folder') return []
  const { path, paths } = source.options as { readonly path?: unknown; readonly paths?: unknown }
  const written = [path, ...(Array.isArray(paths) ? paths : [])].filter(item => typeof item === 'string')
  return written.flatMap(item => {
    const literal = resolve(baseFolder, item)
    const isGlob = /[*?[{]/.test(item) && statSync(literal, { throwIfNoEntry: false }) === undefined
    const names = isGlob ? nodeFileSystem.globSync(item, baseFolder).sort() : [item]
    return names.map(name => ({ name: `input ${name}`, path: resolve(baseFolder, name) }))
  })
}

export interface OutputFile extends PlannedOutput {
  readonly path: string | undefined
}

export function plannedOutputs({ sinks, baseFolder }: Plan): OutputFile[] {
  return sinks.map(({ name, type, options }) => {
    const path = builtins.sinks.get(type)?.file?.(options, baseFolder)
    // One that is not there yet becomes a regular file.
    const isRegularFile = path !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() !== false
    return { name, type, path, isRegularFile }
  })
}
