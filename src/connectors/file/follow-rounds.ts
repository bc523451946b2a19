// Looks at everything again, by the clock and when the system tells of a change: paths, folders, files that were rotated
// away, files that could not be read.

import type { SourceSetup } from '../../sdk/source.ts'
import type { FollowedFile } from './follow-file.ts'
import type { FollowedFiles } from './follow-files.ts'
import type { FollowedPaths } from './follow-paths.ts'
import type { FollowTools } from './follow-tools.ts'
import { FollowWatches } from './follow-watches.ts'

const ACTIVE_TICK_MILLISECONDS = 250
const IDLE_TICK_MILLISECONDS = 1000
const ACTIVE_MILLISECONDS = 5000
const FEW_DETACHED = 16
const DETACHED_PER_TICK = 1000
/** A file that nothing has replaced yet may be written on for longer. */
const VACANT_FACTOR = 10

export class FollowRounds {
  /** When bytes were read last. */
  activeAt: number
  private readonly tools: FollowTools
  private readonly files: FollowedFiles
  private readonly paths: FollowedPaths
  private readonly watches: FollowWatches
  private readonly rotatedWaitMilliseconds: number
  private tickAt = 0
  private timer: { readonly at: number; readonly cancel: () => void } | undefined
  private sweep: Iterator<FollowedFile> | undefined
  private isClosed = false

  constructor(
    tools: FollowTools,
    setup: SourceSetup,
    files: FollowedFiles,
    paths: FollowedPaths,
    rotatedWaitMilliseconds: number
  ) {
    this.tools = tools
    this.files = files
    this.paths = paths
    this.rotatedWaitMilliseconds = rotatedWaitMilliseconds
    this.watches = new FollowWatches(
      tools,
      message => setup.log?.(message),
      (folder, name) => this.folderChanged(folder, name)
    )
    this.activeAt = tools.now()
  }

  start(): void {
    this.tick()
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
    this.watches.close()
  }

  private folderChanged(folder: string, name: string | undefined): void {
    if (this.isClosed) return
    this.paths.changed(folder, name)
    // A file that was renamed is written on under a name that is not followed.
    if (this.files.detached.size <= FEW_DETACHED) for (const file of this.files.detached) this.files.onChange(file)
    this.schedule()
  }

  private tick(): void {
    this.paths.tick()
    this.files.findLost()
    this.checkDetached()
    const now = this.tools.now()
    for (const file of this.files.retrying) {
      if (file.isOver) this.files.retrying.delete(file)
      else if (now >= file.retryAt) this.files.onChange(file)
    }
    if (this.paths.foldersChanged) {
      this.paths.foldersChanged = false
      this.watches.watchOnly(this.paths.folders())
    } else {
      this.watches.renew()
    }
    const isActive = now - this.activeAt < ACTIVE_MILLISECONDS
    this.tickAt = now + (isActive ? ACTIVE_TICK_MILLISECONDS : IDLE_TICK_MILLISECONDS)
    this.schedule()
  }

  private schedule(): void {
    const at = Math.min(this.tickAt, this.paths.urgentGlobAt ?? this.tickAt)
    if (this.timer !== undefined && this.timer.at <= at) return
    this.timer?.cancel()
    const cancel = this.tools.after(Math.max(0, at - this.tools.now()), () => this.timeHasCome())
    this.timer = { at, cancel }
  }

  private timeHasCome(): void {
    this.timer = undefined
    if (this.isClosed) return
    if (this.tools.now() >= this.tickAt) {
      this.tick()
    } else {
      this.paths.globIfDue()
      this.schedule()
    }
  }

  private checkDetached(): void {
    for (let left = Math.min(DETACHED_PER_TICK, this.files.detached.size); left > 0; left--) {
      let next = this.sweep?.next()
      if (next === undefined || next.done === true) {
        this.sweep = this.files.detached.values()
        next = this.sweep.next()
      }
      if (next.done !== true && this.mustBeLookedAt(next.value)) this.files.onChange(next.value)
    }
  }

  private mustBeLookedAt(file: FollowedFile): boolean {
    if (file.isOver) return true
    if (file.descriptor === undefined) return false
    try {
      const { size, nlink } = this.tools.fileSystem.fstatSync(file.descriptor)
      file.isDeleted = nlink === 0n
      if (Number(size) !== file.size) return true
    } catch {
      // The look fails as well, and says so.
      return true
    }
    const isTaken = file.isDeleted || this.paths.isTaken(file.formerPath!)
    const wait = this.rotatedWaitMilliseconds * (isTaken ? 1 : VACANT_FACTOR)
    file.isComplete = file.isDrained && this.tools.now() - file.changedAt >= wait
    return file.isComplete
  }
}
