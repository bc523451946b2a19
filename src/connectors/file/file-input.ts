// One file as an input of the engine, from its beginning or from where a run before this one stood.
//
// Plain files go straight into the caller's memory at explicit positions, so an error that passes costs nothing: the
// next read begins where this one failed.

import { constants } from 'node:fs'

import type { ByteReader } from '../../base/byte-reader.ts'
import { fileIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { StreamReader } from '../../base/stream-reader.ts'
import { SourceError } from '../../sdk/errors.ts'
import type { ByteInput, InputPosition, StoredFile, TextPlace } from '../../sdk/source.ts'
import { DescriptorReader } from './descriptor-reader.ts'
import { openFailure, readFailure } from './failures.ts'
import type { FoundFile } from './find-files.ts'
import { GzipReader } from './gzip-reader.ts'
import { SniffingReader } from './sniffing-reader.ts'
import { lineEndBefore, skipText } from './start-place.ts'

export class FileInput implements ByteInput {
  readonly name: string
  readonly file: string
  readonly sizeBytes: number | undefined
  readonly sourceNumber: number
  readonly stored: StoredFile | undefined
  start: TextPlace = { offset: 0, lineNumber: 0, lineEnd: '\n' }
  private readonly fileSystem: FileSystem
  private readonly found: FoundFile
  /** Held since the start; the reader owns it once there is one. */
  private held: number | undefined
  private reader: ByteReader | undefined
  private isClosed = false

  /** `position`: where a run before this one stood with the file. */
  constructor(fileSystem: FileSystem, found: FoundFile, sourceNumber: number, position: InputPosition | undefined) {
    this.fileSystem = fileSystem
    this.found = found
    this.held = found.descriptor
    this.name = found.name
    this.file = found.path
    this.sizeBytes = found.sizeBytes
    this.sourceNumber = sourceNumber
    if (found.sizeBytes === undefined) return
    const [device, inode] = found.identity.split(':')
    this.stored = { device, inode, isCompressed: found.compression === 'gzip' }
    if (position !== undefined) this.start = { ...position, lineEnd: '\n' }
  }

  /** Goes to where the reading begins. A promise when everything before it must be decompressed. */
  prepare(): undefined | Promise<this> {
    const { offset, lineNumber } = this.start
    if (offset === 0 || this.isClosed) return undefined
    if (this.found.compression === 'gzip') return this.skip(offset)
    const descriptor = this.openDescriptor()
    this.start = { offset, lineNumber, lineEnd: lineEndBefore(this.fileSystem, descriptor, offset) }
    this.reader = new DescriptorReader(this.fileSystem, descriptor, this.name, true, offset)
    return undefined
  }

  get readBytes(): number {
    return this.reader?.readBytes ?? 0
  }

  /** Pipes and terminals have no size, and what was read of them is gone. */
  get canReadAgain(): boolean {
    return this.sizeBytes !== undefined
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.isClosed) return 0
    this.reader ??= this.open()
    return this.reader.read(target, offset, length)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.reader?.close()
    if (this.held !== undefined) this.fileSystem.closeSync(this.held)
    this.held = undefined
  }

  private async skip(offset: number): Promise<this> {
    this.reader = this.open()
    const lineEnd = await skipText(this.reader, offset)
    if (lineEnd === undefined && !this.isClosed) {
      throw new SourceError(
        `cannot go on in ${quote(this.name)}: it holds less text than the ${offset} bytes that had been read of it`,
        { code: 'FILE_CHANGED', retryable: false }
      )
    }
    this.start = { ...this.start, lineEnd: lineEnd ?? '\n' }
    return this
  }

  private openDescriptor(): number {
    const descriptor = this.held ?? openAsFound(this.fileSystem, this.found)
    this.held = undefined
    return descriptor
  }

  private open(): ByteReader {
    const { found, fileSystem, name } = this
    const descriptor = this.openDescriptor()
    if (found.sizeBytes !== undefined) {
      const plain = new DescriptorReader(fileSystem, descriptor, name, true)
      return found.compression === 'gzip' ? new GzipReader(plain, name) : plain
    }
    const status = fileSystem.fstatSync(descriptor)
    const raw =
      status.isFIFO() || fileSystem.isTerminal(descriptor)
        ? streamReader(fileSystem, descriptor, name)
        : new DescriptorReader(fileSystem, descriptor, name, false)
    if (found.compression === 'auto') return new SniffingReader(raw, name)
    return found.compression === 'gzip' ? new GzipReader(raw, name) : raw
  }
}

function openAsFound(fileSystem: FileSystem, { name, path, identity }: FoundFile): number {
  let descriptor: number
  try {
    // A pipe without a writer must not block the thread; for anything else the flag means nothing.
    descriptor = fileSystem.openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    throw openFailure(name, cause)
  }
  if (fileIdentity(fileSystem.fstatSync(descriptor)) === identity) return descriptor
  fileSystem.closeSync(descriptor)
  throw new SourceError(`cannot read ${quote(name)}: it was replaced by another file since the start`, {
    code: 'FILE_REPLACED',
    retryable: false
  })
}

function streamReader(fileSystem: FileSystem, descriptor: number, name: string): StreamReader {
  const reader: StreamReader = new StreamReader(fileSystem.openStream(descriptor), cause =>
    readFailure(name, reader.readBytes, cause)
  )
  return reader
}
