// The paths that are followed: those that the user named, and those that globs find, now or later.
//
// Looking again is bounded work however many files there are: a tick checks a part of the paths in turn, and a glob
// that takes long is asked less often.

import { basename, dirname, join, resolve } from 'node:path'

import type { FileSystem } from '../../base/file-system.ts'
import { quote, quoteList } from '../../base/quote.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import { UserError, UserErrors } from '../../base/user-error.ts'
import type { SourceSetup } from '../../sdk/source.ts'
import { byBytes, isGlob } from './find-files.ts'
import type { FollowedFiles } from './follow-files.ts'
import type { FollowedPath } from './follow-path.ts'
import type { FollowTools } from './follow-tools.ts'

const PATHS_PER_TICK = 1000
const GLOB_MILLISECONDS = 1000
// Shares of the time that globs may take: always, and after a folder has told of new names.
const GLOB_PAUSE = 50
const URGENT_GLOB_PAUSE = 20

export class FollowedPaths {
  /** The set of folders to watch may be another one. */
  foldersChanged = true
  private readonly tools: FollowTools
  private readonly fileSystem: FileSystem
  private readonly setup: SourceSetup
  private readonly files: FollowedFiles
  private readonly paths = new Map<string, FollowedPath>()
  /** By where links lead, when that is elsewhere. */
  private readonly byRealPath = new Map<string, FollowedPath>()
  private readonly globs: string[] = []
  /** Told once. */
  private readonly unreadableNames = new Set<string>()
  private sweep: Iterator<FollowedPath> | undefined
  private globbedAt = 0
  private globMilliseconds = 0
  private isGlobUrgent = false

  constructor(tools: FollowTools, setup: SourceSetup, files: FollowedFiles) {
    this.tools = tools
    this.fileSystem = tools.fileSystem
    this.setup = setup
    this.files = files
  }

  /** Finds what is there at the start. What cannot be followed is a UserError; what is not there yet is waited for. */
  start(patterns: readonly string[], atEnd: boolean): void {
    const errors: UserError[] = []
    const missing: string[] = []
    for (const pattern of patterns) {
      const path = resolve(this.setup.baseFolder, pattern)
      if (isGlob(pattern) && !this.exists(path)) {
        this.globs.push(pattern)
        const before = this.paths.size
        this.find(pattern, atEnd)
        if (this.paths.size === before) missing.push(pattern)
        continue
      }
      const followed = this.add(pattern, path, true)
      try {
        this.files.check(followed, atEnd)
      } catch (error) {
        if (isMissing(error)) missing.push(pattern)
        // One that cannot be read yet may be allowed later; a folder stays one.
        if (error instanceof UserError && error.cause === undefined) errors.push(error)
        else this.unusable(followed, error)
      }
    }
    this.globbedAt = this.tools.now()
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new UserErrors(errors)
    if (missing.length > 0) {
      const place = this.paths.size === 0 ? ` Looked in ${quote(this.setup.baseFolder)}.` : ''
      this.log(`no file matches ${quoteList(missing)} yet: what appears there is read.${place}`)
    }
  }

  /** A part of the regular looking again. */
  tick(): void {
    this.globIfDue()
    for (let left = Math.min(PATHS_PER_TICK, this.paths.size); left > 0; left--) {
      let next = this.sweep?.next()
      if (next === undefined || next.done === true) {
        this.sweep = this.paths.values()
        next = this.sweep.next()
      }
      if (next.done !== true) this.look(next.value)
    }
  }

  /** Something happened to the name in the folder; undefined: to any of them. */
  changed(folder: string, name: string | undefined): void {
    if (name === undefined) {
      for (const path of this.paths.values()) if (dirname(path.path) === folder) this.look(path)
      this.isGlobUrgent = this.globs.length > 0
    } else {
      const path = join(folder, name)
      const followed = this.paths.get(path) ?? this.byRealPath.get(path)
      if (followed !== undefined) this.look(followed)
      else this.isGlobUrgent = this.globs.length > 0
    }
    if (this.isGlobUrgent) this.globIfDue()
  }

  folders(): Set<string> {
    const folders = new Set<string>()
    for (const { path, realPath } of this.paths.values()) {
      folders.add(dirname(path))
      folders.add(dirname(realPath))
    }
    for (const pattern of this.globs) folders.add(this.folderOfGlob(pattern))
    return folders
  }

  /** When a glob that a folder has asked for may run. */
  get urgentGlobAt(): number | undefined {
    return this.isGlobUrgent ? this.globDueAt(URGENT_GLOB_PAUSE, 0) : undefined
  }

  /** A file that can be read is there now. */
  isTaken(path: string): boolean {
    return this.paths.get(path)?.file !== undefined
  }

  look(path: FollowedPath): void {
    const before = path.file
    try {
      this.files.check(path)
    } catch (error) {
      this.unusable(path, error)
    }
    if (path.file === before) return
    this.foldersChanged = true
    if (path.file !== undefined && path.realPath !== path.path) this.byRealPath.set(path.realPath, path)
  }

  private unusable(path: FollowedPath, error: unknown): void {
    if (isMissing(error)) {
      // Between a rotation and the next file there is none: nothing to tell.
      path.problem = undefined
      if (path.isNamed) return
      this.paths.delete(path.path)
      this.byRealPath.delete(path.realPath)
      this.foldersChanged = true
      return
    }
    const message = this.describe(path, error)
    if (path.problem === message) return
    path.problem = message
    this.log(message)
  }

  private describe(path: FollowedPath, error: unknown): string {
    const reason = error instanceof UserError ? error.message : `cannot read ${quote(path.name)}: ${String(error)}`
    return `${reason}. ${path.file === undefined ? 'It is passed over' : 'What is open of it is read on'} until that changes.`
  }

  globIfDue(): void {
    const pause = this.isGlobUrgent ? URGENT_GLOB_PAUSE : GLOB_PAUSE
    if (
      this.globs.length === 0 ||
      this.tools.now() < this.globDueAt(pause, this.isGlobUrgent ? 0 : GLOB_MILLISECONDS)
    ) {
      return
    }
    this.isGlobUrgent = false
    const start = this.tools.now()
    for (const pattern of this.globs) this.find(pattern, false)
    this.globbedAt = this.tools.now()
    this.globMilliseconds = this.globbedAt - start
  }

  private globDueAt(pause: number, leastMilliseconds: number): number {
    return this.globbedAt + Math.max(leastMilliseconds, this.globMilliseconds * pause)
  }

  private find(pattern: string, atEnd: boolean): void {
    this.tellUnreadableNames(pattern)
    for (const name of this.fileSystem.globSync(pattern, this.setup.baseFolder).sort(byBytes)) {
      const path = resolve(this.setup.baseFolder, name)
      if (this.paths.has(path)) continue
      const followed = this.add(name, path, false)
      if (atEnd) this.lookAtEnd(followed)
      else this.look(followed)
    }
  }

  /** No glob finds a name that is not UTF-8: it would be missed without a word. */
  private tellUnreadableNames(pattern: string): void {
    const folder = this.folderOfGlob(pattern)
    const names = this.namesIn(folder).filter(name => name.includes('\ufffd') && !this.exists(join(folder, name)))
    for (const name of names) {
      const path = join(folder, name)
      if (this.unreadableNames.has(path)) continue
      this.unreadableNames.add(path)
      this.log(`cannot follow ${quote(name)}: its name is not valid UTF-8. It is passed over; rename the file.`)
    }
  }

  private namesIn(folder: string): string[] {
    try {
      return this.fileSystem.readdirSync(folder)
    } catch {
      return []
    }
  }

  private lookAtEnd(path: FollowedPath): void {
    try {
      this.files.check(path, true)
    } catch (error) {
      this.unusable(path, error)
    }
  }

  private add(name: string, path: string, isNamed: boolean): FollowedPath {
    const followed = { name, path, isNamed, file: undefined, realPath: path, problem: undefined }
    this.paths.set(path, followed)
    this.foldersChanged = true
    return followed
  }

  private exists(path: string): boolean {
    try {
      this.fileSystem.statSync(path)
      return true
    } catch {
      return false
    }
  }

  private folderOfGlob(pattern: string): string {
    let folder = pattern
    while (isGlob(folder)) folder = dirname(folder)
    return resolve(this.setup.baseFolder, basename(folder) === '' ? '/' : folder)
  }

  private log(message: string): void {
    this.setup.log?.(message)
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof UserError ? systemErrorCode(error.cause) : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}
