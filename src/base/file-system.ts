// The calls that touch files, as an object: a test makes any of them fail, a simulation replaces them all.

import fs, { type BigIntStats } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'

/** Named as in `node:fs`, and failing as there. A `null` position is the descriptor's own. */
export interface FileSystem {
  /** `mode` is that of a new file. */
  openSync(path: string, flags: number, mode?: number): number
  closeSync(descriptor: number): void
  statSync(path: string): BigIntStats
  /** Of a link itself. A name that is not UTF-8 needs a path of bytes. */
  lstatSync(path: string | Buffer): BigIntStats
  fstatSync(descriptor: number): BigIntStats
  /** The path without links on its way. */
  realpathSync(path: string): string
  accessSync(path: string | Buffer, mode: number): void
  readSync(descriptor: number, target: Uint8Array, offset: number, length: number, position: number | null): number
  read(descriptor: number, target: Uint8Array, offset: number, length: number, position: number | null): Promise<number>
  writeSync(descriptor: number, bytes: Uint8Array, offset: number, length: number): number
  ftruncateSync(descriptor: number, length: number): void
  /** Everything about the file reaches the disk, but not its name: that is a matter of its folder. */
  fsyncSync(descriptor: number): void
  /** Its bytes and its length reach the disk. */
  fdatasyncSync(descriptor: number): void
  mkdirSync(path: string, mode: number): void
  /** Names in a folder, in no promised order. */
  readdirSync(path: string): string[]
  /** The same as bytes, one after the other: a folder may hold more names than should be in memory at once. */
  namesInFolder(path: string): Iterable<Buffer>
  unlinkSync(path: string): void
  /** Replaces what has the new name, at one instant. */
  renameSync(path: string | Buffer, newPath: string): void
  /** Gives the file a second name, which nothing may have yet. */
  linkSync(path: string, newPath: string): void
  /** Paths that match, in no promised order; relative ones start from `baseFolder`. */
  globSync(pattern: string, baseFolder: string): string[]
  /**
   * Bytes of a pipe, terminal or socket as they come. Waits in the event loop: a blocking read would keep a thread of
   * the pool, and neither `process.exit()` nor `worker.terminate()` returns before it does. Owns the descriptor.
   */
  openStream(descriptor: number): Readable
  isTerminal(descriptor: number): boolean
}

export const nodeFileSystem: FileSystem = {
  openSync: (path, flags, mode) => fs.openSync(path, flags, mode),
  closeSync: descriptor => fs.closeSync(descriptor),
  statSync: path => fs.statSync(path, { bigint: true }),
  lstatSync: path => fs.lstatSync(path, { bigint: true }),
  fstatSync: descriptor => fs.fstatSync(descriptor, { bigint: true }),
  realpathSync: path => fs.realpathSync.native(path),
  accessSync: (path, mode) => fs.accessSync(path, mode),
  readSync: (descriptor, target, offset, length, position) => fs.readSync(descriptor, target, offset, length, position),
  read: (descriptor, target, offset, length, position) =>
    new Promise((resolve, reject) => {
      fs.read(descriptor, target, offset, length, position, (error, count) => {
        if (error === null) resolve(count)
        else reject(error)
      })
    }),
  writeSync: (descriptor, bytes, offset, length) => fs.writeSync(descriptor, bytes, offset, length),
  ftruncateSync: (descriptor, length) => fs.ftruncateSync(descriptor, length),
  fsyncSync: descriptor => fs.fsyncSync(descriptor),
  fdatasyncSync: descriptor => fs.fdatasyncSync(descriptor),
  mkdirSync: (path, mode) => {
    fs.mkdirSync(path, { mode })
  },
  readdirSync: path => fs.readdirSync(path),
  namesInFolder,
  unlinkSync: path => fs.unlinkSync(path),
  renameSync: (path, newPath) => fs.renameSync(path, newPath),
  linkSync: (path, newPath) => fs.linkSync(path, newPath),
  globSync: (pattern, baseFolder) => fs.globSync(pattern, { cwd: baseFolder }),
  openStream: descriptor =>
    isatty(descriptor) ? new ReadStream(descriptor) : new Socket({ fd: descriptor, readable: true, writable: false }),
  isTerminal: descriptor => isatty(descriptor)
}

function* namesInFolder(path: string): Generator<Buffer> {
  const folder = fs.opendirSync(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 })
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      // Typed as text whatever the encoding.
      yield entry.name as unknown as Buffer
    }
  } finally {
    folder.closeSync()
  }
}
