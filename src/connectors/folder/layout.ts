// The four folders of a source: found or made, usable, apart from each other, on one file system, and none of them a
// place that a sink writes to. All of it is known before the first file is touched.

import { constants } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { fileIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import type { SourceSetup } from '../../sdk/source.ts'
import type { FolderSyncs } from './sync-folder.ts'

export interface LayoutOptions {
  readonly path: string
  readonly unprocessed: string
  readonly underprocess: string
  readonly processed: string
  readonly quarantine: string
}

/** Absolute paths. */
export interface Layout {
  readonly unprocessed: string
  readonly underprocess: string
  readonly processed: string
  readonly quarantine: string
  /** The first of them, as the user wrote it. */
  readonly shownUnprocessed: string
  /** Of all of them: none is a file to read, where one lies in another. */
  readonly identities: ReadonlySet<string>
}

const ROLES = ['unprocessed', 'underprocess', 'processed', 'quarantine'] as const
type Role = (typeof ROLES)[number]

interface Place {
  readonly role: Role
  readonly shown: string
  readonly path: string
  readonly device: bigint
  readonly identity: string
}

/** Throws a UserError for what the user can mend. */
export function prepareLayout(
  fileSystem: FileSystem,
  syncs: FolderSyncs,
  options: LayoutOptions,
  { baseFolder, outputFiles }: SourceSetup
): Layout {
  const root = resolve(baseFolder, options.path)
  requireFolder(fileSystem, options.path, root)
  const places = ROLES.map(role =>
    preparePlace(fileSystem, syncs, resolve(root, options[role]), join(options.path, options[role]), role)
  )
  refuseSamePlace(places)
  refuseOtherFileSystem(places)
  refuseOutputs(fileSystem, places, outputFiles)
  const [unprocessed, underprocess, processed, quarantine] = places
  return {
    unprocessed: unprocessed.path,
    underprocess: underprocess.path,
    processed: processed.path,
    quarantine: quarantine.path,
    shownUnprocessed: unprocessed.shown,
    identities: new Set(places.map(({ identity }) => identity))
  }
}

function requireFolder(fileSystem: FileSystem, shown: string, path: string): void {
  try {
    if (fileSystem.statSync(path).isDirectory()) return
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ENOENT') throw unusable(shown, cause)
    throw new UserError(`no such folder: ${quote(shown)}`, {
      hint: `Make it first: mkdir -p ${quote(path)}. The folders in it are made then.`,
      cause
    })
  }
  throw new UserError(`${quote(shown)} is no folder`, { hint: 'The source "file" reads a single file.' })
}

function preparePlace(fileSystem: FileSystem, syncs: FolderSyncs, path: string, shown: string, role: Role): Place {
  try {
    if (makeFolder(fileSystem, path)) syncs.sync(dirname(path))
    const status = fileSystem.statSync(path)
    if (!status.isDirectory()) throw new UserError(`${quote(shown)} (${role}) is no folder`)
    fileSystem.accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return { role, shown, path, device: status.dev, identity: fileIdentity(status) }
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw unusable(shown, cause)
  }
}

/** False when it was there. */
function makeFolder(fileSystem: FileSystem, path: string): boolean {
  try {
    fileSystem.mkdirSync(path, 0o777)
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    throw error
  }
}

function unusable(shown: string, cause: unknown): UserError {
  switch (systemErrorCode(cause)) {
    case 'EACCES':
    case 'EPERM':
      return new UserError(`cannot use the folder ${quote(shown)}: no permission`, {
        hint: 'Files are moved into and out of it: allow reading and writing with chmod.',
        cause
      })
    case 'ENOENT':
      return new UserError(`cannot make the folder ${quote(shown)}: the folder that it would lie in is missing`, {
        hint: 'Make that first.',
        cause
      })
    case 'EROFS':
      return new UserError(`cannot use the folder ${quote(shown)}: its file system is read-only`, { cause })
    default:
      return new UserError(`cannot use the folder ${quote(shown)}: ${systemErrorReason(cause)}`, { cause })
  }
}

function refuseSamePlace(places: readonly Place[]): void {
  for (const [index, place] of places.entries()) {
    const twin = places.slice(0, index).find(({ identity }) => identity === place.identity)
    if (twin === undefined) continue
    throw new UserError(`${twin.role} and ${place.role} are the same folder, ${quote(place.shown)}`, {
      hint: 'Files are moved from one to the other: give each a folder of its own.'
    })
  }
}

function refuseOtherFileSystem([first, ...others]: readonly Place[]): void {
  const foreign = others.find(({ device }) => device !== first.device)
  if (foreign === undefined) return
  throw new UserError(
    `${quote(first.shown)} (${first.role}) and ${quote(foreign.shown)} (${foreign.role}) lie on different file systems`,
    { hint: 'A file can be moved at one instant only within one: put the four folders on the same file system.' }
  )
}

function refuseOutputs(fileSystem: FileSystem, places: readonly Place[], outputFiles: readonly string[]): void {
  for (const output of outputFiles) {
    for (let folder = dirname(output), below = output; folder !== below; below = folder, folder = dirname(folder)) {
      const place = places.find(({ identity }) => identity === identityOf(fileSystem, folder))
      if (place === undefined) continue
      throw new UserError(`the output ${quote(output)} lies in ${quote(place.shown)}, which the source uses`, {
        hint: 'What is written there would be taken for input, or for input that is done with: write it elsewhere.'
      })
    }
  }
}

function identityOf(fileSystem: FileSystem, path: string): string | undefined {
  try {
    return fileIdentity(fileSystem.statSync(path))
  } catch {
    // The sink says what is wrong with its path.
    return undefined
  }
}
