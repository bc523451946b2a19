// What a run that goes on finds in `underprocess`: for each file that the checkpoint names where it is now, and files
// that no checkpoint names.

import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { basename, join } from 'node:path'

import { fileIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import type { InputPosition } from '../../sdk/source.ts'
import type { ClaimedFile, Custody } from './custody.ts'
import { type FailureNotes, inodeOf } from './failure-notes.ts'
import type { Layout } from './layout.ts'
import type { FolderSyncs } from './sync-folder.ts'

interface Entry {
  readonly name: string
  readonly status: BigIntStats
}

export interface RecoverySettings {
  readonly fileSystem: FileSystem
  readonly layout: Layout
  readonly notes: FailureNotes
  readonly custody: Custody
  readonly syncs: FolderSyncs
  readonly log: (message: string) => void
}

/** Lets go of what is finished and returns what is to be read, in order: what was begun first, then what was not. */
export function recover(resume: readonly InputPosition[], settings: RecoverySettings): ClaimedFile[] {
  const { fileSystem, layout, notes, custody, log } = settings
  const names = fileSystem.readdirSync(layout.underprocess)
  const entries = names.flatMap(name => entryOf(fileSystem, layout, name))
  notes.bringOrphans(names, inode => entries.some(({ status }) => inodeOf(status) === inode))

  const claimed: ClaimedFile[] = []
  for (const position of [...resume].sort((left, right) => left.sourceNumber - right.sourceNumber)) {
    const index = indexOf(position, entries, settings)
    const entry = index === -1 ? undefined : entries.splice(index, 1)[0]
    const { sourceNumber, name } = position
    if (entry !== undefined && position.isFinished) {
      custody.letGo(sourceNumber, {
        name,
        underName: entry.name,
        identity: fileIdentity(entry.status),
        writtenState: undefined,
        hasFailed: notes.has(inodeOf(entry.status))
      })
    } else if (entry !== undefined) {
      claimed.push({ name, underName: entry.name, writtenState: undefined, position })
    } else {
      if (!position.isFinished)
        log(
          `${quote(name)} is not in ${quote(layout.underprocess)} any more: what follows its line ${position.lineNumber} is not processed`
        )
      custody.forget(sourceNumber)
    }
  }
  for (const { name } of entries.sort((left, right) => Buffer.compare(Buffer.from(left.name), Buffer.from(right.name))))
    claimed.push({
      name: join(layout.shownUnprocessed, name),
      underName: name,
      writtenState: undefined,
      position: undefined
    })

  readAgain(claimed, settings)
  return claimed
}

/** What made a file fail before may be over. */
function readAgain(claimed: readonly ClaimedFile[], { fileSystem, layout, notes, syncs }: RecoverySettings): void {
  let hasChanged = false
  for (const { underName } of claimed) {
    const [entry] = entryOf(fileSystem, layout, underName)
    if (entry === undefined || !notes.has(inodeOf(entry.status))) continue
    notes.discard(inodeOf(entry.status))
    hasChanged = true
  }
  if (hasChanged) syncs.sync(layout.underprocess)
}

/** Nothing for our own files, and for what no run has put there. */
function entryOf(fileSystem: FileSystem, layout: Layout, name: string): Entry[] {
  if (name.startsWith('.')) return []
  try {
    const status = fileSystem.lstatSync(join(layout.underprocess, name))
    return status.isFile() ? [{ name, status }] : []
  } catch {
    // Somebody has taken it away just now.
    return []
  }
}

/** By inode, and by name where the file was put back from a copy; its first bytes must be those of the checkpoint. */
function indexOf(position: InputPosition, entries: readonly Entry[], settings: RecoverySettings): number {
  const { stored, path, head } = position
  const isSame = ({ status }: Entry) => inodeOf(status) === stored?.inode
  const hasSameName = ({ name }: Entry) => path !== undefined && name === basename(path) && (head?.byteCount ?? 0) > 0
  const index = entries.findIndex(isSame)
  const found = index === -1 ? entries.findIndex(hasSameName) : index
  return found !== -1 && hasHead(entries[found].name, head, settings) ? found : -1
}

function hasHead(name: string, head: InputPosition['head'], { fileSystem, layout }: RecoverySettings): boolean {
  if (head === undefined || head.byteCount === 0) return true
  const bytes = new Uint8Array(head.byteCount)
  let length = 0
  let descriptor: number | undefined
  try {
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
    descriptor = fileSystem.openSync(join(layout.underprocess, name), flags)
    while (length < bytes.length) {
      const count = fileSystem.readSync(descriptor, bytes, length, bytes.length - length, length)
      if (count === 0) return false
      length += count
    }
  } catch {
    // Not readable now: the reading says so, and nothing is begun anew because of it.
    return true
  } finally {
    if (descriptor !== undefined) fileSystem.closeSync(descriptor)
  }
  return createHash('sha256').update(bytes).digest('hex') === head.sha256
}
