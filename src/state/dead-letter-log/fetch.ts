// Reads single letters by their places, in the order of the log, also discarded ones.

import { type FileSystem, nodeFileSystem } from '../../base/file-system.ts'
import type { LetterPlace } from './discards-writer.ts'
import { logFolder } from './layout.ts'
import type { DeadLetter } from './letter.ts'
import { decodeLetter } from './letter-encoding.ts'
import { LogFiles } from './log-files.ts'
import { type SegmentFile, type SegmentItem, scanSegment } from './segment-file.ts'

export class LetterFetcher {
  readonly #files: LogFiles
  #segment = 0
  #file: SegmentFile | undefined
  #items: Generator<SegmentItem> | undefined
  #end = 0

  constructor(stateFolder: string, fileSystem: FileSystem = nodeFileSystem) {
    this.#files = new LogFiles(logFolder(stateFolder), fileSystem)
  }

  /** Undefined when there is no such letter any more, or it is damaged. */
  fetch({ start, checksum }: LetterPlace): DeadLetter | undefined {
    if (this.#segment !== start.segment || start.length < this.#end) this.#open(start.segment, start.length)
    if (this.#items === undefined) return undefined
    for (;;) {
      const { value: item, done } = this.#items.next()
      if (done === true) return undefined
      if (item.kind === 'header') continue
      this.#end = item.end
      if (item.start > start.length) return undefined
      if (item.start < start.length) continue
      if (item.kind !== 'letter' || item.checksum !== checksum) return undefined
      try {
        return decodeLetter(item.payload)
      } catch {
        return undefined
      }
    }
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
    this.#items = undefined
    this.#segment = 0
  }

  #open(segment: number, from: number): void {
    this.close()
    this.#file = this.#files.readIfThere(segment)
    this.#segment = segment
    this.#end = 0
    if (this.#file !== undefined && from <= this.#file.size) this.#items = scanSegment(this.#file, segment, true, from)
  }
}
