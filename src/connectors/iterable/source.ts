// Library mode's `input`: lines that the caller's own code yields. Pulled item by item, so the caller is never ahead
// by more than one item.

import { UserError } from '../../base/user-error.ts'
import { SourceError } from '../../sdk/errors.ts'
import type { ByteInput, Source } from '../../sdk/source.ts'

/**
 * A string is one line and needs no line end (with line ends inside it is several); bytes are taken as they are,
 * wherever they are cut.
 */
export type IterableInput = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

/** Not in the registry: a pipeline file cannot name it. */
export function openIterable(iterable: IterableInput, name = 'input'): Source {
  if (typeof iterable !== 'object' || iterable === null) {
    throw new UserError(`${name} must be an iterable of lines, not ${iterable === null ? 'null' : typeof iterable}`, {
      hint: 'Put a single line in an array.'
    })
  }
  const input = new IteratorInput(iterable, name)
  let isGiven = false
  return {
    totalBytes: undefined,
    next() {
      if (isGiven) return undefined
      isGiven = true
      return input
    },
    close() {
      isGiven = true
      input.close()
    }
  }
}

type Item = IteratorResult<string | Uint8Array, unknown>
type Settled = { readonly item: Item } | { readonly error: unknown }

const NOTHING = new Uint8Array(0)
const NEWLINE = '\n'
// An async generator that waits for nothing answers within three turns of the microtask queue.
const TURNS = 4

class IteratorInput implements ByteInput {
  readonly file = undefined
  readonly sizeBytes = undefined
  readBytes = 0
  readonly name: string
  private readonly iterator: AsyncIterator<string | Uint8Array> | Iterator<string | Uint8Array>

  private bytes: Uint8Array = NOTHING
  private items = 0
  private isEnded = false
  private failure: SourceError | undefined
  private pending: Promise<void> | undefined
  private settled: Settled | undefined
  private wake: () => void = () => {}

  constructor(iterable: IterableInput, name: string) {
    this.name = name
    this.iterator = Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]()
  }

  /** Fills the target with what comes without waiting; waits only for the first byte. */
  async read(target: Uint8Array, offset: number, length: number): Promise<number> {
    let count = this.take(target, offset, length)
    while (count < length && !this.isEnded && this.failure === undefined) {
      if (!(await this.hasItem(count === 0))) break
      this.accept()
      count += this.take(target, offset + count, length - count)
    }
    this.readBytes += count
    if (count === 0 && this.failure !== undefined && !this.isEnded) throw this.failure
    return count
  }

  close(): void {
    if (this.isEnded) return
    this.isEnded = true
    this.bytes = NOTHING
    this.wake()
    if (this.failure === undefined) this.returnIterator()
  }

  private take(target: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.bytes.length)
    target.set(this.bytes.subarray(0, count), offset)
    this.bytes = this.bytes.subarray(count)
    return count
  }

  /** Asks for the next item unless it is asked for already, and says whether it is there. */
  private async hasItem(mayWait: boolean): Promise<boolean> {
    this.pending ??= this.ask()
    for (let turn = 0; turn < TURNS && this.settled === undefined; turn++) await Promise.resolve()
    if (mayWait && this.settled === undefined) {
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    }
    return this.settled !== undefined && !this.isEnded
  }

  private async ask(): Promise<void> {
    try {
      this.settled = { item: await this.iterator.next() }
    } catch (error) {
      this.settled = { error }
    }
    this.wake()
  }

  private accept(): void {
    const settled = this.settled!
    this.settled = this.pending = undefined
    if ('error' in settled) {
      this.failure = this.explain(settled.error)
      return
    }
    if (settled.item.done === true) {
      this.isEnded = true
      return
    }
    const value: unknown = settled.item.value
    this.items += 1
    if (typeof value === 'string') {
      this.bytes = Buffer.from(value.endsWith(NEWLINE) ? value : value + NEWLINE)
    } else if (value instanceof Uint8Array) {
      this.bytes = value
    } else {
      const kind = value === null ? 'null' : typeof value
      this.failure = new SourceError(`item ${this.items} of ${this.name} is ${kind}; give strings or Uint8Arrays`, {
        code: 'WRONG_ITEM',
        retryable: false
      })
      this.returnIterator()
    }
  }

  private explain(error: unknown): SourceError {
    if (error instanceof SourceError) return error
    const reason = error instanceof Error ? error.message : String(error)
    return new SourceError(`${this.name} failed after ${this.items} items: ${reason}`, {
      code: 'INPUT_FAILED',
      retryable: false,
      cause: error
    })
  }

  /** Lets the caller's `finally` run. What it throws has nobody left to go to. */
  private returnIterator(): void {
    try {
      Promise.resolve(this.iterator.return?.()).catch(() => {})
    } catch {
      // As above, from an iterator that is not asynchronous.
    }
  }
}
