// Turns paths and globs into the files to read, in order, and refuses what cannot be read before the first line.

import { constants } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { didYouMean } from '../../base/closest-name.ts'
import { fileIdentity, outputWithIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote, quoteList } from '../../base/quote.ts'
import { UserError, UserErrors } from '../../base/user-error.ts'
import type { SourceSetup } from '../../sdk/source.ts'
import { HEAD_BYTES, isGzip, unreadableFormat } from './compression.ts'
import { cannotRead } from './failures.ts'

export type Compression = 'auto' | 'none' | 'gzip'

export interface FoundFile {
  /** As the user wrote it, or as the glob found it. */
  readonly name: string
  readonly path: string
  /** Of a regular file; a pipe or a device has none that would mean anything. */
  readonly sizeBytes: number | undefined
  readonly identity: string
  /** What it starts with; `auto` for a pipe, which tells only when it is read. */
  readonly compression: Compression
  /** The file itself is held, so that renaming or deleting it before its turn changes nothing. */
  readonly descriptor: number | undefined
}

// More would be unkind to a low limit on open files; the others are opened at their turn and must be the same then.
const HELD_FILES = 16

const READ_ONLY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
const GLOB_CHARACTERS = /[*?[{]|[!+@]\(/

/** All mistakes are found, not only the first. */
export function findFiles(
  fileSystem: FileSystem,
  patterns: readonly string[],
  compression: Compression,
  setup: SourceSetup
): FoundFile[] {
  const finder = new Finder(fileSystem, compression, setup)
  const unmatched = patterns.filter(pattern => !finder.add(pattern))
  const found = finder.finish(unmatched)
  // Who goes on has said it at the start.
  if (unmatched.length > 0 && setup.resume === undefined) {
    setup.log?.(`warning: no file matches ${quoteList(unmatched)}; what the others match is read.`)
  }
  return found
}

class Finder {
  private readonly fileSystem: FileSystem
  private readonly compression: Compression
  private readonly setup: SourceSetup
  private readonly files: FoundFile[] = []
  private readonly errors: UserError[] = []
  private readonly paths = new Set<string>()

  constructor(fileSystem: FileSystem, compression: Compression, setup: SourceSetup) {
    this.fileSystem = fileSystem
    this.compression = compression
    this.setup = setup
  }

  /** False when it is a glob that matches no file. A path that exists is meant as it stands, `[1].log` as well. */
  add(pattern: string): boolean {
    const path = resolve(this.setup.baseFolder, pattern)
    if (!isGlob(pattern) || this.exists(path)) {
      this.attempt(pattern, path)
      return true
    }
    const matches = this.fileSystem.globSync(pattern, this.setup.baseFolder)
    let found = false
    for (const name of matches.sort(byBytes)) {
      const match = resolve(this.setup.baseFolder, name)
      if (!this.isForGlobs(match)) continue
      found = true
      if (!this.paths.has(match)) this.attempt(name, match)
    }
    return found
  }

  finish(unmatched: readonly string[]): FoundFile[] {
    if (this.paths.size === 0) {
      this.errors.push(new UserError(`no file matches ${quoteList(unmatched)}`, { hint: this.whereGlobsLook() }))
    }
    if (this.errors.length === 0) return this.files
    for (const { descriptor } of this.files) {
      if (descriptor !== undefined) this.fileSystem.closeSync(descriptor)
    }
    throw this.errors.length === 1 ? this.errors[0] : new UserErrors(this.errors)
  }

  private attempt(name: string, path: string): void {
    this.paths.add(path)
    try {
      this.files.push(this.inspect(name, path))
    } catch (error) {
      this.errors.push(
        error instanceof UserError ? error : cannotRead(name, path, error, () => this.suggest(name, path))
      )
    }
  }

  private inspect(name: string, path: string): FoundFile {
    const status = this.fileSystem.statSync(path)
    if (status.isDirectory()) {
      const hint = `Use a glob such as ${quote(`${name.replace(/\/+$/, '')}/*.log`)}.`
      throw new UserError(`cannot read ${quote(name)}: it is a folder`, { hint })
    }
    if (status.isSocket()) throw new UserError(`cannot read ${quote(name)}: it is a socket`)
    const output = outputWithIdentity(this.fileSystem, status, this.setup.outputFiles)
    if (output !== undefined) {
      throw new UserError(`cannot read ${quote(name)}: it is the output ${quote(output)} as well`, {
        hint: 'Write to another file.'
      })
    }
    if (status.isFile()) return this.inspectRegular(name, path)
    // Opening a pipe only to look would end its writer, so it is opened at its turn.
    this.fileSystem.accessSync(path, constants.R_OK)
    return {
      name,
      path,
      sizeBytes: undefined,
      identity: fileIdentity(status),
      compression: this.compression,
      descriptor: undefined
    }
  }

  private inspectRegular(name: string, path: string): FoundFile {
    const descriptor = this.fileSystem.openSync(path, READ_ONLY)
    let isHeld = false
    try {
      const compression = this.compressionOf(name, this.head(descriptor))
      const status = this.fileSystem.fstatSync(descriptor)
      isHeld = this.files.length < HELD_FILES
      return {
        name,
        path,
        sizeBytes: Number(status.size),
        identity: fileIdentity(status),
        compression,
        descriptor: isHeld ? descriptor : undefined
      }
    } finally {
      if (!isHeld) this.fileSystem.closeSync(descriptor)
    }
  }

  private head(descriptor: number): Uint8Array {
    const head = new Uint8Array(HEAD_BYTES)
    try {
      return head.subarray(0, this.fileSystem.readSync(descriptor, head, 0, HEAD_BYTES, 0))
    } catch {
      // The read at its turn fails as well, and says so as an error of the run: no option could mend it.
      return head.subarray(0, 0)
    }
  }

  private compressionOf(name: string, head: Uint8Array): Compression {
    if (this.compression === 'none') return 'none'
    if (isGzip(head)) return 'gzip'
    if (this.compression === 'gzip') {
      if (head.length === 0) return 'none'
      throw new UserError(`cannot read ${quote(name)}: it is not gzip data`, {
        hint: 'Leave compression out: it is recognized by itself.'
      })
    }
    const format = unreadableFormat(head)
    if (format === undefined) return 'none'
    throw new UserError(`cannot read ${quote(name)}: it holds ${format} data`, {
      hint: 'Decompress it first, or set compression: none to take its bytes as they are.'
    })
  }

  private exists(path: string): boolean {
    try {
      this.fileSystem.statSync(path)
      return true
    } catch {
      return false
    }
  }

  /** A glob is about files: folders, pipes and devices among its matches are not meant. */
  private isForGlobs(path: string): boolean {
    try {
      return this.fileSystem.statSync(path).isFile()
    } catch {
      // A link to nothing, or a name that cannot be spelled: the attempt says what is wrong.
      return true
    }
  }

  private suggest(name: string, path: string): string | undefined {
    const folder = dirname(path)
    const neighbours = this.fileSystem.globSync('*', folder)
    const prefix = name.slice(0, name.lastIndexOf('/') + 1)
    return didYouMean(
      name,
      neighbours.map(neighbour => `${prefix}${neighbour}`)
    )
  }

  private whereGlobsLook(): string {
    return `Looked in ${quote(this.setup.baseFolder)}.`
  }
}

export function isGlob(pattern: string): boolean {
  return GLOB_CHARACTERS.test(pattern)
}

export function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
