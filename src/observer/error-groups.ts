// Errors of one kind in one processor, counted together. Messages that differ only in numbers or quoted parts are of
// one kind. Bounded: the group that was silent longest gives way.

import type { RecentError } from './recent-errors.ts'
import type { Reveal } from './reveal.ts'

const KEPT_GROUPS = 200
const KNOWN_MESSAGES = 1_000

export interface Group {
  readonly count: number
  /** How many of them no further try followed. */
  readonly final: number
  readonly first: RecentError
  readonly newest: RecentError
}

export class ErrorGroups {
  readonly #reveal: Reveal
  /** Groups that gave way to newer ones. */
  forgotten = 0
  /** In order of the newest error: the first is the one that was silent longest. */
  readonly #groups = new Map<string, Group>()
  /** Keys of messages seen before, so that a storm of equal errors costs one look-up each. */
  readonly #keys = new Map<string, string>()

  constructor(reveal: Reveal) {
    this.#reveal = reveal
  }

  add(error: RecentError): void {
    const key = this.#keyOf(error)
    const known = this.#groups.get(key)
    this.#groups.delete(key)
    this.#groups.set(key, {
      count: (known?.count ?? 0) + 1,
      final: (known?.final ?? 0) + (error.record.isFinal ? 1 : 0),
      first: known?.first ?? error,
      newest: error
    })
    if (this.#groups.size <= KEPT_GROUPS) return
    this.#groups.delete(this.#groups.keys().next().value!)
    this.forgotten++
  }

  /** Most frequent first. */
  list(): Group[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count)
  }

  #keyOf({ record }: RecentError): string {
    const { node } = record
    const name = this.#reveal(record.name)
    const message = this.#reveal(record.message, record.isMessageCut)
    const exact = JSON.stringify([node, name, message])
    const known = this.#keys.get(exact)
    if (known !== undefined) return known
    if (this.#keys.size >= KNOWN_MESSAGES) this.#keys.clear()
    const key = JSON.stringify([node, name, kindOf(message)])
    this.#keys.set(exact, key)
    return key
  }
}

const KIND_LENGTH = 300

/** `Timeout after 31 ms for "a"` and `Timeout after 7 ms for "b"` are of one kind. */
export function kindOf(message: string): string {
  return message
    .slice(0, KIND_LENGTH)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/\b0x[0-9a-f]+\b|\d+(?:[.,]\d+)*/gi, '0')
}
