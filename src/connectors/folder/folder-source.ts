// The sequence of inputs that a watched folder is: what was left in `underprocess` first, then what arrives.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { FileLock } from '../../base/file-lock.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorReason } from '../../base/system-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import type { ByteInput, Source, SourceSetup } from '../../sdk/source.ts'
import { Arrivals } from './arrivals.ts'
import type { Clock } from './clock.ts'
import { type ClaimedFile, Custody } from './custody.ts'
import { FailureNotes } from './failure-notes.ts'
import { FolderInput, isShortage } from './input.ts'
import type { Layout } from './layout.ts'
import { Mover } from './move.ts'
import { recover } from './recovery.ts'
import type { FolderSyncs } from './sync-folder.ts'
import type { Watcher, WatchFolder } from './watch.ts'

export interface FolderOptions {
  readonly pattern?: string | undefined
  readonly ignore: readonly string[]
  readonly order: 'oldest' | 'name'
  readonly settle: number
  readonly after: 'keep' | 'delete'
  readonly compression: 'auto' | 'none' | 'gzip'
  readonly exit_when_empty: boolean
  readonly rescan: number
}

export interface FolderSourceSettings {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly watch: WatchFolder
  readonly layout: Layout
  readonly syncs: FolderSyncs
  readonly options: FolderOptions
  readonly setup: SourceSetup
  readonly lock: FileLock
}

// Moved together, so that two syncs do for all of them.
const CLAIMED_AT_ONCE = 64
// Of a folder that changes all the time, scans take at most a tenth of the time.
const SHORTEST_PAUSE_MILLISECONDS = 20
const PAUSE_PER_SCAN = 10
// What is read and not committed is remembered: when commits wait for room on a disk, so does the reading.
const MOST_UNCOMMITTED = 1024
const SHORTAGE_PAUSE_MILLISECONDS = 200

export class FolderSource implements Source {
  readonly totalBytes = undefined
  private readonly settings: FolderSourceSettings
  private readonly log: (message: string) => void
  private readonly notes: FailureNotes
  private readonly custody: Custody
  private readonly arrivals: Arrivals

  private claimed: ClaimedFile[] | undefined
  private current: FolderInput | undefined
  /** Handed out and not committed. */
  private readonly underway = new Map<number, FolderInput>()
  private nextNumber: number

  private watcher: Watcher | undefined
  private watchedInode: bigint | undefined
  private hasChanged = true
  private lastScanAt = Number.NEGATIVE_INFINITY
  private scanMilliseconds = 0
  private wake: () => void = () => {}
  private isSettling = false
  private failure: unknown
  private isClosed = false
  private complaint = ''

  constructor(settings: FolderSourceSettings) {
    const { fileSystem, layout, syncs, options, setup, clock } = settings
    this.settings = settings
    this.log = message => setup.log?.(message)
    const mover = new Mover(fileSystem)
    this.notes = new FailureNotes(fileSystem, layout, mover, syncs)
    const release = (sourceNumber: number) => setup.release!(sourceNumber)
    this.custody = new Custody(
      fileSystem,
      layout,
      mover,
      this.notes,
      syncs,
      options.after === 'delete',
      release,
      this.log
    )
    const rules = {
      ...options,
      pattern: options.pattern,
      settleMilliseconds: options.settle,
      rescanMilliseconds: options.rescan
    }
    this.arrivals = new Arrivals(fileSystem, layout, rules, setup.outputFiles, clock, this.log)
    this.nextNumber = (setup.resume ?? []).reduce((most, { sourceNumber }) => Math.max(most, sourceNumber + 1), 0)
  }

  next(): ByteInput | undefined | Promise<ByteInput | undefined> {
    this.current?.close()
    this.current = undefined
    const input = this.tryNext()
    return input === 'nothing' ? this.waitForNext() : input
  }

  committed(sourceNumber: number): void {
    const input = this.underway.get(sourceNumber)
    if (input === undefined) return
    this.underway.delete(sourceNumber)
    if (this.underway.size === MOST_UNCOMMITTED - 1) this.wake()
    this.attempt(() => this.custody.letGo(sourceNumber, input.outcome))
    // After the end nothing else may come of which a later turn of the event loop would be part.
    if (this.isClosed) this.settleAtEnd()
    else this.settleSoon()
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.current?.close()
    this.stopWatching()
    this.wake()
    this.settleAtEnd()
    this.settings.lock.release()
  }

  private settleAtEnd(): void {
    this.attempt(() => this.custody.settle())
    this.settings.syncs.close()
  }

  /** What fails is said where somebody listens: by the next call of the engine. Nothing is released, so nothing is lost. */
  private attempt(act: () => void): void {
    try {
      act()
    } catch (failure) {
      this.failure ??= failure
      if (this.isClosed) this.complain(failure instanceof Error ? failure.message : String(failure))
    }
  }

  /** `nothing` when no file is there now. */
  private tryNext(): ByteInput | undefined | 'nothing' | Promise<ByteInput> {
    if (this.isClosed) return undefined
    if (this.failure !== undefined) throw this.failure as Error
    if (this.underway.size >= MOST_UNCOMMITTED) return 'nothing'
    const file = this.nextFile()
    if (file !== undefined) return this.open(file)
    const { exit_when_empty: endsWhenEmpty } = this.settings.options
    if (!endsWhenEmpty || this.hasChanged || this.arrivals.incompleteCount > 0) return 'nothing'
    // A run that has ended is told of no commit: what it has read would be read again.
    if (this.underway.size > 0 || !this.custody.isIdle) return 'nothing'
    const skipped = this.arrivals.skippedCount
    if (skipped > 0) this.log(`left ${skipped} in ${quote(this.settings.layout.shownUnprocessed)}: they cannot be read`)
    return undefined
  }

  private async waitForNext(): Promise<ByteInput | undefined> {
    for (;;) {
      await this.waitForChange()
      const input = this.tryNext()
      if (input !== 'nothing') return input
    }
  }

  private nextFile(): ClaimedFile | undefined {
    const { fileSystem, layout, syncs, setup } = this.settings
    if (this.claimed === undefined) {
      const { notes, custody, log } = this
      this.claimed = recover(setup.resume ?? [], { fileSystem, layout, syncs, notes, custody, log })
      if (!custody.isIdle) this.settleSoon()
    }
    if (this.claimed.length === 0) this.claimed = this.claimArrivals()
    return this.claimed.shift()
  }

  private claimArrivals(): ClaimedFile[] {
    this.watchAgain()
    for (;;) {
      const wanted = this.arrivals.take(CLAIMED_AT_ONCE)
      const claimed = this.custody.claim(wanted, this.arrivals)
      if (claimed.length > 0) return claimed
      if (wanted.length > 0) continue
      if (!this.isScanDue()) return []
      if (!this.scan()) return []
    }
  }

  private isScanDue(): boolean {
    return this.arrivals.needsScan || (this.hasChanged && this.nextScanAt() <= this.now())
  }

  private nextScanAt(): number {
    if (!this.hasChanged) return this.lastScanAt + this.settings.options.rescan
    return this.lastScanAt + Math.max(SHORTEST_PAUSE_MILLISECONDS, PAUSE_PER_SCAN * this.scanMilliseconds)
  }

  /** False when the folder cannot be read now. */
  private scan(): boolean {
    this.hasChanged = false
    this.lastScanAt = this.now()
    try {
      this.arrivals.scan()
      this.complaint = ''
      return true
    } catch (cause) {
      const { layout, options } = this.settings
      const message = `cannot look through ${quote(layout.shownUnprocessed)}: ${systemErrorReason(cause)}`
      // A job that was to end must not end well, and not before it has looked.
      this.hasChanged = true
      if (options.exit_when_empty && !isShortage(cause))
        throw new SourceError(message, { code: 'SCAN_FAILED', retryable: false, cause })
      this.complain(`${message}; trying again`)
      return false
    } finally {
      this.scanMilliseconds = this.now() - this.lastScanAt
    }
  }

  private open(file: ClaimedFile): ByteInput | Promise<ByteInput> {
    const { fileSystem, clock, layout, options } = this.settings
    const sourceNumber = file.position?.sourceNumber ?? this.nextNumber++
    const input = new FolderInput(file, join(layout.underprocess, file.underName), sourceNumber, {
      fileSystem,
      clock,
      compression: options.compression,
      settleMilliseconds: options.settle,
      quarantine: layout.quarantine,
      log: this.log,
      noteFailure: (inode, text) => this.notes.write(inode, text)
    })
    this.current = input
    this.underway.set(sourceNumber, input)
    try {
      return input.prepare()
    } catch (cause) {
      if (!isShortage(cause)) throw cause
      return this.openLater(input, cause)
    }
  }

  private async openLater(input: FolderInput, first: unknown): Promise<ByteInput> {
    this.complain(`cannot open ${quote(input.name)}: ${systemErrorReason(first)}; trying again`)
    for (;;) {
      await sleep(SHORTAGE_PAUSE_MILLISECONDS)
      if (this.isClosed) return input
      try {
        return await input.prepare()
      } catch (cause) {
        if (!isShortage(cause)) throw cause
      }
    }
  }

  /** Many that are committed at the same moment are synced together. */
  private settleSoon(): void {
    if (this.isSettling) return
    this.isSettling = true
    setImmediate(() => {
      this.isSettling = false
      if (this.isClosed) return
      this.attempt(() => this.custody.settle())
      if (this.failure !== undefined || this.settings.options.exit_when_empty) this.wake()
    })
  }

  private async waitForChange(): Promise<void> {
    const due = Math.min(this.nextScanAt(), this.arrivals.dueMilliseconds)
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.wake = resolve
      timer = setTimeout(resolve, Math.max(1, Math.ceil(due - this.now())))
    })
    clearTimeout(timer)
    this.wake = () => {}
    if (this.now() >= this.lastScanAt + this.settings.options.rescan) this.lookAgain()
  }

  private lookAgain(): void {
    this.hasChanged = true
    if (!this.custody.isIdle) this.settleSoon()
  }

  /** Also after the folder was replaced by another one. */
  private watchAgain(): void {
    const { fileSystem, layout, watch } = this.settings
    let inode: bigint | undefined
    try {
      inode = fileSystem.statSync(layout.unprocessed).ino
    } catch {
      // The scan says what is wrong.
      return
    }
    if (inode === this.watchedInode) return
    this.stopWatching()
    this.watchedInode = inode
    const changed = () => {
      this.hasChanged = true
      this.wake()
    }
    try {
      this.watcher = watch(layout.unprocessed, changed, cause => this.cannotWatch(cause))
    } catch (cause) {
      this.cannotWatch(cause)
    }
    this.hasChanged = true
  }

  private cannotWatch(cause: unknown): void {
    const { layout, options } = this.settings
    this.log(
      `cannot watch ${quote(layout.shownUnprocessed)}: ${systemErrorReason(cause)}; it is looked through every ${options.rescan} ms`
    )
  }

  private stopWatching(): void {
    this.watcher?.close()
    this.watcher = undefined
  }

  private complain(message: string): void {
    if (message !== this.complaint) this.log(message)
    this.complaint = message
  }

  private now(): number {
    return this.settings.clock.monotonicMilliseconds()
  }
}
