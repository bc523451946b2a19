// The atomic operations that every protocol in this room is written against.
//
// Shared words are Int32 and are touched either only through these operations, or plainly by the one thread that
// owns them at the time. The interleaving test runs the same protocols over cells of its own, one step at a time.

export interface AtomicCells {
  load(index: number): number
  store(index: number, value: number): void
  /** Stores `replacement` when the word is `expected`; returns the word as it was. */
  compareExchange(index: number, expected: number, replacement: number): number
}

export class SharedCells implements AtomicCells {
  readonly words: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer)
  }

  load(index: number): number {
    return Atomics.load(this.words, index)
  }

  store(index: number, value: number): void {
    Atomics.store(this.words, index, value)
  }

  compareExchange(index: number, expected: number, replacement: number): number {
    return Atomics.compareExchange(this.words, index, expected, replacement)
  }

  /** Wakes whoever waits on the word. */
  notify(index: number): void {
    Atomics.notify(this.words, index)
  }

  /** Blocks the thread while the word is `expected`, at most so long. */
  wait(index: number, expected: number, timeoutMilliseconds: number): void {
    Atomics.wait(this.words, index, expected, timeoutMilliseconds)
  }

  /** Resolves when the word is no longer `expected`, or after the timeout; the event loop stays alive meanwhile. */
  async waitAsync(index: number, expected: number, timeoutMilliseconds: number): Promise<void> {
    const waiting = Atomics.waitAsync(this.words, index, expected, timeoutMilliseconds)
    if (!waiting.async) return
    // A pending waitAsync does not keep Node's event loop alive; a timer does.
    const keepAlive = setTimeout(() => {}, timeoutMilliseconds + 1)
    await waiting.value
    clearTimeout(keepAlive)
  }
}

const CELLS_PER_LINE_PAIR = 32

/** Rounds up to 128 bytes: CPUs fetch cache lines in pairs, and two writers must not share one. */
export function alignWords(words: number): number {
  return Math.ceil(words / CELLS_PER_LINE_PAIR) * CELLS_PER_LINE_PAIR
}
