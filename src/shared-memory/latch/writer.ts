// Publishes private numbers as one whole. Never waits, allocates nothing.

import type { AtomicCells } from '../cells.ts'
import { ACTIVE, copyOffset, VERSION } from './layout.ts'

export class LatchWriter {
  /** Private to the writing thread, which changes them as it likes; readers see them as they were at a publish. */
  readonly numbers: Float64Array
  readonly #words: Int32Array
  readonly #cells: AtomicCells
  readonly #base: number
  #active: number

  /** Goes on where a dead predecessor stopped: the numbers become those that it published last. */
  constructor(cells: AtomicCells, base: number, numbers: Float64Array) {
    this.numbers = numbers
    this.#words = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2)
    this.#cells = cells
    this.#base = base
    this.#active = cells.load(base + ACTIVE) & 1
    const from = base + copyOffset(this.#active, numbers.length)
    for (let index = 0; index < this.#words.length; index++) this.#words[index] = cells.load(from + index)
  }

  publish(): void {
    const cells = this.#cells
    const words = this.#words
    const next = 1 - this.#active
    const version = this.#base + VERSION + next
    const to = this.#base + copyOffset(next, this.numbers.length)
    // A predecessor may have died at an odd version; a version is used once, whoever wrote it.
    const odd = (cells.load(version) + 1) | 1
    cells.store(version, odd)
    for (let index = 0; index < words.length; index++) cells.store(to + index, words[index])
    cells.store(version, odd + 1)
    cells.store(this.#base + ACTIVE, next)
    this.#active = next
  }
}
