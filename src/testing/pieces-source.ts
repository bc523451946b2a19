// A source of bytes that a test holds in its hands, cut wherever the test wants a read to end.

import type { ByteInput, Source } from '../sdk/index.ts'

/** What one read gives, at most. A promise is waited for, like a pipe that has nothing at hand. */
export type Piece = string | Uint8Array | Promise<string | Uint8Array>

export interface GivenInput {
  readonly name?: string
  readonly file?: string
  /** Default false, as for a pipe. */
  readonly canReadAgain?: boolean
  /** Taken one by one as the engine reads; an iterator that throws is a read that fails. */
  readonly pieces: Iterable<Piece>
}

/** The inputs one after the other, like several files. */
export function piecesSource(inputs: readonly GivenInput[]): Source {
  const opened = inputs.map((input, index) => new PiecesInput(input, `test-${index + 1}`))
  let at = 0
  return {
    totalBytes: undefined,
    next: () => opened[at++],
    close() {
      at = opened.length
      for (const input of opened) input.close()
    }
  }
}

class PiecesInput implements ByteInput {
  readonly name: string
  readonly file: string | undefined
  readonly canReadAgain: boolean
  readonly sizeBytes = undefined
  readBytes = 0
  readonly #pieces: Iterator<Piece>
  #rest: Uint8Array = new Uint8Array(0)
  readonly #closed = Promise.withResolvers<undefined>()
  #isClosed = false

  constructor(input: GivenInput, name: string) {
    this.name = input.name ?? name
    this.file = input.file
    this.canReadAgain = input.canReadAgain ?? false
    this.#pieces = input.pieces[Symbol.iterator]()
  }

  read(target: Uint8Array, offset: number, length: number): number | Promise<number> {
    while (this.#rest.length === 0) {
      if (this.#isClosed) return 0
      const next = this.#pieces.next()
      if (next.done === true) return 0
      const { value } = next
      if (value instanceof Promise) return this.#wait(value, target, offset, length)
      this.#rest = bytesOf(value)
    }
    return this.#give(target, offset, length)
  }

  close(): void {
    this.#isClosed = true
    this.#closed.resolve(undefined)
  }

  async #wait(
    piece: Promise<string | Uint8Array>,
    target: Uint8Array,
    offset: number,
    length: number
  ): Promise<number> {
    const value = await Promise.race([piece, this.#closed.promise])
    if (value === undefined) return 0
    this.#rest = bytesOf(value)
    // An empty piece is not the end.
    return this.#rest.length === 0 ? this.read(target, offset, length) : this.#give(target, offset, length)
  }

  #give(target: Uint8Array, offset: number, length: number): number {
    const given = this.#rest.subarray(0, length)
    target.set(given, offset)
    this.#rest = this.#rest.subarray(given.length)
    this.readBytes += given.length
    return given.length
  }
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece) : piece
}
