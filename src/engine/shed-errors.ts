// Errors that come too fast to be recorded each: counted by kind, with the first of each kind as its example, so that no
// count of a kind is ever suppressed. Bounded: what is of no kind that has room is in the processor's count only.

import { messageKind } from '../base/message-kind.ts'
import type { ErrorEntry } from '../shared-memory/index.ts'

const MOST_KINDS = 64
const MOST_LINE_BYTES = 4_096

interface Shed {
  readonly entry: ErrorEntry
  count: number
}

type Particulars = Pick<ErrorEntry, 'node' | 'isFinal' | 'name' | 'message'>

export class ShedErrors {
  readonly #kinds = new Map<string, Shed>()
  #lastMessage = ''
  #lastKind = ''

  /** `entry` is asked for only when the error is the first of its kind. */
  add({ node, isFinal, name, message }: Particulars, entry: () => ErrorEntry): void {
    // A storm is mostly of one message.
    if (message !== this.#lastMessage) {
      this.#lastMessage = message
      this.#lastKind = messageKind(message)
    }
    const key = `${node} ${isFinal} ${name} ${this.#lastKind}`
    const known = this.#kinds.get(key)
    if (known !== undefined) known.count++
    else if (this.#kinds.size < MOST_KINDS) this.#kinds.set(key, { entry: detached(entry()), count: 1 })
  }

  /** Hands each kind over, with its example and its count; what is not taken waits for the next time. */
  drain(take: (entry: ErrorEntry) => boolean): void {
    for (const [key, { entry, count }] of this.#kinds) {
      if (!take({ ...entry, count })) return
      this.#kinds.delete(key)
    }
  }
}

/** The batch of the line is gone when this is written out. One byte more than is kept, so that it is known to be cut. */
function detached(entry: ErrorEntry): ErrorEntry {
  const { line } = entry
  return typeof line === 'string' ? entry : { ...entry, line: line.slice(0, MOST_LINE_BYTES + 1) }
}
