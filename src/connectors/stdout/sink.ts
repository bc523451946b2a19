// Writes lines to stdout: to its descriptor, never through Node's stream, so a write that returned is a write done.

import { z } from 'zod'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import { writeFully } from '../../base/write-fully.ts'
import { defineSink, type Sink } from '../../sdk/sink.ts'
import { writeFailure } from '../write-failure.ts'

const STDOUT = 1

export function createStdoutSink(fileSystem: FileSystem) {
  return defineSink({
    name: 'stdout',
    summary: 'Writes lines to standard output.',
    options: z.strictObject({}),
    open(_options, setup): Sink {
      let isFile: boolean
      try {
        isFile = fileSystem.fstatSync(STDOUT).isFile()
      } catch (cause) {
        throw new UserError(`cannot write to stdout: ${systemErrorReason(cause)}`, { hint: 'Is it closed?', cause })
      }
      return {
        length: undefined,
        write(bytes) {
          const { written, error } = writeFully(fileSystem, STDOUT, bytes, milliseconds =>
            setup.blockThread(milliseconds)
          )
          // EPIPE among them: its reader has enough, and the engine stops quietly.
          if (error !== undefined) throw writeFailure('stdout', error, written, isFile)
        },
        close() {}
      }
    }
  })
}

export const stdoutSink = createStdoutSink(nodeFileSystem)
