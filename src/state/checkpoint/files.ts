// The files of the checkpoint in a state folder.

import { constants } from 'node:fs'
import { join } from 'node:path'

import type { FileSystem } from '../../base/file-system.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import { writeFully } from '../../base/write-fully.ts'
import { type Decoded, decodeCheckpoint } from './encoding.ts'

export interface CheckpointFiles {
  /** The one that holds. */
  readonly current: string
  /** The one before it: taken when the disk has damaged the current one. */
  readonly previous: string
  /** A damaged one, kept for a person to look at. */
  readonly damaged: string
  /** Under way. Left behind by a crash, it means nothing. */
  readonly temporary: string
}

export function checkpointFiles(stateFolder: string): CheckpointFiles {
  return {
    current: join(stateFolder, 'checkpoint'),
    previous: join(stateFolder, 'checkpoint.previous'),
    damaged: join(stateFolder, 'checkpoint.damaged'),
    temporary: join(stateFolder, 'checkpoint.tmp')
  }
}

/** Undefined when there is no such file. Throws the system's error when it cannot be read. */
export function readCheckpointFile(fileSystem: FileSystem, path: string): Decoded | undefined {
  let descriptor: number
  try {
    descriptor = fileSystem.openSync(path, constants.O_RDONLY)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return decodeCheckpoint(readAll(fileSystem, descriptor))
  } finally {
    fileSystem.closeSync(descriptor)
  }
}

/** Writes all the bytes to a file, which never makes its writer wait, or throws the system's error. */
export function writeAll(fileSystem: FileSystem, descriptor: number, bytes: Uint8Array): void {
  const { error } = writeFully(fileSystem, descriptor, bytes, () => {})
  if (error !== undefined) throw error as Error
}

export function removeFile(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.unlinkSync(path)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
}

/** For a file that means nothing, whether it is there or not. */
export function removeQuietly(fileSystem: FileSystem, path: string): void {
  try {
    removeFile(fileSystem, path)
  } catch {
    // The error that made it mean nothing is the one to tell.
  }
}

function readAll(fileSystem: FileSystem, descriptor: number): Buffer {
  const bytes = Buffer.alloc(Number(fileSystem.fstatSync(descriptor).size))
  let length = 0
  while (length < bytes.length) {
    const count = fileSystem.readSync(descriptor, bytes, length, bytes.length - length, length)
    if (count === 0) break
    length += count
  }
  return bytes.subarray(0, length)
}
