// A pipeline written as a JavaScript object → tree. The object may be anything: getters that throw, cycles and
// class instances are met without harm.

import type { Problems } from './problems.ts'
import { type ConfigNode, childPath, type MapEntry } from './tree.ts'

const MAX_DEPTH = 100
const MAX_NODES = 100_000

export function objectTree(value: unknown, problems: Problems): ConfigNode {
  return new Converter(problems).convert(value, '', 0)
}

/** A definition as `defineProcessor` returns it, as far as can be told from outside. */
export function isDefinition(value: unknown): boolean {
  try {
    return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'create') === 'function'
  } catch {
    return false
  }
}

class Converter {
  readonly #problems: Problems
  #nodes = 0

  constructor(problems: Problems) {
    this.#problems = problems
  }

  convert(value: unknown, path: string, depth: number): ConfigNode {
    const position = { place: undefined, path }
    this.#nodes += 1
    if (depth > MAX_DEPTH || this.#nodes > MAX_NODES) {
      const isFirst = depth > MAX_DEPTH ? this.#nodes !== Number.POSITIVE_INFINITY : this.#nodes === MAX_NODES + 1
      if (isFirst) this.#problems.add(position, 'the object has too many values or contains itself')
      this.#nodes = Number.POSITIVE_INFINITY
      return { kind: 'code', ...position, value: undefined }
    }
    if (value === undefined || value === null) return scalar(null, '', position)
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return scalar(value, String(value), position)
    }
    try {
      if (Array.isArray(value)) {
        const items = Array.from(value, (item, index) => this.convert(item, childPath(path, index), depth + 1))
        return { kind: 'list', ...position, items }
      }
      if (isPlainObject(value) && !isDefinition(value)) {
        return { kind: 'map', ...position, entries: this.#entries(value, path, depth) }
      }
    } catch {
      this.#problems.add(position, 'this value throws an error when it is read')
    }
    return { kind: 'code', ...position, value }
  }

  /** A key whose value is undefined counts as absent, as everywhere in JavaScript. */
  #entries(object: object, path: string, depth: number): MapEntry[] {
    const entries: MapEntry[] = []
    for (const key of Object.keys(object)) {
      const value: unknown = Reflect.get(object, key)
      if (value === undefined) continue
      const valuePath = childPath(path, key)
      entries.push({ key, place: undefined, path: valuePath, value: this.convert(value, valuePath, depth + 1) })
    }
    return entries
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // A plain object of another realm (a test runner, a `vm`) has another Object.prototype: one without a parent.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function scalar(
  value: string | number | boolean | null,
  text: string,
  position: { place: undefined; path: string }
): ConfigNode {
  return { kind: 'scalar', ...position, value, text, isSubstituted: false, placeAt: undefined }
}
