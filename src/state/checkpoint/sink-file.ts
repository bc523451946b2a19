// A sink's file at a checkpoint: what is noted of it, whether it is still there as it was, and cutting it back.
//
// A file that does not match is never cut. Nor are more bytes than a run may leave uncommitted lost by cutting: they are
// saved first, for they may be somebody else's.

import { constants } from 'node:fs'
import { join } from 'node:path'

import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../base/system-error.ts'
import { UserError } from '../../base/user-error.ts'
import type { SinkCheckpoint, SinkFile } from './checkpoint.ts'
import { cannotOpen, compareDescriptor, comparePath, type Expected, type FileCheck } from './compare.ts'
import { removeQuietly, writeAll } from './files.ts'
import { findMoved } from './moved-file.ts'
import { syncFile, syncFolder } from './sync.ts'

/** A run waits for a commit before it has written more than this. */
export const UNCOMMITTED_BYTES = 64 * 1024 * 1024

export interface Cut {
  /** Where the file is now, when somebody has renamed it. */
  readonly movedTo?: string
  /** It is gone, or moved to where it was not looked for; nothing was to be cut off it. */
  readonly isGone?: boolean
  readonly cutBytes: number
  /** File with the bytes that were cut, when they were saved. */
  readonly savedAs: string | undefined
}

const NOTHING_CUT: Cut = { cutBytes: 0, savedAs: undefined }
const COPY_BYTES = 1024 * 1024

/**
 * A file that has only grown matches, also under another name in its folder. So does one that is gone if nothing was in
 * it, or nothing was to be cut off it; and a sink that is no file.
 */
export function checkSink(fileSystem: FileSystem, { name, file }: SinkCheckpoint): FileCheck {
  if (file === undefined) return { matches: true, sizeBytes: 0 }
  const expected = expectedOf(name, file)
  const check = comparePath(fileSystem, expected)
  if (check.matches || !isElsewhere(check)) return check
  const moved = findMoved(fileSystem, expected, file.bornNanoseconds)
  return moved === undefined ? orEmpty(file, check) : comparePath(fileSystem, { ...expected, path: moved })
}

/** Takes away what the file has behind the checkpoint. Throws a UserError, with nothing cut, when it does not match. */
export function cutSink(
  fileSystem: FileSystem,
  stateFolder: string,
  sink: SinkCheckpoint,
  uncommittedBytes = UNCOMMITTED_BYTES
): Cut {
  return change(fileSystem, sink, (descriptor, length, size) => {
    const cutBytes = size - length
    const isTooMuch = cutBytes > uncommittedBytes
    const savedAs = isTooMuch ? save(fileSystem, stateFolder, sink.name, descriptor, length) : undefined
    fileSystem.ftruncateSync(descriptor, length)
    return { cutBytes, savedAs }
  })
}

/**
 * For lines that nobody can read again: keeps those behind the checkpoint, and takes away what a crash has left of an
 * unfinished one. Throws as `cutSink` does.
 */
export function cutUnfinishedLine(fileSystem: FileSystem, sink: SinkCheckpoint): { readonly keptBytes: number } {
  let keptBytes = 0
  change(fileSystem, sink, (descriptor, length, size) => {
    const end = endOfLastLine(fileSystem, descriptor, length, size)
    keptBytes = end - length
    if (end < size) fileSystem.ftruncateSync(descriptor, end)
    return { cutBytes: size - end, savedAs: undefined }
  })
  return { keptBytes }
}

/** Calls `cut` when the file matches and has bytes behind the checkpoint. */
function change(
  fileSystem: FileSystem,
  { name, file }: SinkCheckpoint,
  cut: (descriptor: number, length: number, size: number) => Cut
): Cut {
  if (file === undefined) return NOTHING_CUT
  const expected = expectedOf(name, file)
  const check = comparePath(fileSystem, expected)
  const movedTo = isElsewhere(check) ? findMoved(fileSystem, expected, file.bornNanoseconds) : undefined
  if (isElsewhere(check) && movedTo === undefined) {
    sizeOf(orEmpty(file, check))
    return file.length === 0 ? NOTHING_CUT : { ...NOTHING_CUT, isGone: true }
  }
  const path = movedTo ?? file.path
  let descriptor: number
  try {
    descriptor = fileSystem.openSync(path, constants.O_RDWR | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    sizeOf(cannotOpen({ ...expected, path }, cause))
    return NOTHING_CUT
  }
  const moved = movedTo === undefined ? {} : { movedTo }
  try {
    const size = sizeOf(compareDescriptor(fileSystem, descriptor, expected))
    return { ...(size === file.length ? NOTHING_CUT : cut(descriptor, file.length, size)), ...moved }
  } catch (cause) {
    if (systemErrorCode(cause) === undefined) throw cause
    throw new UserError(`The output ${quote(name)} cannot be cut back: ${systemErrorReason(cause)}.`, {
      hint: 'Nothing was cut. Try again with --resume, or start over with --fresh.',
      cause
    })
  } finally {
    fileSystem.closeSync(descriptor)
  }
}

/** Of the whole lines between two places; the first of them when there is none. */
function endOfLastLine(fileSystem: FileSystem, descriptor: number, from: number, to: number): number {
  const bytes = Buffer.alloc(Math.min(COPY_BYTES, to - from))
  for (let end = to; end > from; ) {
    const start = Math.max(from, end - bytes.length)
    const count = fileSystem.readSync(descriptor, bytes, 0, end - start, start)
    const newline = bytes.subarray(0, count).lastIndexOf(0x0a)
    if (newline !== -1) return start + newline + 1
    end = start
  }
  return from
}

/** Throws what does not match. */
function sizeOf(check: FileCheck): number {
  if (!check.matches) throw check.error
  return check.sizeBytes
}

function isElsewhere(check: FileCheck): boolean {
  return !check.matches && (check.difference === 'missing' || check.difference === 'replaced')
}

/** Nothing is missing where nothing was, or where nothing could be too much. */
function orEmpty(file: SinkFile, check: FileCheck): FileCheck {
  const isGone = !check.matches && check.difference === 'missing'
  if (isGone && file.length === 0) return { matches: true, sizeBytes: 0 }
  return isElsewhere(check) && file.isAtRest === true ? { matches: true, sizeBytes: file.length } : check
}

function expectedOf(name: string, file: SinkFile): Expected {
  return {
    path: file.path,
    device: file.device,
    inode: file.inode,
    title: `the output ${quote(name)} (${quote(file.path)})`,
    head: undefined,
    position: file.length,
    before: file.before,
    hint: 'Nothing was cut. Put the file back as it was, or move it away and start over with --fresh.'
  }
}

/** Copies all from `start` on into `<state folder>/cut`, for good, and returns the copy's path. */
function save(fileSystem: FileSystem, stateFolder: string, name: string, descriptor: number, start: number): string {
  const folder = join(stateFolder, 'cut')
  try {
    fileSystem.mkdirSync(folder, 0o700)
    syncFolder(fileSystem, stateFolder)
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error
  }
  const path = join(folder, freeName(fileSystem.readdirSync(folder), name, start))
  const temporary = `${path}.tmp`
  try {
    const copy = fileSystem.openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600)
    try {
      copyFrom(fileSystem, descriptor, start, copy)
      syncFile(fileSystem, copy, temporary)
    } finally {
      fileSystem.closeSync(copy)
    }
    fileSystem.renameSync(temporary, path)
  } catch (error) {
    removeQuietly(fileSystem, temporary)
    throw error
  }
  syncFolder(fileSystem, folder)
  return path
}

/** `end-from-byte-1234`, `end-from-byte-1234.2`. */
function freeName(taken: readonly string[], sinkName: string, start: number): string {
  const name = `${sinkName.replace(/[^\p{L}\p{N}-]+/gu, '_')}-from-byte-${start}`
  let free = name
  for (let number = 2; taken.includes(free); number++) free = `${name}.${number}`
  return free
}

function copyFrom(fileSystem: FileSystem, descriptor: number, start: number, copy: number): void {
  const bytes = new Uint8Array(COPY_BYTES)
  for (let position = start; ; ) {
    const count = fileSystem.readSync(descriptor, bytes, 0, bytes.length, position)
    if (count === 0) return
    writeAll(fileSystem, copy, bytes.subarray(0, count))
    position += count
  }
}
