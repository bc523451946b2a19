// A watched folder: each file that is complete is moved to `underprocess`, read once, and moved to `processed` when
// everything that came of it is durable; to `quarantine` when it could not be read to its end. `custody.ts` says in which
// order, and why no crash makes a file be read twice or not at all.

import { join } from 'node:path'

import { z } from 'zod'

import { type FileLock, tryFileLock } from '../../base/file-lock.ts'
import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { option } from '../../sdk/options.ts'
import { defineSource } from '../../sdk/source.ts'
import { type Clock, systemClock } from './clock.ts'
import { FolderSource } from './folder-source.ts'
import { prepareLayout } from './layout.ts'
import { FolderSyncs } from './sync-folder.ts'
import { type WatchFolder, watchFolder } from './watch.ts'

const folderName = (name: string, purpose: string) =>
  z.string().min(1).default(name).describe(`${purpose} A name in the folder, or a path. Made when it is missing.`)

const options = z.strictObject({
  path: option.path({ description: 'Folder that holds the four below.' }),
  unprocessed: folderName('unprocessed', 'Where files arrive; "." is the folder itself.'),
  underprocess: folderName('underprocess', 'Where a file is while it is read.'),
  processed: folderName('processed', 'Where it is when all of its lines are done with.'),
  quarantine: folderName(
    'quarantine',
    'Where a file goes that could not be read to its end, with a text that says why.'
  ),
  pattern: z.string().min(1).optional().describe('Take only files whose name matches this glob: *.log'),
  ignore: z
    .array(z.string().min(1))
    .default([])
    .describe('Globs of names to leave alone, besides hidden ones and .tmp, .part, .swp and the like.'),
  order: z
    .enum(['oldest', 'name'])
    .default('oldest')
    .describe('Which file is read first: the one that was changed longest ago, or the first by name.'),
  settle: option.duration({
    description: 'A file that was not moved in is complete when nothing about it has changed for so long.',
    default: '1s',
    max: '1h'
  }),
  after: z
    .enum(['keep', 'delete'])
    .default('keep')
    .describe('What becomes of a file that is done with: keep it in processed, or delete it.'),
  compression: z
    .enum(['auto', 'none', 'gzip'])
    .default('auto')
    .describe('auto tells gzip by its first bytes, whatever the name; none takes the bytes as they are.'),
  exit_when_empty: z
    .boolean()
    .default(false)
    .describe('End when every file is done with, instead of waiting for more.'),
  rescan: option.duration({
    description: 'How often the folder is looked through, whatever the system tells of changes in it.',
    default: '5s',
    min: '10ms',
    max: '1h'
  })
})

/** What a simulation replaces. */
export interface FolderSystem {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly watch: WatchFolder
  /** Undefined when another run has it. */
  readonly lock: (file: string) => FileLock | undefined
}

export function createFolderSource(system: FolderSystem) {
  return defineSource({
    name: 'folder',
    summary: 'Reads each file that arrives in a folder once, and moves it on; gzip is decompressed.',
    options,
    readBy: 'lane',
    isEndless: ({ exit_when_empty }) => !exit_when_empty,
    open(given, setup) {
      if (setup.release === undefined)
        throw new UserError('the source "folder" needs a run that keeps checkpoints', {
          hint: 'Without them nobody says when a file may be moved on: give the run a state folder.'
        })
      const syncs = new FolderSyncs(system.fileSystem)
      let lock: FileLock | undefined
      try {
        const layout = prepareLayout(system.fileSystem, syncs, given, setup)
        lock = lockFolder(system, layout.underprocess)
        return new FolderSource({ ...system, layout, syncs, options: given, setup, lock })
      } catch (error) {
        lock?.release()
        syncs.close()
        throw error
      }
    }
  })
}

export const folderSource = createFolderSource({
  fileSystem: nodeFileSystem,
  clock: systemClock,
  watch: watchFolder,
  lock: tryFileLock
})

/** Two runs would take each other's files for ones that were left behind. */
function lockFolder({ lock }: FolderSystem, underprocess: string): FileLock {
  let held: FileLock | undefined
  try {
    held = lock(join(underprocess, '.linescope-lock'))
  } catch (cause) {
    throw new UserError(`cannot lock the folder ${quote(underprocess)}: ${systemErrorReason(cause)}`, { cause })
  }
  if (held !== undefined) return held
  throw new UserError(`another run uses the folder ${quote(underprocess)}`, {
    hint: 'Stop that one first, or give this source an underprocess folder of its own.'
  })
}
