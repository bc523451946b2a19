// Imports a module that a pipeline names, and turns everything that can go wrong into one line for its author: never
// a stack trace of ours, and never a wait without an end.

import { readdirSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { closestName } from '../base/closest-name.ts'
import { quote } from '../base/quote.ts'
import { UserError } from '../base/user-error.ts'
import { loadFailure } from './load-failure.ts'

export interface ImportOptions {
  /** Folder that relative specifiers start from. */
  readonly baseFolder: string
  /** Folder that paths in messages are relative to. */
  readonly currentFolder: string
  readonly timeoutMilliseconds: number
}

export interface ImportedModule {
  /** Absolute path. */
  readonly file: string
  readonly exports: Readonly<Record<string, unknown>>
}

/** `specifier` is a path (`./x.ts`, `/x.js`) or the name of an installed package. Throws UserErrors without a place. */
export async function importModule(specifier: string, options: ImportOptions): Promise<ImportedModule> {
  const file = isPath(specifier) ? existingFile(specifier, options) : packageFile(specifier, options)
  return { file, exports: await importFile(file, specifier, options) }
}

function isPath(specifier: string): boolean {
  return /^\.{0,2}[/\\]/.test(specifier) || specifier.startsWith('file:') || isAbsolute(specifier)
}

function existingFile(specifier: string, { baseFolder }: ImportOptions): string {
  let file: string
  try {
    file = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(baseFolder, specifier)
  } catch (cause) {
    throw new UserError(`${quote(specifier)} is not a file`, { cause })
  }
  try {
    if (statSync(file).isFile()) return file
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ERR_INVALID_ARG_VALUE') throw new UserError(`${quote(specifier)} is not a file`, { cause })
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new UserError(`cannot read the module ${quote(specifier)}: ${code ?? String(cause)}`, { cause })
    }
    throw new UserError(`there is no module ${quote(specifier)}`, { hint: nearbyModule(specifier, file), cause })
  }
  throw new UserError(`${quote(specifier)} is not a file`, { hint: 'Name the module file in it.' })
}

function nearbyModule(specifier: string, file: string): string {
  const fallback = 'The path is relative to the pipeline file.'
  try {
    const names = readdirSync(dirname(file)).filter(name => /\.[cm]?[jt]s$/.test(name))
    const name = basename(file)
    const closest = names.find(candidate => candidate.replace(/\.\w+$/, '') === name) ?? closestName(name, names)
    if (closest === undefined) return fallback
    return `Did you mean ${quote(specifier.slice(0, specifier.length - name.length) + closest)}?`
  } catch {
    return fallback
  }
}

function packageFile(specifier: string, { baseFolder }: ImportOptions): string {
  let url: string
  try {
    url = resolveFrom(specifier, baseFolder)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') {
      throw new UserError(`the package does not export ${quote(specifier)}`, { cause })
    }
    const local = `./${specifier}`
    // No file has a name with a NUL in it.
    const isFileHere =
      !local.includes('\0') && statSync(resolve(baseFolder, local), { throwIfNoEntry: false })?.isFile() === true
    const hint = isFileHere
      ? `Did you mean ${quote(local)}?`
      : 'Install it there, or write a path that begins with "./".'
    throw new UserError(`no package ${quote(specifier)} is installed for this pipeline`, { hint, cause })
  }
  if (url.startsWith('file:')) return fileURLToPath(url)
  throw new UserError(`${quote(specifier)} is neither a file nor an installed package`)
}

/** Resolves as an `import` in a file of that folder would; only a hook can stand in for such a file. */
function resolveFrom(specifier: string, folder: string): string {
  const parentURL = pathToFileURL(`${folder}/`).href
  const hooks = registerHooks({ resolve: (name, context, next) => next(name, { ...context, parentURL }) })
  try {
    return import.meta.resolve(specifier)
  } finally {
    hooks.deregister()
  }
}

/** `called` is how the user names the file. */
export async function importFile(
  file: string,
  called: string,
  { currentFolder, timeoutMilliseconds }: Omit<ImportOptions, 'baseFolder'>
): Promise<Readonly<Record<string, unknown>>> {
  const timer = new AbortController()
  const importing: Promise<Record<string, unknown>> = import(pathToFileURL(file).href)
  const expired = sleep(timeoutMilliseconds, undefined, { signal: timer.signal })
  // Whoever loses the race may still fail: nobody waits for it then.
  importing.catch(() => undefined)
  expired.catch(() => undefined)
  try {
    const exports = await Promise.race([importing, expired])
    if (exports !== undefined) return exports
  } catch (thrown) {
    throw loadFailure(called, file, thrown, currentFolder)
  } finally {
    timer.abort()
  }
  throw new UserError(`${quote(called)} did not finish loading within ${timeoutMilliseconds / 1000} s`, {
    hint: 'Look for an "await" at its top level that never ends.'
  })
}
