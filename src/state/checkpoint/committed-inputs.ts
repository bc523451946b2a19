// The inputs as the committer holds them: through descriptors of its own, so that a file is still known after it was
// renamed or deleted.

import { constants } from 'node:fs'

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import { systemErrorCode } from '../../base/system-error.ts'
import type { InputCheckpoint, InputFile, Mark } from './checkpoint.ts'
import { describeInputFile, FileChangedError } from './input-file.ts'
import { markOf } from './marks.ts'

/** More would be unkind to a low limit on open files. */
const HELD_FILES = 64
const NOTHING: Mark = markOf(new Uint8Array(0))

/** Where the run stands with an input. */
export interface CommittedPosition extends OpenFile {
  readonly name: string
  readonly offset: number
  readonly lineNumber: number
  readonly isFinished: boolean
}

export interface OpenFile {
  readonly sourceNumber: number
  /** Absolute; undefined for what is no file. */
  readonly path: string | undefined
  /** Of a regular file. */
  readonly stored: { readonly device: string; readonly inode: string; readonly isCompressed: boolean } | undefined
}

export class CommittedInputs {
  readonly #fileSystem: FileSystem
  readonly #mayChange: boolean
  readonly #descriptors = new Map<number, number>()
  readonly #described = new Map<number, InputCheckpoint>()

  /** `mayChange`: files may be rotated and emptied under the run, which is the source's matter then. */
  constructor(resume: readonly InputCheckpoint[], mayChange: boolean, fileSystem: FileSystem = nodeFileSystem) {
    this.#fileSystem = fileSystem
    this.#mayChange = mayChange
    for (const input of resume) this.#described.set(input.sourceNumber, input)
  }

  /** Takes hold of the file while its path still leads to it. */
  began(file: OpenFile): void {
    this.#descriptorOf(file)
  }

  /** Throws a FileChangedError when a file that may not change is not any more what was read. */
  describe(position: CommittedPosition): InputCheckpoint {
    const { sourceNumber, name, offset, lineNumber, isFinished } = position
    const last = this.#described.get(sourceNumber)
    if (last !== undefined && last.offset === offset && last.isFinished === isFinished) return last
    const file = this.#fileOf(position, last?.file)
    const input = { sourceNumber, name, offset, lineNumber, isFinished, ...(file === undefined ? {} : { file }) }
    this.#described.set(sourceNumber, input)
    if (isFinished) this.#letGo(sourceNumber)
    return input
  }

  forget(sourceNumber: number): void {
    this.#described.delete(sourceNumber)
    this.#letGo(sourceNumber)
  }

  close(): void {
    for (const sourceNumber of [...this.#descriptors.keys()]) this.#letGo(sourceNumber)
  }

  #fileOf(position: CommittedPosition, last: InputFile | undefined): InputFile | undefined {
    const { path, stored, offset } = position
    if (path === undefined || stored === undefined) return undefined
    const descriptor = this.#descriptorOf(position)
    if (descriptor !== undefined) {
      try {
        const { isCompressed } = stored
        return describeInputFile(this.#fileSystem, { path, descriptor, offset, isCompressed, last })
      } catch (error) {
        if (!this.#mayChange || !(error instanceof FileChangedError)) throw error
      }
    }
    // By its inode and by what was known of it before.
    return { path, ...stored, head: last?.head ?? NOTHING, storedOffset: offset, before: NOTHING }
  }

  #descriptorOf({ sourceNumber, path, stored }: OpenFile): number | undefined {
    const held = this.#descriptors.get(sourceNumber)
    if (held !== undefined || path === undefined || stored === undefined) return held
    let descriptor: number
    try {
      descriptor = this.#fileSystem.openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error
      return undefined
    }
    const { dev, ino } = this.#fileSystem.fstatSync(descriptor)
    if (String(dev) !== stored.device || String(ino) !== stored.inode) {
      this.#fileSystem.closeSync(descriptor)
      return undefined
    }
    this.#descriptors.set(sourceNumber, descriptor)
    if (this.#descriptors.size > HELD_FILES) this.#letGo(this.#descriptors.keys().next().value!)
    return descriptor
  }

  #letGo(sourceNumber: number): void {
    const descriptor = this.#descriptors.get(sourceNumber)
    if (descriptor === undefined) return
    this.#descriptors.delete(sourceNumber)
    this.#fileSystem.closeSync(descriptor)
  }
}
