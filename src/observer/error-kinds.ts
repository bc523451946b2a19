// Failed attempts by processor and kind: the code of the error, or its class where it has none. Bounded, because both
// may come from data: what has no room, or cannot be a code or a class, is counted as `other`.

import type { ErrorRecord } from '../shared-memory/index.ts'
import type { Reveal } from './reveal.ts'

export const OTHER_KIND = 'other'
const KINDS_OF_A_NODE = 20
const MOST_KINDS = 500
const KNOWN_TEXTS = 1_000
const KIND = /^[\w$][\w$.-]{0,63}$/
const decoder = new TextDecoder()

export interface KindCount {
  /** -1 is the engine. */
  readonly node: number
  readonly kind: string
  readonly count: number
}

export class ErrorKinds {
  readonly #reveal: Reveal
  readonly #byNode = new Map<number, Map<string, number>>()
  #kinds = 0
  /** A storm is mostly of few kinds. */
  readonly #known = new Map<string, string>()

  constructor(reveal: Reveal) {
    this.#reveal = reveal
  }

  add({ node, name, code, count }: Pick<ErrorRecord, 'node' | 'name' | 'code' | 'count'>): void {
    const kinds = this.#byNode.get(node) ?? new Map<string, number>()
    this.#byNode.set(node, kinds)
    const wanted = this.#kindOf(decoder.decode(code.length > 0 ? code : name))
    const kind = kinds.has(wanted) || this.#mayAdd(kinds) ? wanted : OTHER_KIND
    if (!kinds.has(kind)) this.#kinds++
    kinds.set(kind, (kinds.get(kind) ?? 0) + count)
  }

  /** `other` is there for each of `nodes` from the start. */
  counts(nodes: readonly number[]): KindCount[] {
    return [...new Set([...nodes, ...this.#byNode.keys()])].flatMap(node => {
      const kinds = new Map(this.#byNode.get(node))
      const other = kinds.get(OTHER_KIND) ?? 0
      kinds.delete(OTHER_KIND)
      return [...kinds, [OTHER_KIND, other] as const].map(([kind, count]) => ({ node, kind, count }))
    })
  }

  #mayAdd(kinds: ReadonlyMap<string, number>): boolean {
    return kinds.size < KINDS_OF_A_NODE && this.#kinds < MOST_KINDS
  }

  #kindOf(text: string): string {
    let kind = this.#known.get(text)
    if (kind === undefined) {
      if (this.#known.size >= KNOWN_TEXTS) this.#known.clear()
      kind = KIND.test(text) && this.#reveal(text) === text ? text : OTHER_KIND
      this.#known.set(text, kind)
    }
    return kind
  }
}
