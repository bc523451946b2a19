// Files on their way: into `underprocess` before the first byte is read, and out of it after the last line is durable.
//
// The order that makes each file be read once, also through a power failure:
//
// 1. A file is renamed into `underprocess`, and both folders are synced, before it is read. So no checkpoint can name a
//    file that a crash puts back to where it would be picked up as new.
// 2. A file that could not be read to its end has a note about it on the disk before the engine hears of the end.
// 3. Only when the engine says that all of its lines are durable, and that the checkpoint has the file as finished, it is
//    renamed into `processed` or `quarantine` (or deleted), and the folders are synced.
// 4. Only then it is released, so that checkpoints stop naming it. A file in `underprocess` that no checkpoint names has
//    therefore never been begun, or nothing of it was committed.
//
// A crash before 3 finds the file in `underprocess` with its position; between 3 and 4 it finds a position that is
// finished: its file is moved if it is there still, and else was moved before.

import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'

import { fileIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import type { InputPosition } from '../../sdk/source.ts'
import type { Arrival, Arrivals } from './arrivals.ts'
import { writtenState } from './completeness.ts'
import { type FailureNotes, inodeOf } from './failure-notes.ts'
import type { Layout } from './layout.ts'
import type { Mover } from './move.ts'
import type { FolderSyncs } from './sync-folder.ts'

/** What is about one file, and may be mended while the run goes on. */
const REFUSALS: ReadonlySet<string | undefined> = new Set(['EACCES', 'EBUSY', 'EPERM'])

/** A file in `underprocess` that is to be read. */
export interface ClaimedFile {
  /** As shown to users. */
  readonly name: string
  readonly underName: string
  /** How it was when it was found complete; undefined for one that a run before this one has picked up. */
  readonly writtenState: string | undefined
  readonly position: InputPosition | undefined
}

/** One that was read. */
export interface ReadFile {
  readonly name: string
  readonly underName: string
  readonly identity: string
  /** How it was at the end of the reading; undefined when that is not known. */
  readonly writtenState: string | undefined
  readonly hasFailed: boolean
}

export class Custody {
  private readonly fileSystem: FileSystem
  private readonly layout: Layout
  private readonly mover: Mover
  private readonly notes: FailureNotes
  private readonly syncs: FolderSyncs
  private readonly deletes: boolean
  private readonly release: (sourceNumber: number) => void
  private readonly log: (message: string) => void

  /** Committed, and not moved yet. */
  private readonly leaving = new Map<number, ReadFile>()
  /** Moved, and not synced yet. */
  private readonly moved = new Set<number>()
  private readonly unsynced = new Set<string>()
  /** The file with the highest number stays in the checkpoint until one with a higher one is done with: no number is used twice. */
  private lastDone = -1
  private complaint = ''

  constructor(
    fileSystem: FileSystem,
    layout: Layout,
    mover: Mover,
    notes: FailureNotes,
    syncs: FolderSyncs,
    deletes: boolean,
    release: (sourceNumber: number) => void,
    log: (message: string) => void
  ) {
    this.fileSystem = fileSystem
    this.layout = layout
    this.mover = mover
    this.notes = notes
    this.syncs = syncs
    this.deletes = deletes
    this.release = release
    this.log = log
  }

  /** Takes files over. One that has vanished is nobody's; one that may not be moved stays where it is. */
  claim(wanted: readonly Arrival[], arrivals: Arrivals): ClaimedFile[] {
    const claimed: ClaimedFile[] = []
    for (const arrival of wanted) {
      const name = arrivals.shown(arrival.name)
      try {
        const underName = this.mover.intoOwn(arrival.path, this.layout.underprocess, arrival.name)
        claimed.push({ name, underName, writtenState: writtenState(arrival.status), position: undefined })
      } catch (cause) {
        const code = systemErrorCode(cause)
        if (code === 'ENOENT') continue
        if (!REFUSALS.has(code)) throw cannotMove(name, this.layout.underprocess, cause)
        arrivals.refuse(arrival, `it cannot be moved, ${systemErrorReason(cause)}; it is taken once it can be`)
      }
    }
    if (claimed.length > 0) {
      this.syncs.sync(this.layout.underprocess)
      this.syncs.sync(this.layout.unprocessed)
    }
    return claimed
  }

  /** Its lines are durable: it is moved now, or as soon as that is possible. */
  letGo(sourceNumber: number, file: ReadFile): void {
    this.leaving.set(sourceNumber, file)
    this.move(sourceNumber, file)
  }

  /** There is no file for it any more. */
  forget(sourceNumber: number): void {
    this.moved.add(sourceNumber)
  }

  get isIdle(): boolean {
    return this.leaving.size === 0 && this.moved.size === 0
  }

  /** Tries again what could not be moved, makes durable what was, and releases it. Throws when a sync fails. */
  settle(): void {
    for (const [sourceNumber, file] of this.leaving) this.move(sourceNumber, file)
    for (const folder of this.unsynced) this.syncs.sync(folder)
    this.unsynced.clear()
    const done = [...this.moved].sort((left, right) => left - right)
    this.moved.clear()
    for (const sourceNumber of done) {
      if (sourceNumber < this.lastDone) {
        this.release(sourceNumber)
        continue
      }
      if (this.lastDone !== -1) this.release(this.lastDone)
      this.lastDone = sourceNumber
    }
  }

  private move(sourceNumber: number, file: ReadFile): void {
    try {
      this.moveAway(file)
      this.leaving.delete(sourceNumber)
      this.moved.add(sourceNumber)
    } catch (cause) {
      if (cause instanceof SourceError) throw cause
      const complaint = `cannot move ${quote(file.name)} out of ${quote(this.layout.underprocess)}: ${systemErrorReason(cause)}; trying again`
      if (complaint !== this.complaint) this.log(complaint)
      this.complaint = complaint
    }
  }

  private moveAway(file: ReadFile): void {
    const { fileSystem, layout, mover } = this
    const path = join(layout.underprocess, file.underName)
    const status = this.statusOf(path)
    if (status === undefined || fileIdentity(status) !== file.identity) {
      this.log(
        `${quote(file.name)} is not in ${quote(layout.underprocess)} any more: somebody else has moved or replaced it`
      )
      return
    }
    this.unsynced.add(layout.underprocess)
    if (this.mustBeKeptApart(file, status)) {
      const name = mover.intoShared(path, layout.quarantine, file.underName)
      this.unsynced.add(layout.quarantine)
      // The note stays until its file has left for good: alone in `underprocess` again the file would look read.
      this.syncs.sync(layout.quarantine)
      this.syncs.sync(layout.underprocess)
      this.bringNote(file, inodeOf(status), name)
    } else if (this.deletes) {
      fileSystem.unlinkSync(path)
    } else {
      mover.intoShared(path, layout.processed, file.underName)
      this.unsynced.add(layout.processed)
    }
  }

  private bringNote(file: ReadFile, inode: string, quarantinedName: string): void {
    try {
      this.notes.follow(inode, quarantinedName)
    } catch (cause) {
      this.log(
        `cannot put beside ${quote(file.name)} in quarantine why it is there: ${systemErrorReason(cause)}; the next start does`
      )
    }
  }

  private mustBeKeptApart(file: ReadFile, status: BigIntStats): boolean {
    if (file.hasFailed) return true
    if (file.writtenState === undefined || file.writtenState === writtenState(status)) return false
    const [size] = file.writtenState.split(':')
    const text = `${quote(file.name)} was written to after it had been read: it had ${size} bytes then and has ${status.size} now.\nWhat was written since has not been processed.\n`
    this.notes.write(inodeOf(status), text)
    this.log(`${text.replaceAll('\n', ' ').trim()} It goes to ${quote(this.layout.quarantine)}.`)
    return true
  }

  private statusOf(path: string): BigIntStats | undefined {
    try {
      return this.fileSystem.lstatSync(path)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }
}

function cannotMove(name: string, folder: string, cause: unknown): SourceError {
  const code = systemErrorCode(cause) ?? 'MOVE_FAILED'
  const hint = code === 'EXDEV' ? ' Put the folders of the source on one file system.' : ''
  return new SourceError(`cannot move ${quote(name)} to ${quote(folder)}: ${systemErrorReason(cause)}.${hint}`, {
    code,
    retryable: false,
    cause
  })
}
