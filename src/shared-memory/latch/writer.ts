// Publishes private numbers as one whole. Never waits, allocates nothing.

import type { AtomicCells } from '../cells.ts'
import { copyOffset, newestCopy, VERSION } from './layout.ts'

export class LatchWriter {
  /** Private to the writing thread, which changes them as it likes; readers see them as they were at a publish. */
  readonly numbers: Float64Array
  readonly #words: Int32Array
  readonly #cells: AtomicCells
  readonly #base: number
  #newest: number
  #version: number

  /** Goes on where a dead predecessor stopped: the numbers become those that it published last. */
  constructor(cells: AtomicCells, base: number, numbers: Float64Array) {
    this.numbers = numbers
    this.#words = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2)
    this.#cells = cells
    this.#base = base
    const first = cells.load(base + VERSION)
    const second = cells.load(base + VERSION + 1)
    this.#newest = newestCopy(first, second)
    this.#version = this.#newest === 1 ? second : first
    // Never published: nothing to go on from, and memory that nobody has touched yet stays so.
    if (first === 0 && second === 0) return
    const from = base + copyOffset(this.#newest, numbers.length)
    for (let index = 0; index < this.#words.length; index++) this.#words[index] = cells.load(from + index)
  }

  publish(): void {
    const cells = this.#cells
    const words = this.#words
    const next = 1 - this.#newest
    const version = this.#base + VERSION + next
    const to = this.#base + copyOffset(next, this.numbers.length)
    cells.store(version, (this.#version + 1) | 0)
    for (let index = 0; index < words.length; index++) cells.store(to + index, words[index])
    this.#version = (this.#version + 2) | 0
    cells.store(version, this.#version)
    this.#newest = next
  }
}
