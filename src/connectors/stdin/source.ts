// Reads standard input, once: what was read and not settled when the process dies is lost.
//
// Pipes, terminals and sockets are waited for in the event loop. A read that blocks a thread of the pool cannot be
// ended: `process.exit()` would hang until the next byte comes.

import { setTimeout as sleep } from 'node:timers/promises'

import { z } from 'zod'

import type { ByteReader } from '../../base/byte-reader.ts'
import { outputWithIdentity } from '../../base/file-identity.ts'
import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { StreamReader } from '../../base/stream-reader.ts'
import { isTransientCode, systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import { type ByteInput, defineSource, type Source, type SourceSetup } from '../../sdk/source.ts'

const STDIN = 0
const RETRY_MILLISECONDS = 20

export function createStdinSource(fileSystem: FileSystem) {
  return defineSource({
    name: 'stdin',
    summary: 'Reads lines from standard input.',
    options: z.strictObject({}),
    readBy: 'main',
    isEndless: () => false,
    open: (_options, setup) => openStdin(fileSystem, setup)
  })
}

export const stdinSource = createStdinSource(nodeFileSystem)

function openStdin(fileSystem: FileSystem, setup: SourceSetup): Source {
  const { reader, sizeBytes } = openReader(fileSystem, setup)
  const input: ByteInput = {
    name: 'stdin',
    file: undefined,
    sizeBytes,
    get readBytes() {
      return reader.readBytes
    },
    read: (target, offset, length) => reader.read(target, offset, length),
    close: () => reader.close()
  }
  let isGiven = false
  return {
    totalBytes: sizeBytes,
    next() {
      if (isGiven) return undefined
      isGiven = true
      return input
    },
    close() {
      isGiven = true
      input.close()
    }
  }
}

function openReader(
  fileSystem: FileSystem,
  setup: SourceSetup
): { readonly reader: ByteReader; readonly sizeBytes: number | undefined } {
  try {
    const status = fileSystem.fstatSync(STDIN)
    if (status.isDirectory()) {
      throw new UserError('cannot read stdin: it is a folder', { hint: 'Give its files with --input "folder/*.log".' })
    }
    const output = outputWithIdentity(fileSystem, status, setup.outputFiles)
    if (output !== undefined) {
      throw new UserError(`cannot read stdin: it is the output ${quote(output)} as well`, {
        hint: 'Write to another file.'
      })
    }
    if (status.isFIFO() || status.isSocket() || fileSystem.isTerminal(STDIN)) {
      return { reader: new StreamReader(fileSystem.openStream(STDIN), readFailure), sizeBytes: undefined }
    }
    const sizeBytes = status.isFile() ? Number(status.size) : undefined
    return { reader: new PooledReader(fileSystem), sizeBytes }
  } catch (error) {
    if (error instanceof UserError) throw error
    // A closed stdin is an empty one.
    if (systemErrorCode(error) === 'EBADF') return { reader: new EmptyReader(), sizeBytes: 0 }
    throw new UserError(`cannot read stdin: ${systemErrorReason(error)}`, { cause: error })
  }
}

function readFailure(cause: unknown): SourceError {
  const code = systemErrorCode(cause) ?? 'READ_FAILED'
  return new SourceError(`cannot read on in stdin: ${systemErrorReason(cause)}`, {
    code,
    retryable: isTransientCode(code),
    cause
  })
}

/** A file or a device: its reads end by themselves, so a thread of the pool may do them. */
class PooledReader implements ByteReader {
  readonly rewind = undefined
  readBytes = 0
  private readonly fileSystem: FileSystem
  private isClosed = false

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem
  }

  async read(target: Uint8Array, offset: number, length: number): Promise<number> {
    while (!this.isClosed) {
      try {
        // Its own position: who started us may have read the beginning.
        const count = await this.fileSystem.read(STDIN, target, offset, length, null)
        this.readBytes += count
        return count
      } catch (cause) {
        const code = systemErrorCode(cause)
        // Closed by whoever started us.
        if (code === 'EBADF') return 0
        if (code !== 'EAGAIN') throw readFailure(cause)
        await sleep(RETRY_MILLISECONDS)
      }
    }
    return 0
  }

  close(): void {
    this.isClosed = true
  }
}

class EmptyReader implements ByteReader {
  readonly rewind = undefined
  readonly readBytes = 0

  read(): number {
    return 0
  }

  close(): void {}
}
