// What the last run in a state folder masked, for commands that have no pipeline to ask. It never holds a secret: of the
// environment only the names of variables, and no pattern that a value from there is in.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { DEFAULT_REDACTION, REDACTION_PRESETS, type Redaction } from '../base/redaction.ts'
import { systemErrorCode } from '../base/system-error.ts'
import { writePrivateFile } from './private-files.ts'

export interface RunMasks {
  readonly redaction: Redaction
  /** Environment variables whose values are masked. */
  readonly variables: readonly string[]
  /** Patterns that were left out because they hold such a value. */
  readonly patternsLeftOut: number
}

export interface MaskedBy {
  readonly redaction: Redaction | undefined
  readonly variables: readonly string[]
  /** Values of these variables. */
  readonly secrets: readonly string[]
}

export const MASKS = 'masks.json'

export function rememberMasks(
  stateFolder: string,
  { redaction = DEFAULT_REDACTION, variables, secrets }: MaskedBy
): void {
  const patterns = redaction.patterns.filter(({ source }) => !secrets.some(secret => holds(source, secret)))
  const masks: RunMasks = {
    redaction: { ...redaction, patterns },
    variables,
    patternsLeftOut: redaction.patterns.length - patterns.length
  }
  const text = `${JSON.stringify(masks, undefined, 2)}\n`
  const path = join(stateFolder, MASKS)
  if (textOf(path) !== text) writePrivateFile(path, text)
}

/** `none`: no run has said it here. `damaged`: one has, and nobody can tell what. */
export function readMasks(stateFolder: string): RunMasks | 'none' | 'damaged' {
  const text = textOf(join(stateFolder, MASKS))
  if (text === undefined) return 'none'
  try {
    const { redaction, variables, patternsLeftOut } = JSON.parse(text) as RunMasks
    const { presets, patterns, showsPayloads } = redaction
    const isWhole =
      Array.isArray(presets) &&
      typeof showsPayloads === 'boolean' &&
      Array.isArray(variables) &&
      variables.every(name => typeof name === 'string') &&
      Number.isSafeInteger(patternsLeftOut)
    if (!isWhole) return 'damaged'
    // Throws for what is no pattern.
    for (const { source, flags } of patterns) new RegExp(source, flags)
    const known = REDACTION_PRESETS.filter(preset => presets.includes(preset))
    return { redaction: { presets: known, patterns, showsPayloads }, variables, patternsLeftOut }
  } catch {
    return 'damaged'
  }
}

function holds(source: string, secret: string): boolean {
  return source.includes(secret) || source.replaceAll('\\', '').includes(secret)
}

/** Undefined when there is no such file; empty when it cannot be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? undefined : ''
  }
}
