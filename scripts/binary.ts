// Finds the command of an installed package, to be run with the Node that runs now and not with the one of the PATH.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')

/** Arguments for Node that run the package's command. */
export function binary(packageName: string, command: string, ...args: string[]): string[] {
  const folder = join(ROOT, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>
  }
  const file = typeof bin === 'string' ? bin : bin[command]
  if (file === undefined) throw new Error(`The package ${packageName} has no command ${command}.`)
  return [join(folder, file), ...args]
}
