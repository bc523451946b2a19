// Reads what can be read without waiting: regular files and devices. Straight into the target, no copy, no promise.

import type { ByteReader } from '../../base/byte-reader.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { readFailure } from './failures.ts'

export class DescriptorReader implements ByteReader {
  readonly rewind: (() => void) | undefined
  private readonly fileSystem: FileSystem
  private readonly name: string
  private readonly hasPositions: boolean
  private descriptor: number
  private position: number
  private furthest: number

  /** Owns the descriptor. A regular file has positions: it is read from its first byte whatever the descriptor's is. */
  constructor(fileSystem: FileSystem, descriptor: number, name: string, hasPositions: boolean, start = 0) {
    this.position = this.furthest = start
    this.fileSystem = fileSystem
    this.descriptor = descriptor
    this.name = name
    this.hasPositions = hasPositions
    this.rewind = hasPositions
      ? () => {
          this.position = start
        }
      : undefined
  }

  get readBytes(): number {
    return this.furthest
  }

  /** The end is where the file ends now, whatever its size was at the start. */
  read(target: Uint8Array, offset: number, length: number): number {
    if (this.descriptor === -1) return 0
    let count: number
    try {
      const position = this.hasPositions ? this.position : null
      count = this.fileSystem.readSync(this.descriptor, target, offset, length, position)
    } catch (cause) {
      throw readFailure(this.name, this.position, cause)
    }
    this.position += count
    if (this.position > this.furthest) this.furthest = this.position
    return count
  }

  close(): void {
    if (this.descriptor === -1) return
    const descriptor = this.descriptor
    this.descriptor = -1
    this.fileSystem.closeSync(descriptor)
  }
}
