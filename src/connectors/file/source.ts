// Reads files one after the other, in the order given, each to its end as it is when the reading gets there.
//
// Plain files go straight into the caller's memory at explicit positions, so an error that passes costs nothing: the
// next read begins where this one failed. What is found at the start is what is read: a file that is renamed or
// deleted before its turn is still read, one that was replaced is an error.

import { constants } from 'node:fs'

import { z } from 'zod'

import type { ByteReader } from '../../base/byte-reader.ts'
import { fileIdentity } from '../../base/file-identity.ts'
import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { StreamReader } from '../../base/stream-reader.ts'
import { UserError } from '../../base/user-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import { type ByteInput, defineSource, type Source, type SourceSetup } from '../../sdk/source.ts'
import { DescriptorReader } from './descriptor-reader.ts'
import { openFailure, readFailure } from './failures.ts'
import { type FoundFile, findFiles } from './find-files.ts'
import { GzipReader } from './gzip-reader.ts'
import { SniffingReader } from './sniffing-reader.ts'

const options = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .optional()
      .describe('File to read, or a glob: logs/*.log. A glob takes regular files only, sorted by bytes.'),
    paths: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Several files or globs, read in this order. A glob leaves out what the list names before it.'),
    compression: z
      .enum(['auto', 'none', 'gzip'])
      .default('auto')
      .describe('auto tells gzip by its first bytes, whatever the name; none takes the bytes as they are.'),
    follow: z.boolean().default(false).describe('Wait at the end of the file for more lines. This version refuses it.')
  })
  .refine(({ path, paths }) => (path === undefined) !== (paths === undefined), 'give either path or paths')

export function createFileSource(fileSystem: FileSystem) {
  return defineSource({
    name: 'file',
    summary: 'Reads the lines of files; gzip is decompressed.',
    options,
    readBy: 'lane',
    isEndless: ({ follow }) => follow,
    open({ path, paths, compression, follow }, setup: SourceSetup): Source {
      if (follow) throw new UserError('following files comes later', { hint: 'Set follow: false.' })
      return new FileSource(fileSystem, findFiles(fileSystem, paths ?? [path!], compression, setup))
    }
  })
}

export const fileSource = createFileSource(nodeFileSystem)

class FileSource implements Source {
  readonly totalBytes: number | undefined
  private readonly inputs: readonly FileInput[]
  private turn = 0

  constructor(fileSystem: FileSystem, files: readonly FoundFile[]) {
    this.inputs = files.map(file => new FileInput(fileSystem, file))
    this.totalBytes = files.reduce<number | undefined>(
      (sum, { sizeBytes }) => (sum === undefined || sizeBytes === undefined ? undefined : sum + sizeBytes),
      0
    )
  }

  next(): ByteInput | undefined {
    this.inputs[this.turn - 1]?.close()
    return this.inputs[this.turn++]
  }

  close(): void {
    for (const input of this.inputs) input.close()
    this.turn = this.inputs.length
  }
}

class FileInput implements ByteInput {
  readonly name: string
  readonly file: string
  readonly sizeBytes: number | undefined
  private readonly fileSystem: FileSystem
  private readonly found: FoundFile
  /** Held since the start; the reader owns it once there is one. */
  private held: number | undefined
  private reader: ByteReader | undefined
  private isClosed = false

  constructor(fileSystem: FileSystem, found: FoundFile) {
    this.fileSystem = fileSystem
    this.found = found
    this.held = found.descriptor
    this.name = found.name
    this.file = found.path
    this.sizeBytes = found.sizeBytes
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

  private open(): ByteReader {
    const { found, fileSystem, name } = this
    const descriptor = this.held ?? openAsFound(fileSystem, found)
    this.held = undefined
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
