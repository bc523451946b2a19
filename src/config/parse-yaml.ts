// YAML text → tree. YAML 1.2 core schema only; what it cannot express (tags, merge keys, complex keys) is refused.
//
// What aliases unfold to is bounded, so that none of them can turn a small file into a large tree.

import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from 'yaml'

import { quote } from '../base/quote.ts'
import type { Place } from '../base/user-error.ts'
import type { Problems } from './problems.ts'
import { offsetInFile } from './scalar-offset.ts'
import { type ConfigNode, childPath, type MapEntry } from './tree.ts'
import { readYamlDocument } from './yaml-document.ts'

const MAX_ALIASED_NODES = 10_000

const KNOWN_TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(tag => `tag:yaml.org,2002:${tag}`))

/** Undefined when there is no tree to go on with; the reasons are in `problems` then. */
export function parseYaml(text: string, file: string, problems: Problems): ConfigNode | undefined {
  const document = readYamlDocument(text, file, problems)
  if (document === undefined) return undefined
  const before = problems.count
  const tree = new Walker(text, document.placeAt, problems).convert(document.contents, '', [])
  return problems.count > before ? undefined : tree
}

class Walker {
  readonly #text: string
  readonly #placeAt: (offset: number) => Place
  readonly #problems: Problems
  /** The newest node of each anchor, as the walk goes down the file. */
  readonly #anchors = new Map<string, ParsedNode>()
  /** What each alias stands for: settled when the walk first comes by, so that unfolding does not change it. */
  readonly #targets = new Map<Alias, ParsedNode | undefined>()
  #aliasedNodes = 0

  constructor(text: string, placeAt: (offset: number) => Place, problems: Problems) {
    this.#text = text
    this.#placeAt = placeAt
    this.#problems = problems
  }

  /** `aliases` are those that led here: one inside itself would never end. */
  convert(node: ParsedNode | null, path: string, aliases: readonly Alias.Parsed[]): ConfigNode {
    if (aliases.length > 0) this.#aliasedNodes += 1
    const place = this.#placeAt(node?.range?.[0] ?? 0)
    if (node === null) return emptyScalar(place, path)
    if (isAlias(node)) return this.#convertAlias(node, place, path, aliases)
    this.#checkTag(node)
    if (aliases.length === 0 && node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isMap(node)) return { kind: 'map', place, path, entries: this.#entries(node, path, aliases) }
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.convert(item, childPath(path, index), aliases))
      return { kind: 'list', place, path, items }
    }
    return this.#convertScalar(node, place, path)
  }

  #convertScalar(node: Scalar.Parsed, place: Place, path: string): ConfigNode {
    const value = node.value
    const text = node.type === 'PLAIN' ? (node.source ?? '') : String(value)
    if (typeof value !== 'string') {
      return {
        kind: 'scalar',
        place,
        path,
        value: value as number | boolean | null,
        text,
        isSubstituted: false,
        placeAt: undefined
      }
    }
    const placeAt = (offset: number): Place | undefined => {
      const at = offsetInFile(this.#text, node, offset)
      return at === undefined ? undefined : this.#placeAt(at)
    }
    return { kind: 'scalar', place, path, value, text, isSubstituted: false, placeAt }
  }

  #convertAlias(alias: Alias.Parsed, place: Place, path: string, aliases: readonly Alias.Parsed[]): ConfigNode {
    const name = quote(alias.source)
    // Where the user began to unfold, not where it became too much.
    const outermost = aliases[0]
    if (!this.#targets.has(alias)) this.#targets.set(alias, this.#anchors.get(alias.source))
    const target = this.#targets.get(alias)
    if (target === undefined) {
      this.#problems.add({ place, path }, `no value is marked with the anchor &${alias.source} before this alias`)
    } else if (aliases.includes(alias)) {
      this.#problems.add({ place, path }, `the alias ${name} stands inside the value that it stands for`)
    } else if (this.#aliasedNodes > MAX_ALIASED_NODES) {
      // Said once: what follows would say it thousands of times.
      if (this.#aliasedNodes !== Number.POSITIVE_INFINITY) {
        const limit = MAX_ALIASED_NODES.toLocaleString('en')
        const from = outermost === undefined ? place : this.#placeAt(outermost.range[0])
        this.#problems.add({ place: from, path }, `the aliases of this file unfold to more than ${limit} values`)
      }
      this.#aliasedNodes = Number.POSITIVE_INFINITY
    } else {
      return this.convert(target, path, [...aliases, alias])
    }
    return emptyScalar(place, path)
  }

  #entries(map: YAMLMap, path: string, aliases: readonly Alias.Parsed[]): MapEntry[] {
    const entries: MapEntry[] = []
    const lineOfKey = new Map<string, number>()
    for (const pair of map.items) {
      const keyNode = pair.key as ParsedNode | null
      const place = this.#placeAt(keyNode?.range?.[0] ?? map.range?.[0] ?? 0)
      const key = this.#key(keyNode, place, path)
      if (key === undefined) continue
      const valuePath = childPath(path, key)
      const firstLine = lineOfKey.get(key)
      if (firstLine !== undefined) {
        this.#problems.add(
          { place, path },
          `the key ${quote(key)} stands here a second time; the first is in line ${firstLine}`
        )
        continue
      }
      lineOfKey.set(key, place.line)
      const value = this.convert(pair.value as ParsedNode | null, valuePath, aliases)
      // An empty value has no place of its own: its key is where the user looks.
      entries.push({ key, place, path: valuePath, value: pair.value === null ? { ...value, place } : value })
    }
    return entries
  }

  #key(node: ParsedNode | null, place: Place, path: string): string | undefined {
    if (isScalar(node)) {
      this.#checkTag(node)
      const key = node.type === 'PLAIN' ? (node.source ?? '') : String(node.value)
      if (node.type !== 'PLAIN' || key !== '<<') return key
      const hint = 'Use an alias for a whole value, or write the keys out.'
      this.#problems.add({ place, path }, 'merge keys ("<<") are not part of YAML 1.2', hint)
      return undefined
    }
    this.#problems.add(
      { place, path },
      'a key must be plain text',
      'Put it in quotes if it begins with a special character.'
    )
    return undefined
  }

  #checkTag(node: ParsedNode): void {
    if (node.tag === undefined || KNOWN_TAGS.has(node.tag)) return
    const shown = quote(node.tag.replace('tag:yaml.org,2002:', '!!'))
    // The node begins behind its tag.
    let start = this.#text.lastIndexOf('!', node.range[0])
    while (start > 0 && !/[\s,[{:]/.test(this.#text[start - 1])) start -= 1
    const place = this.#placeAt(Math.max(start, 0))
    this.#problems.add(
      { place, path: '' },
      `unknown tag ${shown}`,
      'Remove it: a pipeline file holds only plain values.'
    )
  }
}

function emptyScalar(place: Place, path: string): ConfigNode {
  return { kind: 'scalar', place, path, value: null, text: '', isSubstituted: false, placeAt: undefined }
}
