// Which files the followed paths lead to: a path gets another file when it is rotated, a file another path when it is
// renamed, and a file that no path leads to is kept until it has been quiet for a while.

import type { BigIntStats } from 'node:fs'
import { dirname } from 'node:path'

import { fileIdentity, outputWithIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import type { SourceSetup } from '../../sdk/source.ts'
import { cannotRead } from './failures.ts'
import { type Beginning, FollowedFile } from './follow-file.ts'
import { hasHead } from './follow-mark.ts'
import { OpenFiles } from './follow-open.ts'
import type { FollowedPath } from './follow-path.ts'
import { findAgain, Siblings } from './follow-search.ts'
import type { FollowTools } from './follow-tools.ts'

const FROM_START: Beginning = { offset: 0, lineNumber: 0 }

export class FollowedFiles {
  readonly open: OpenFiles
  /** No path leads to them any more, but somebody may still write to them. */
  readonly detached = new Set<FollowedFile>()
  /** Those that could not be read, to be tried again at their time. */
  readonly retrying = new Set<FollowedFile>()
  /** Told of each file that should be looked at. */
  onChange: (file: FollowedFile) => void = () => {}
  private readonly tools: FollowTools
  private readonly fileSystem: FileSystem
  private readonly setup: SourceSetup
  /** Of the detached ones, those that have no descriptor either. */
  private readonly lost = new Set<FollowedFile>()
  private readonly byIdentity = new Map<string, FollowedFile>()

  constructor(tools: FollowTools, setup: SourceSetup) {
    this.tools = tools
    this.fileSystem = tools.fileSystem
    this.setup = setup
    this.open = new OpenFiles(tools.fileSystem)
  }

  /** Looks where the path leads now. Throws a UserError when that is nothing to follow; the path has no file then. */
  check(path: FollowedPath, atEnd = false): void {
    let status: BigIntStats
    try {
      status = this.fileSystem.statSync(path.path)
    } catch (cause) {
      const code = systemErrorCode(cause)
      // Any other fault says nothing of the file, which is read on.
      if (code === 'ENOENT' || code === 'ENOTDIR') this.detach(path)
      throw cannotRead(path.name, path.path, cause, () => undefined)
    }
    if (path.file?.identity === fileIdentity(status)) {
      path.problem = undefined
      const isAsSeen = Number(status.size) === path.file.size && status.mtimeNs === path.file.modified
      if (!isAsSeen) this.onChange(path.file)
      return
    }
    this.detach(path)
    this.refuse(path, status)
    try {
      this.attach(path, status, atEnd)
    } catch (cause) {
      throw cause instanceof UserError ? cause : cannotRead(path.name, path.path, cause, () => undefined)
    }
    path.problem = undefined
  }

  /** A file that was found without a path that is followed, to be read from there. */
  add(file: FollowedFile): void {
    this.byIdentity.set(file.identity, file)
    if (file.descriptor !== undefined) this.open.hold(file)
    this.detached.add(file)
    this.onChange(file)
  }

  isKnown(identity: string): boolean {
    return this.byIdentity.has(identity)
  }

  /** The path leads elsewhere now, or nowhere. */
  detach(path: FollowedPath): void {
    const { file } = path
    if (file === undefined) return
    path.file = undefined
    file.paths.delete(path)
    const [other] = file.paths
    if (other !== undefined) {
      file.name = other.name
      file.path = other.path
      return
    }
    this.detached.add(file)
    file.formerPath = path.path
    file.changedAt = this.tools.now()
    if (file.isRefused) file.isOver = true
    else this.keep(file)
    this.onChange(file)
  }

  /** Looks for files that were renamed while they were closed to make room. */
  findLost(): void {
    if (this.lost.size === 0) return
    const siblings = new Siblings(this.fileSystem)
    for (const file of this.lost) {
      this.lost.delete(file)
      this.find(file, siblings)
      this.onChange(file)
    }
  }

  /** Opens a file that was closed to make room. False when its path leads to another one. */
  reopen(file: FollowedFile): boolean {
    if (file.descriptor === undefined) {
      const descriptor = this.open.open(file.path)
      if (fileIdentity(this.fileSystem.fstatSync(descriptor)) !== file.identity) {
        this.fileSystem.closeSync(descriptor)
        return false
      }
      file.descriptor = descriptor
    }
    this.open.hold(file)
    return true
  }

  /** The same file with another content: a new one to everybody who reads. The old one is over. */
  renew(file: FollowedFile): FollowedFile {
    const next = new FollowedFile(this.fileSystem, file, { ...FROM_START, mayStartWithHole: true }, this.tools.now())
    next.isDeleted = file.isDeleted
    for (const path of file.paths) {
      next.paths.add(path)
      path.file = next
    }
    file.paths.clear()
    file.isOver = true
    this.open.handOver(file, next)
    this.byIdentity.set(next.identity, next)
    if (this.detached.delete(file)) this.detached.add(next)
    return next
  }

  /** It was read to its end and nothing comes any more. */
  finish(file: FollowedFile): void {
    file.isOver = true
    this.open.close(file)
    this.detached.delete(file)
    if (this.byIdentity.get(file.identity) === file) this.byIdentity.delete(file.identity)
  }

  private attach(path: FollowedPath, status: BigIntStats, atEnd: boolean): void {
    const known = this.byIdentity.get(fileIdentity(status))
    const file = known ?? this.begin(path, atEnd)
    if (file.paths.size === 0) {
      file.name = path.name
      file.path = path.path
    }
    file.paths.add(path)
    path.file = file
    path.realPath = this.fileSystem.realpathSync(path.path)
    this.detached.delete(file)
    this.lost.delete(file)
    file.isComplete = false
    this.onChange(file)
  }

  private begin(path: FollowedPath, atEnd: boolean): FollowedFile {
    const descriptor = this.open.open(path.path)
    try {
      // What was looked at before may have been replaced.
      const status = this.fileSystem.fstatSync(descriptor)
      const identity = fileIdentity(status)
      const known = this.byIdentity.get(identity)
      if (known !== undefined) {
        this.fileSystem.closeSync(descriptor)
        return known
      }
      this.refuse(path, status)
      const stored = { device: String(status.dev), inode: String(status.ino), isCompressed: false }
      const onDisk = { identity, stored, descriptor, name: path.name, path: path.path }
      const file = new FollowedFile(this.fileSystem, onDisk, FROM_START, this.tools.now())
      if (atEnd) file.startAtEnd()
      this.byIdentity.set(identity, file)
      this.open.hold(file)
      return file
    } catch (error) {
      this.fileSystem.closeSync(descriptor)
      throw error
    }
  }

  private refuse({ name }: FollowedPath, status: BigIntStats): void {
    const fail = (reason: string, hint?: string): never => {
      throw new UserError(`cannot follow ${quote(name)}: ${reason}`, hint === undefined ? {} : { hint })
    }
    if (status.isDirectory()) {
      fail('it is a folder', `Use a glob such as ${quote(`${name.replace(/\/+$/, '')}/*.log`)}.`)
    }
    if (status.isFIFO()) fail('it is a pipe', 'Read it with follow: false.')
    if (status.isSocket()) fail('it is a socket')
    if (!status.isFile()) fail('it is a device', 'Read it with follow: false.')
    const output = outputWithIdentity(this.fileSystem, status, this.setup.outputFiles)
    if (output !== undefined) fail(`it is the output ${quote(output)} as well`, 'Write to another file.')
  }

  /** Says what became of a file without a path. */
  private keep(file: FollowedFile): void {
    if (file.descriptor === undefined) {
      this.lost.add(file)
      return
    }
    this.open.hold(file)
    file.isDeleted = this.fileSystem.fstatSync(file.descriptor).nlink === 0n
    const what = file.isDeleted ? 'was deleted' : 'was renamed or replaced'
    this.log(`${quote(file.name)} ${what}: what the file still has is read to its end.`)
  }

  private find(file: FollowedFile, siblings: Siblings): void {
    const isIt = (descriptor: number) =>
      Number(this.fileSystem.fstatSync(descriptor).size) >= file.place.offset &&
      hasHead(this.fileSystem, descriptor, file.headMark)
    const found = findAgain(this.fileSystem, this.open, siblings, file.path, file.stored.inode, isIt)
    if (found?.identity === file.identity) {
      file.descriptor = found.descriptor
      file.path = found.path
      this.keep(file)
      return
    }
    if (found !== undefined) this.fileSystem.closeSync(found.descriptor)
    const where = `${quote(file.name)} is gone from ${quote(dirname(file.path))}`
    this.log(`${where}; it was closed to make room, and what came after byte ${file.place.offset} is not read.`)
    file.isOver = true
  }

  private log(message: string): void {
    this.setup.log?.(message)
  }
}
