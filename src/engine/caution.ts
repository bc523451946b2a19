// Lines with which a lane is careful, because a predecessor died with them: each runs alone, so that it is known which
// one it is should the lane die again; and what is known to hang or to kill is not called any more.

/** Lines of a source, from the start of one line to the end of another. */
export interface Suspect {
  readonly sourceNumber: number
  readonly from: number
  /** Infinity: to the end of the input. */
  readonly to: number
}

/** A line instance that a processor is not called with: it becomes a dead letter there, or what `on_error` says. */
export interface Doom {
  readonly sourceNumber: number
  /** Of the entering line. */
  readonly offset: number
  readonly lineNumber: number
  readonly node: number
  /** The instance, as it is numbered in a batch that has only this line. */
  readonly item: number
  readonly code: 'hung' | 'killed_lane'
  readonly message: string
}

/** Number that lines of a replay have in place of a source's; their offset is their number in the job. */
export function replaySource(job: number): number {
  return -2 - job
}

export class Caution {
  readonly #suspects: readonly Suspect[]
  readonly #doomed: readonly Doom[]

  readonly #until: number

  /** Up to the time `until`, by this thread's clock, each line is alone. */
  constructor(suspects: readonly Suspect[], doomed: readonly Doom[], until = Number.NEGATIVE_INFINITY) {
    this.#doomed = doomed
    this.#until = until
    // A doomed line is alone too: its instances have the numbers then by which they are known.
    this.#suspects = [
      ...suspects,
      ...doomed.map(({ sourceNumber, offset }) => ({ sourceNumber, from: offset, to: offset + 1 }))
    ]
  }

  /** Lines of a replay are among them: all letters go in alone then. */
  get hasReplays(): boolean {
    return this.#suspects.some(({ sourceNumber }) => sourceNumber < -1)
  }

  isAlone(sourceNumber: number, offset: number): boolean {
    return performance.now() < this.#until || this.isSuspect(sourceNumber, offset)
  }

  isSuspect(sourceNumber: number, offset: number): boolean {
    return this.#suspects.some(each => each.sourceNumber === sourceNumber && each.from <= offset && offset < each.to)
  }

  /** Bytes from there to the next line that is to be alone. */
  bytesBefore(sourceNumber: number, offset: number): number {
    let bytes = Number.POSITIVE_INFINITY
    for (const each of this.#suspects) {
      if (each.sourceNumber === sourceNumber && each.from > offset) bytes = Math.min(bytes, each.from - offset)
    }
    return bytes
  }

  doomedAt(sourceNumber: number, offset: number): readonly Doom[] | undefined {
    const doomed = this.#doomed.filter(each => each.sourceNumber === sourceNumber && each.offset === offset)
    return doomed.length > 0 ? doomed : undefined
  }
}
