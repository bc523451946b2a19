// The newest failed tries of all lanes, as they were recorded. Bounded in number and in bytes; older ones give way.

import type { ErrorRecord } from '../shared-memory/index.ts'
import { ErrorGroups } from './error-groups.ts'
import { ErrorKinds } from './error-kinds.ts'
import type { LaneReader } from './lane-reader.ts'
import { failedAt, type RecentError } from './recent-error.ts'
import type { Reveal } from './reveal.ts'

export const KEPT_ERRORS = 1_000
const KEPT_BYTES = 4 * 1024 * 1024
const RECORD_BYTES = 200

export class RecentErrors {
  readonly groups: ErrorGroups
  readonly kinds: ErrorKinds
  readonly #lanes: readonly LaneReader[]
  #kept: RecentError[] = []
  #bytes = 0
  #taken = 0

  constructor(lanes: readonly LaneReader[], reveal: Reveal, nodeNames: readonly string[]) {
    this.#lanes = lanes
    this.groups = new ErrorGroups(reveal, nodeNames)
    this.kinds = new ErrorKinds(reveal)
  }

  /** Takes what the lanes have written since the last poll. */
  poll(): void {
    for (const lane of this.#lanes) {
      for (const record of lane.errors.poll()) {
        const error = { lane, record: detached(record) }
        this.groups.add(error)
        this.kinds.add(error.record)
        this.#kept.push(error)
        this.#taken++
        this.#bytes += costOf(error.record)
      }
    }
    this.#forgetOldest()
  }

  /** How many there were so far. */
  get taken(): number {
    return this.#taken
  }

  /** The newest `limit`, oldest first. */
  newest(limit: number): RecentError[] {
    const inOrder = this.#lanes.length === 1 ? this.#kept : this.#kept.toSorted((a, b) => failedAt(a) - failedAt(b))
    return inOrder.slice(-limit)
  }

  #forgetOldest(): void {
    let first = 0
    while (first < this.#kept.length - KEPT_ERRORS || (this.#bytes > KEPT_BYTES && first < this.#kept.length)) {
      this.#bytes -= costOf(this.#kept[first++].record)
    }
    if (first > 0) this.#kept = this.#kept.slice(first)
  }
}

/** A copy of its own: the reader's views would keep the whole page alive. */
function detached(record: ErrorRecord): ErrorRecord {
  const { name, message, stack, code, line } = record
  return {
    ...record,
    name: name.slice(),
    message: message.slice(),
    stack: stack.slice(),
    code: code.slice(),
    line: line.slice()
  }
}

function costOf(record: ErrorRecord): number {
  return RECORD_BYTES + record.message.length + record.stack.length + record.line.length
}
