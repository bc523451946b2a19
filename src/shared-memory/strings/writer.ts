// Gives each short text a number, at most 256 of them; what does not fit is `other` and counted.

import type { SharedCells } from '../cells.ts'
import { openRegion, type Region } from '../region.ts'
import { entryWord, FIXED_STRINGS, LENGTH, OVERFLOWED, STRING, STRING_BYTES, STRING_CAPACITY } from './layout.ts'
import { StringReader } from './reader.ts'

export class StringWriter {
  /** Calls that were answered with `other` because the table was full. */
  overflowed = 0
  readonly #cells: SharedCells
  readonly #base: number
  readonly #ids = new Map<string, number>(FIXED_STRINGS.map((text, id) => [text, id]))
  readonly #bytes = new Uint8Array(STRING_BYTES)
  readonly #words = new Int32Array(this.#bytes.buffer)
  #length: number = FIXED_STRINGS.length

  /** Takes over the table of a lane that died, so that ids already in journeys keep their meaning. */
  constructor(region: Region) {
    const { cells, layout } = openRegion(region)
    this.#cells = cells
    this.#base = layout.strings
    const predecessor = new StringReader(region)
    for (; this.#length < predecessor.length; this.#length++) {
      this.#ids.set(predecessor.text(this.#length), this.#length)
    }
    this.overflowed = cells.load(this.#base + OVERFLOWED)
    cells.store(this.#base + LENGTH, this.#length)
  }

  /** The text's id. Of a longer text only the first 200 bytes count, cut at a character. */
  intern(text: string): number {
    return this.#ids.get(text) ?? this.#internNew(text)
  }

  #internNew(text: string): number {
    const { read, written } = new TextEncoder().encodeInto(text, this.#bytes)
    const kept = new TextDecoder().decode(this.#bytes.subarray(0, written))
    const known = read < text.length || kept !== text ? this.#ids.get(kept) : undefined
    if (known !== undefined) return known
    if (this.#length >= STRING_CAPACITY) {
      this.#cells.store(this.#base + OVERFLOWED, ++this.overflowed | 0)
      return STRING.other
    }
    const id = this.#length++
    const entry = this.#base + entryWord(id)
    this.#cells.store(entry, written)
    for (let word = 0; word * 4 < written; word++) this.#cells.store(entry + 1 + word, this.#words[word])
    this.#cells.store(this.#base + LENGTH, this.#length)
    this.#ids.set(kept, id)
    return id
  }
}
