// The file system of a simulated disk: files and folders with absolute paths, no links but hard ones, no pipes.
//
// Calls fail as in `node:fs`. A test looks at every call before it happens, and may make it fail or take less.

import { type BigIntStats, constants as flagsOf } from 'node:fs'
import type { constants } from 'node:os'
import { posix } from 'node:path'
import type { Readable } from 'node:stream'

import type { FileSystem } from './file-system.ts'
import {
  fileOf,
  isForWriting,
  type OpenNode,
  refusalToRename,
  statusOf,
  systemError
} from './simulated-calls-fixtures.ts'
import {
  SimulatedDisk,
  type SimulatedFile,
  type SimulatedFolder,
  type SimulatedNode
} from './simulated-disk-fixtures.ts'

export interface SimulatedCall {
  /** Without `Sync`: `write`, `fsync`. */
  readonly name: string
  readonly path: string
}

/** What happens in place of the call: it fails, or a write takes fewer bytes. */
export type Fault = { readonly error: keyof typeof constants.errno } | { readonly bytes: number }

export class SimulatedFileSystem implements FileSystem {
  /** Told of every call before it happens. */
  intercept: (call: SimulatedCall) => Fault | undefined = () => undefined
  /** Bytes that all files together may have. As at a real full disk, a write takes what has room and the next one fails. */
  capacityBytes = Number.POSITIVE_INFINITY
  readonly #disk: SimulatedDisk
  readonly #open = new Map<number, OpenNode>()
  #nextDescriptor = 3

  constructor(disk = new SimulatedDisk()) {
    this.#disk = disk
  }

  /** The file system after a power failure at this instant; the same seed loses the same. This one goes on as it is. */
  crash(seed: number): SimulatedFileSystem {
    return new SimulatedFileSystem(this.#disk.crash(seed))
  }

  /** Everything as it is now is on the disk. */
  syncAll(): void {
    for (const { node } of this.#walk()) {
      if (node.kind === 'file') node.sync()
      else this.#disk.syncFolder(node)
    }
  }

  /** All bytes of a file; undefined when there is none. */
  bytesOf(path: string): Buffer | undefined {
    const { node } = this.#locate(path)
    return node?.kind === 'file' ? Buffer.from(node.bytes) : undefined
  }

  /** Makes a file with these bytes, or replaces all that it has. Nothing is told of it, and nothing synced. */
  put(path: string, bytes: Uint8Array | string): void {
    const { folder, name, node } = this.#locate(path)
    if (folder === undefined) throw systemError('ENOENT', 'put', path)
    const file = node?.kind === 'file' ? node : this.#disk.makeFile()
    if (file !== node) this.#disk.changeNames([{ folder, name, node: file }])
    file.setLength(0)
    file.write(0, typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  }

  openSync(path: string, flags: number): number {
    this.#enter('open', path)
    const { folder, name, node } = this.#locate(path)
    let opened = node
    if (opened === undefined) {
      if (folder === undefined || (flags & flagsOf.O_CREAT) === 0) throw systemError('ENOENT', 'open', path)
      opened = this.#disk.makeFile()
      this.#disk.changeNames([{ folder, name, node: opened }])
    } else if ((flags & flagsOf.O_CREAT) !== 0 && (flags & flagsOf.O_EXCL) !== 0) {
      throw systemError('EEXIST', 'open', path)
    }
    if (opened.kind === 'folder' && (isForWriting(flags) || (flags & flagsOf.O_CREAT) !== 0))
      throw systemError('EISDIR', 'open', path)
    if (opened.kind === 'file' && (flags & flagsOf.O_DIRECTORY) !== 0) throw systemError('ENOTDIR', 'open', path)
    if (opened.kind === 'file' && (flags & flagsOf.O_TRUNC) !== 0 && opened.length > 0) opened.setLength(0)
    const descriptor = this.#nextDescriptor++
    this.#open.set(descriptor, { node: opened, path, flags, position: 0 })
    return descriptor
  }

  closeSync(descriptor: number): void {
    const { path } = this.#opened(descriptor, 'close')
    // Closed even when it fails, as on Linux.
    this.#open.delete(descriptor)
    this.#enter('close', path)
  }

  statSync(path: string): BigIntStats {
    this.#enter('stat', path)
    return statusOf(this.#existing(path, 'stat').node)
  }

  /** There are no links. */
  lstatSync(path: string): BigIntStats {
    this.#enter('lstat', path)
    return statusOf(this.#existing(path, 'lstat').node)
  }

  fstatSync(descriptor: number): BigIntStats {
    const { node, path } = this.#opened(descriptor, 'fstat')
    this.#enter('fstat', path)
    return statusOf(node)
  }

  realpathSync(path: string): string {
    this.#enter('realpath', path)
    this.#existing(path, 'realpath')
    return posix.normalize(path)
  }

  accessSync(path: string): void {
    this.#enter('access', path)
    this.#existing(path, 'access')
  }

  readSync(descriptor: number, target: Uint8Array, offset: number, length: number, position: number | null): number {
    const open = this.#opened(descriptor, 'read')
    this.#enter('read', open.path)
    // Node asks the system for nothing then.
    if (length === 0) return 0
    if ((open.flags & flagsOf.O_WRONLY) !== 0) throw systemError('EBADF', 'read', open.path)
    const { bytes } = fileOf(open, 'read')
    const start = position ?? open.position
    const count = Math.max(0, Math.min(length, bytes.length - start))
    target.set(bytes.subarray(start, start + count), offset)
    if (position === null) open.position += count
    return count
  }

  async read(
    descriptor: number,
    target: Uint8Array,
    offset: number,
    length: number,
    position: number | null
  ): Promise<number> {
    return this.readSync(descriptor, target, offset, length, position)
  }

  writeSync(descriptor: number, bytes: Uint8Array, offset: number, length: number): number {
    const open = this.#opened(descriptor, 'write')
    const fault = this.#enter('write', open.path)
    if (!isForWriting(open.flags)) throw systemError('EBADF', 'write', open.path)
    const file = fileOf(open, 'write')
    const start = (open.flags & flagsOf.O_APPEND) === 0 ? open.position : file.length
    const room = this.#room() + Math.max(0, file.length - start)
    if (room <= 0 && length > 0) throw systemError('ENOSPC', 'write', open.path)
    const count = Math.min(length, room, fault?.bytes ?? length)
    file.write(start, bytes.subarray(offset, offset + count))
    open.position = start + count
    return count
  }

  ftruncateSync(descriptor: number, length: number): void {
    const open = this.#opened(descriptor, 'ftruncate')
    this.#enter('ftruncate', open.path)
    if (!isForWriting(open.flags)) throw systemError('EINVAL', 'ftruncate', open.path)
    fileOf(open, 'ftruncate').setLength(length)
  }

  fsyncSync(descriptor: number): void {
    this.#sync(descriptor, 'fsync')
  }

  fdatasyncSync(descriptor: number): void {
    this.#sync(descriptor, 'fdatasync')
  }

  mkdirSync(path: string): void {
    this.#enter('mkdir', path)
    const { folder, name, node } = this.#locate(path)
    if (folder === undefined) throw systemError('ENOENT', 'mkdir', path)
    if (node !== undefined) throw systemError('EEXIST', 'mkdir', path)
    this.#disk.changeNames([{ folder, name, node: this.#disk.makeFolder() }])
  }

  readdirSync(path: string): string[] {
    this.#enter('readdir', path)
    const { node } = this.#existing(path, 'readdir')
    if (node.kind !== 'folder') throw systemError('ENOTDIR', 'readdir', path)
    return [...node.names.keys()]
  }

  *namesInFolder(path: string): Generator<Buffer> {
    for (const name of this.readdirSync(path)) yield Buffer.from(name)
  }

  unlinkSync(path: string): void {
    this.#enter('unlink', path)
    const { folder, name, node } = this.#existing(path, 'unlink')
    if (node.kind === 'folder') throw systemError('EISDIR', 'unlink', path)
    this.#disk.changeNames([{ folder, name, node: undefined }])
  }

  renameSync(path: string, newPath: string): void {
    this.#enter('rename', path)
    const from = this.#locate(path)
    if (from.folder === undefined) throw systemError('ENOENT', 'rename', path)
    const to = this.#locate(newPath)
    if (from.node === undefined) throw systemError('ENOENT', 'rename', path)
    if (to.folder === undefined) throw systemError('ENOENT', 'rename', newPath)
    const refusal = refusalToRename(from.node, to.node, posix.resolve('/', path), posix.resolve('/', newPath))
    if (refusal !== undefined) throw systemError(refusal, 'rename', newPath)
    if (to.node === from.node) return
    this.#disk.changeNames([
      { folder: from.folder, name: from.name, node: undefined },
      { folder: to.folder, name: to.name, node: from.node }
    ])
  }

  linkSync(path: string, newPath: string): void {
    this.#enter('link', path)
    const { node } = this.#existing(path, 'link')
    const to = this.#locate(newPath)
    if (to.folder === undefined) throw systemError('ENOENT', 'link', newPath)
    if (to.node !== undefined) throw systemError('EEXIST', 'link', newPath)
    if (node.kind === 'folder') throw systemError('EPERM', 'link', path)
    this.#disk.changeNames([{ folder: to.folder, name: to.name, node }])
  }

  /** Only paths as they stand. */
  globSync(pattern: string, baseFolder: string): string[] {
    this.#enter('glob', pattern)
    return this.#locate(posix.resolve(baseFolder, pattern)).node === undefined ? [] : [pattern]
  }

  openStream(): Readable {
    throw new Error('a simulated file system has no pipes')
  }

  isTerminal(): boolean {
    return false
  }

  #sync(descriptor: number, name: string): void {
    const { node, path } = this.#opened(descriptor, name)
    try {
      this.#enter(name, path)
    } catch (error) {
      if (node.kind === 'file') node.failToSync()
      throw error
    }
    if (node.kind === 'file') node.sync()
    else this.#disk.syncFolder(node)
  }

  #enter(name: string, path: string): { readonly bytes: number } | undefined {
    const fault = this.intercept({ name, path })
    if (fault === undefined) return undefined
    if ('error' in fault) throw systemError(fault.error, name, path)
    return fault
  }

  #opened(descriptor: number, call: string): OpenNode {
    const open = this.#open.get(descriptor)
    if (open === undefined) throw systemError('EBADF', call, String(descriptor))
    return open
  }

  #existing(path: string, call: string): { folder: SimulatedFolder; name: string; node: SimulatedNode } {
    const { folder, name, node } = this.#locate(path)
    if (folder === undefined || node === undefined) throw systemError('ENOENT', call, path)
    return { folder, name, node }
  }

  /** Without a folder when a part of the path is not there. */
  #locate(path: string): { folder?: SimulatedFolder; name: string; node?: SimulatedNode } {
    const parts = posix.resolve('/', path).split('/').filter(Boolean)
    const name = parts.pop()
    let folder = this.#disk.root
    if (name === undefined) return { folder, name: '', node: folder }
    for (const part of parts) {
      const next = folder.names.get(part)
      if (next?.kind === 'file') throw systemError('ENOTDIR', 'open', path)
      if (next === undefined) return { name }
      folder = next
    }
    const node = folder.names.get(name)
    return node === undefined ? { folder, name } : { folder, name, node }
  }

  #room(): number {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return this.capacityBytes
    const files = new Set<SimulatedFile>()
    for (const { node } of this.#walk()) if (node.kind === 'file') files.add(node)
    for (const { node } of this.#open.values()) if (node.kind === 'file') files.add(node)
    let used = 0
    for (const file of files) used += file.length
    return this.capacityBytes - used
  }

  *#walk(folder = this.#disk.root): Generator<{ readonly node: SimulatedNode }> {
    yield { node: folder }
    for (const node of folder.names.values()) {
      if (node.kind === 'folder') yield* this.#walk(node)
      else yield { node }
    }
  }
}
