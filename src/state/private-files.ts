// Folders and files that only their owner may read, whatever the umask is: they hold lines, and the dashboard's token.

import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'

import { systemErrorCode } from '../base/system-error.ts'

/** Makes a folder and those above it that are not there; what was there before is left as it is. */
export function makePrivateFolder(path: string): void {
  if (existsSync(path)) return
  makePrivateFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Two runs that begin at once: the lock decides between them, not this.
    if (systemErrorCode(error) === 'EEXIST') return
    throw error
  }
  // At once, because a umask that takes away the owner's own rights would let nothing be put into it.
  chmodSync(path, 0o700)
}

/** Replaces a file as a whole: a reader sees what it held before or all of `text`, also after a power failure. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const descriptor = openSync(temporary, 'wx', 0o600)
    try {
      const bytes = Buffer.from(text)
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
