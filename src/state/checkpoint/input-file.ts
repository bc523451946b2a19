// An input's file at a checkpoint: what is noted of it, and whether it is still there as it was.

import type { FileSystem } from '../../base/file-system.ts'
import { quote } from '../../base/quote.ts'
import type { InputCheckpoint, InputFile } from './checkpoint.ts'
import { comparePath, type FileCheck } from './compare.ts'
import { hasMark, isFullHead, markBefore, markHead } from './marks.ts'

/** A file was shortened or written over by somebody while the run used it. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError'
}

export interface InputFileNow {
  readonly path: string
  /** Open for reading. */
  readonly descriptor: number
  /** Up to which everything is settled, in bytes of text. */
  readonly offset: number
  readonly isCompressed: boolean
  /** What the checkpoint before this one noted of the same file. */
  readonly last?: InputFile | undefined
}

/** Throws a FileChangedError when the file is not any more what was read. */
export function describeInputFile(fileSystem: FileSystem, input: InputFileNow): InputFile {
  const { path, descriptor, offset, isCompressed, last } = input
  const status = fileSystem.fstatSync(descriptor)
  const size = Number(status.size)
  const storedOffset = isCompressed ? size : offset
  if (size < storedOffset || (isCompressed && last !== undefined && size < last.storedOffset)) {
    const expected = Math.max(storedOffset, last?.storedOffset ?? 0)
    throw new FileChangedError(
      `The input ${quote(path)} was shortened while it was read: from ${expected} to ${size} bytes.`
    )
  }
  if (last !== undefined && !hasMark(fileSystem, descriptor, 0, last.head)) {
    throw new FileChangedError(
      `The input ${quote(path)} was written over while it was read: its first bytes have changed.`
    )
  }
  return {
    path,
    device: String(status.dev),
    inode: String(status.ino),
    isCompressed,
    head: last !== undefined && isFullHead(last.head) ? last.head : markHead(fileSystem, descriptor),
    storedOffset,
    before: markBefore(fileSystem, descriptor, storedOffset)
  }
}

/** A file that has only grown matches. So does an input that is no file: whether it can go on is not a matter of files. */
export function checkInput(fileSystem: FileSystem, { name, file }: InputCheckpoint): FileCheck {
  if (file === undefined) return { matches: true, sizeBytes: 0 }
  return comparePath(fileSystem, {
    path: file.path,
    device: file.device,
    inode: file.inode,
    title: `the input ${quote(name)}`,
    head: file.head,
    position: file.storedOffset,
    before: file.before,
    hint: 'Put it back as it was, or start over with --fresh.'
  })
}
