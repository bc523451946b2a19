// Reads the newest whole copy of a latch. Bounded: after eight tries the last good copy stays, and the caller is told.

import type { AtomicCells } from '../cells.ts'
import { copyOffset, isBeingWritten, newestCopy, VERSION } from './layout.ts'

const TRIES = 8

export class LatchReader {
  /** Copies that held something no writer publishes (not finite numbers) and were refused. */
  telemetryCorrupt = 0
  readonly #cells: AtomicCells
  readonly #base: number
  #accepted: Copy
  #spare: Copy
  #acceptedVersion = 0

  constructor(cells: AtomicCells, base: number, numberCount: number) {
    this.#cells = cells
    this.#base = base
    this.#accepted = privateCopy(numberCount)
    this.#spare = privateCopy(numberCount)
  }

  /** The last good copy, private to this reader; valid until the next `read`. All zero before the first publish. */
  get numbers(): Float64Array {
    return this.#accepted.numbers
  }

  /** False when no whole copy could be had: `numbers` is then an older one. */
  read(): boolean {
    const versions = this.#base + VERSION
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const first = this.#cells.load(versions)
      const second = this.#cells.load(versions + 1)
      const newest = newestCopy(first, second)
      const version = newest === 1 ? second : first
      if (version === this.#acceptedVersion) return true
      if (isBeingWritten(version)) continue
      this.#copy(newest)
      if (this.#cells.load(versions + newest) !== version) continue
      return this.#accept(version)
    }
    return false
  }

  #copy(newest: number): void {
    const words = this.#spare.words
    const from = this.#base + copyOffset(newest, this.#spare.numbers.length)
    for (let index = 0; index < words.length; index++) words[index] = this.#cells.load(from + index)
  }

  #accept(version: number): boolean {
    if (!this.#spare.numbers.every(Number.isFinite)) {
      this.telemetryCorrupt++
      return false
    }
    const accepted = this.#spare
    this.#spare = this.#accepted
    this.#accepted = accepted
    this.#acceptedVersion = version
    return true
  }
}

interface Copy {
  readonly numbers: Float64Array
  readonly words: Int32Array
}

function privateCopy(numberCount: number): Copy {
  const numbers = new Float64Array(numberCount)
  return { numbers, words: new Int32Array(numbers.buffer) }
}
