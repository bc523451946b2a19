// Writes lines to a file, with an exact count of the bytes that are in, also after a write that failed half-way.

import { constants } from 'node:fs'
import { resolve } from 'node:path'

import { z } from 'zod'

import { fileIdentity } from '../../base/file-identity.ts'
import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { UserError } from '../../base/user-error.ts'
import { writeFully } from '../../base/write-fully.ts'
import { defineSink, type Sink, type SinkSetup } from '../../sdk/sink.ts'
import { writeFailure } from '../write-failure.ts'
import { cannotWrite } from './failures.ts'

const options = z.strictObject({
  path: z.string().min(1).describe('File to write. Its folder must exist.'),
  mode: z
    .enum(['auto', 'append', 'replace', 'refuse'])
    .default('auto')
    .describe(
      'What happens to a file that exists. auto replaces it when a run starts afresh on finite files and appends otherwise.'
    )
})

type Mode = z.output<typeof options>['mode']

export function createFileSink(fileSystem: FileSystem) {
  return defineSink({
    name: 'file',
    summary: 'Writes lines to a file.',
    options,
    file: ({ path }, baseFolder) => resolve(baseFolder, path),
    open: ({ path, mode }, setup) => openFile(fileSystem, path, mode, setup)
  })
}

export const fileSink = createFileSink(nodeFileSystem)

function openFile(fileSystem: FileSystem, name: string, mode: Mode, setup: SinkSetup): Sink {
  const path = resolve(setup.baseFolder, name)
  const opened = openDescriptor(fileSystem, name, path, openFlags(mode, setup), setup.isContinued !== true)
  return new FileSink(fileSystem, name, path, opened, setup)
}

interface OpenedFile {
  readonly descriptor: number
  /** Undefined for what is no regular file. */
  readonly length: number | undefined
  readonly identity: string
  /** Somebody's last line has no end: ours must not be glued to it. */
  readonly startsInsideLine: boolean
}

function openDescriptor(
  fileSystem: FileSystem,
  name: string,
  path: string,
  flags: number,
  looksAtEnd: boolean
): OpenedFile {
  let descriptor: number
  try {
    descriptor = fileSystem.openSync(path, flags)
  } catch (cause) {
    throw cannotWrite(name, path, cause)
  }
  const status = fileSystem.fstatSync(descriptor)
  if (status.isSocket()) {
    fileSystem.closeSync(descriptor)
    throw new UserError(`cannot write ${quote(name)}: it is a socket`)
  }
  const length = status.isFile() ? Number(status.size) : undefined
  const startsInsideLine =
    length !== undefined && length > 0 && looksAtEnd && !endsWithNewline(fileSystem, path, length)
  return { descriptor, length, identity: fileIdentity(status), startsInsideLine }
}

// Always appending: what others add stays, and a file that was emptied under us gets no hole.
const APPENDING = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NONBLOCK ?? 0)

function openFlags(mode: Mode, setup: SinkSetup): number {
  if (setup.isContinued === true) return APPENDING
  if (mode === 'refuse') return APPENDING | constants.O_EXCL
  return mode === 'replace' || (mode === 'auto' && setup.replace) ? APPENDING | constants.O_TRUNC : APPENDING
}

function endsWithNewline(fileSystem: FileSystem, path: string, length: number): boolean {
  let descriptor: number
  try {
    descriptor = fileSystem.openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch {
    // A file that may be written and not read: nothing can be told, so nothing is added.
    return true
  }
  try {
    const last = new Uint8Array(1)
    return fileSystem.readSync(descriptor, last, 0, 1, length - 1) === 0 || last[0] === 0x0a
  } catch {
    return true
  } finally {
    fileSystem.closeSync(descriptor)
  }
}

// One byte: when it does not go in, none is, so a failure never counts it among the caller's.
const NEWLINE = new Uint8Array([0x0a])

class FileSink implements Sink {
  private readonly fileSystem: FileSystem
  private readonly name: string
  private readonly path: string
  private readonly blockThread: (milliseconds: number) => void
  private descriptor: number
  private identityOfFile: string
  private bytesInFile: number | undefined
  private startsInsideLine: boolean

  constructor(fileSystem: FileSystem, name: string, path: string, file: OpenedFile, setup: SinkSetup) {
    this.fileSystem = fileSystem
    this.name = name
    this.path = path
    this.descriptor = file.descriptor
    this.identityOfFile = file.identity
    this.bytesInFile = file.length
    this.startsInsideLine = file.startsInsideLine
    this.blockThread = milliseconds => setup.blockThread(milliseconds)
  }

  get length(): number | undefined {
    return this.bytesInFile
  }

  get identity(): string | undefined {
    return this.bytesInFile === undefined ? undefined : this.identityOfFile
  }

  reopen(): void {
    const file = openDescriptor(this.fileSystem, this.name, this.path, APPENDING, true)
    if (file.length === undefined) {
      this.fileSystem.closeSync(file.descriptor)
      throw new UserError(`cannot write ${quote(this.name)}: it is no regular file any more`)
    }
    const { descriptor } = this
    this.descriptor = file.descriptor
    this.identityOfFile = file.identity
    this.bytesInFile = file.length
    this.startsInsideLine = file.startsInsideLine
    try {
      this.fileSystem.closeSync(descriptor)
    } catch {
      // What this would tell, the committer is told too: it syncs the old file before it commits the new one.
    }
  }

  write(bytes: Uint8Array): void {
    if (this.startsInsideLine && bytes.length > 0) {
      this.append(NEWLINE)
      this.startsInsideLine = false
    }
    this.append(bytes)
  }

  close(): void {
    if (this.descriptor === -1) return
    const descriptor = this.descriptor
    this.descriptor = -1
    try {
      this.fileSystem.closeSync(descriptor)
    } catch (cause) {
      // A network file system may tell only now that earlier bytes found no room.
      throw writeFailure(this.name, cause, 0, this.bytesInFile !== undefined)
    }
  }

  private append(bytes: Uint8Array): void {
    const { written, error } = writeFully(this.fileSystem, this.descriptor, bytes, this.blockThread)
    if (this.bytesInFile !== undefined) this.bytesInFile += written
    if (error !== undefined) throw writeFailure(this.name, error, written, this.bytesInFile !== undefined)
  }
}
