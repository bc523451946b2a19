// Reads the texts that a lane has numbered.

import type { SharedCells } from '../cells.ts'
import { openRegion, type Region } from '../region.ts'
import { entryWord, FIXED_STRINGS, LENGTH, OVERFLOWED, STRING_BYTES, STRING_CAPACITY } from './layout.ts'

export class StringReader {
  telemetryCorrupt = 0
  readonly #cells: SharedCells
  readonly #base: number
  readonly #known = new Map<number, string>(FIXED_STRINGS.map((text, id) => [id, text]))

  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#cells = cells
    this.#base = layout.strings
  }

  /** Texts so far, the fixed ones included. */
  get length(): number {
    const length = this.#cells.load(this.#base + LENGTH)
    if (length < 0 || length > STRING_CAPACITY) {
      this.telemetryCorrupt++
      return FIXED_STRINGS.length
    }
    return Math.max(length, FIXED_STRINGS.length)
  }

  /** Times that a text did not fit and became `other`. */
  get overflowed(): number {
    return this.#cells.load(this.#base + OVERFLOWED) >>> 0
  }

  /** The text; `other` for an id that no writer gave. */
  text(id: number): string {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    if (!(Number.isInteger(id) && id >= 0 && id < this.length)) return FIXED_STRINGS[0]
    const text = this.#read(id)
    this.#known.set(id, text)
    return text
  }

  #read(id: number): string {
    const entry = this.#base + entryWord(id)
    const byteLength = this.#cells.load(entry)
    if (byteLength < 0 || byteLength > STRING_BYTES) {
      this.telemetryCorrupt++
      return FIXED_STRINGS[0]
    }
    const words = new Int32Array(STRING_BYTES / 4)
    for (let word = 0; word * 4 < byteLength; word++) words[word] = this.#cells.load(entry + 1 + word)
    return new TextDecoder().decode(new Uint8Array(words.buffer, 0, byteLength))
  }
}
