// Reads the text of a line again from the file that it came from, when that is still the same file.
//
// The same: its device, its inode, its first bytes, and that a line stands where the lane had one. Whoever writes
// another line of the same length over it is not noticed.

import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** The regular file behind a source. */
export interface SourceFile {
  readonly path: string
  readonly device: string
  readonly inode: string
  readonly isCompressed: boolean
}

export type SourceText = { readonly bytes: Uint8Array; readonly isCut: boolean } | { readonly because: string }

const HEAD_BYTES = 4_096
const SHOWN_BYTES = 16_384
const NEWLINE = 0x0a
const CHANGED = { because: 'its file is not the one any more that was read' }

interface Head {
  readonly file: SourceFile
  readonly byteCount: number
  readonly sha256: string
}

export class SourceTexts {
  readonly #heads: (Head | undefined)[] = []

  /** By source number. Of each the first bytes are remembered as soon as it is known. */
  learn(files: readonly (SourceFile | undefined)[]): void {
    for (const [source, file] of files.entries()) {
      if (file === undefined || file.isCompressed || this.#heads[source]?.file.inode === file.inode) continue
      const head = withFile(file, descriptor => readBytes(descriptor, 0, HEAD_BYTES))
      this.#heads[source] = head === undefined ? undefined : { file, byteCount: head.length, sha256: hashOf(head) }
    }
  }

  /** `bytes`: of the line with its line end. */
  read(file: SourceFile | undefined, source: number, offset: number, bytes: number): SourceText {
    if (file === undefined) return { because: 'its source is no file that can be read again' }
    if (file.isCompressed) return { because: 'its file is compressed and is not read again' }
    const head = this.#heads[source]
    if (head === undefined) return { because: 'its file cannot be read any more' }
    return withFile(file, descriptor => lineAt(descriptor, head, offset, bytes)) ?? CHANGED
  }
}

function lineAt(descriptor: number, head: Head, offset: number, bytes: number): SourceText | undefined {
  if (hashOf(readBytes(descriptor, 0, head.byteCount)) !== head.sha256) return undefined
  const before = offset === 0 ? 0 : 1
  const shown = Math.min(bytes, SHOWN_BYTES)
  const found = readBytes(descriptor, offset - before, before + shown)
  if (found.length < before + shown || (before === 1 && found[0] !== NEWLINE)) return undefined
  const line = found.subarray(before)
  const newline = line.indexOf(NEWLINE)
  if (shown < bytes) return newline === -1 ? { bytes: line, isCut: true } : undefined
  // Only the last line of a file may have no end.
  if (newline === -1) return { bytes: line, isCut: false }
  if (newline !== shown - 1) return undefined
  return { bytes: line.subarray(0, line[newline - 1] === 0x0d ? newline - 1 : newline), isCut: false }
}

/** Undefined when it cannot be opened, or is another file. */
function withFile<Result>(file: SourceFile, use: (descriptor: number) => Result): Result | undefined {
  let descriptor: number | undefined
  try {
    // Should a pipe stand there by now, opening it must not wait for somebody who writes.
    descriptor = openSync(file.path, constants.O_RDONLY | constants.O_NONBLOCK)
    const status = fstatSync(descriptor, { bigint: true })
    const isSame = status.isFile() && String(status.dev) === file.device && String(status.ino) === file.inode
    return isSame ? use(descriptor) : undefined
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function readBytes(descriptor: number, position: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const count = readSync(descriptor, bytes, read, length - read, position + read)
    if (count === 0) break
    read += count
  }
  return bytes.subarray(0, read)
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
