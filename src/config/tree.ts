// A pipeline as a tree of maps, lists and values, whatever it was written in (YAML, JSON or TypeScript).
//
// A map is a list of entries, never a JavaScript object: names such as `__proto__`, `constructor` and `1` stay what
// they are, in the order of the file. Every node knows where it stands, so that every problem can say so.

import type { Place } from '../base/user-error.ts'

/** Where a node stands: a place in a text file, or only the path of keys when the pipeline is a JavaScript object. */
export interface Position {
  readonly place: Place | undefined
  /** `processors.start.route[0].when`; empty for the whole; `--output` for what the command line says. */
  readonly path: string
}

export interface MapNode extends Position {
  readonly kind: 'map'
  readonly entries: readonly MapEntry[]
}

/** Its own position is the one of the key. */
export interface MapEntry extends Position {
  readonly key: string
  readonly value: ConfigNode
}

export interface ListNode extends Position {
  readonly kind: 'list'
  readonly items: readonly ConfigNode[]
}

export interface ScalarNode extends Position {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** As it was written, before `${NAME}` was put in and without quotes: names are taken from here. */
  readonly text: string
  /** True when `${NAME}` was put in: the value is text, but may stand for a number. */
  readonly isSubstituted: boolean
  /** Place of one character of a text value, when it can be told. */
  readonly placeAt: ((offset: number) => Place | undefined) | undefined
}

/** What only a JavaScript object can hold: a function, a definition, a regular expression. */
export interface CodeNode extends Position {
  readonly kind: 'code'
  readonly value: unknown
}

export type ConfigNode = MapNode | ListNode | ScalarNode | CodeNode

export function childPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

export function entryOf(map: MapNode, key: string): MapEntry | undefined {
  return map.entries.find(entry => entry.key === key)
}

/** The entry's value; undefined when it is absent or empty (`retry:` with nothing behind it). */
export function filledValue(map: MapNode, key: string): ConfigNode | undefined {
  const value = entryOf(map, key)?.value
  return value === undefined || isEmpty(value) ? undefined : value
}

export function isEmpty(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/**
 * The tree as plain values, for a schema. Objects have no prototype, so that `__proto__` is a key like any other.
 * `replaced` holds values that stand in for those of the file.
 */
export function plainValue(node: ConfigNode, replaced?: ReadonlyMap<ConfigNode, unknown>): unknown {
  if (replaced?.has(node) === true) return replaced.get(node)
  switch (node.kind) {
    case 'scalar':
    case 'code':
      return node.value
    case 'list':
      return node.items.map(item => plainValue(item, replaced))
    case 'map': {
      const object: Record<string, unknown> = Object.create(null)
      for (const { key, value } of node.entries) object[key] = plainValue(value, replaced)
      return object
    }
  }
}

/** The node at a schema's path, or the deepest one on the way there. */
export function nodeAt(root: ConfigNode, path: readonly PropertyKey[]): { node: ConfigNode; isWhole: boolean } {
  let node = root
  for (const key of path) {
    const child =
      node.kind === 'map'
        ? entryOf(node, String(key))?.value
        : node.kind === 'list' && typeof key === 'number'
          ? node.items[key]
          : undefined
    if (child === undefined) return { node, isWhole: false }
    node = child
  }
  return { node, isWhole: true }
}
