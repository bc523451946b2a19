// Finds a file again that a checkpoint, or a path before its rotation, speaks of: by inode and by what it holds.

import { dirname, join } from 'node:path'

import { fileIdentity } from '../../base/file-identity.ts'
import type { FileSystem } from '../../base/file-system.ts'
import type { InputPosition } from '../../sdk/source.ts'
import { hasHead, readRange } from './follow-mark.ts'
import type { OpenFiles } from './follow-open.ts'

const NEWLINE = 0x0a
const NUL = 0
/** So many equal first bytes say that it is the same file though its device has another number. */
const STRONG_HEAD_BYTES = 64

export interface Found {
  readonly path: string
  readonly descriptor: number
  readonly identity: string
}

/** One look at folders, whatever number of files is searched in them. */
export class Siblings {
  private readonly fileSystem: FileSystem
  private readonly folders = new Map<string, ReadonlyMap<string, string>>()

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem
  }

  /** The file in this folder with this inode. */
  find(folder: string, inode: string): string | undefined {
    let paths = this.folders.get(folder)
    if (paths === undefined) {
      paths = this.byInode(folder)
      this.folders.set(folder, paths)
    }
    return paths.get(inode)
  }

  private byInode(folder: string): Map<string, string> {
    const paths = new Map<string, string>()
    try {
      for (const name of this.fileSystem.readdirSync(folder)) {
        const path = join(folder, name)
        const inode = inodeOf(this.fileSystem, path)
        if (inode !== undefined) paths.set(inode, path)
      }
    } catch {
      // No folder, no files.
    }
    return paths
  }
}

/** Looks at the path first, then at the files beside it. Undefined when none of them is it. */
export function findAgain(
  fileSystem: FileSystem,
  open: OpenFiles,
  siblings: Siblings,
  path: string,
  inode: string,
  isIt: (descriptor: number) => boolean
): Found | undefined {
  if (inodeOf(fileSystem, path) === inode) return openIf(fileSystem, open, path, inode, isIt)
  const beside = siblings.find(dirname(path), inode)
  return beside === undefined ? undefined : openIf(fileSystem, open, beside, inode, isIt)
}

/** Whether a file with the inode can go on at the position: it holds what was read, and a line ends there. */
export function goesOn(fileSystem: FileSystem, descriptor: number, position: InputPosition): boolean {
  const { head, offset, stored } = position
  const status = fileSystem.fstatSync(descriptor)
  if (Number(status.size) < offset) return false
  if (head !== undefined && !hasHead(fileSystem, descriptor, head)) return false
  // A reading may also begin behind a hole.
  const before = offset === 0 ? NEWLINE : readRange(fileSystem, descriptor, offset - 1, 1)[0]
  if (before !== NEWLINE && before !== NUL) return false
  // Some file systems are another device after each start of the machine.
  return String(status.dev) === stored?.device || (head !== undefined && head.byteCount >= STRONG_HEAD_BYTES)
}

function openIf(
  fileSystem: FileSystem,
  open: OpenFiles,
  path: string,
  inode: string,
  isIt: (descriptor: number) => boolean
): Found | undefined {
  let descriptor: number | undefined
  try {
    descriptor = open.open(path)
    const status = fileSystem.fstatSync(descriptor)
    if (status.isFile() && String(status.ino) === inode && isIt(descriptor)) {
      const found = { path, descriptor, identity: fileIdentity(status) }
      descriptor = undefined
      return found
    }
    return undefined
  } catch {
    // Gone meanwhile, or not to be read: then it is not found.
    return undefined
  } finally {
    if (descriptor !== undefined) fileSystem.closeSync(descriptor)
  }
}

function inodeOf(fileSystem: FileSystem, path: string): string | undefined {
  try {
    return String(fileSystem.statSync(path).ino)
  } catch {
    return undefined
  }
}
