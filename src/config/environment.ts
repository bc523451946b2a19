// Puts `${NAME}` and `${NAME:-default}` into the values of a pipeline, after parsing: what a variable holds can never
// add keys, tags or structure. `$${` stands for a plain `${`.
//
// What came from the environment may be a secret. It is remembered here, masked in every message, and left out of the
// configuration hash.

import { didYouMean } from '../base/closest-name.ts'
import { quote } from '../base/quote.ts'
import type { Problems } from './problems.ts'
import type { ConfigNode, ScalarNode } from './tree.ts'

// Shorter values cannot be hidden: masking every "1" of an output would hide the output.
const MIN_MASKED_LENGTH = 4

const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

export interface UsedVariable {
  readonly name: string
  readonly value: string
}

/** Longest first; of values with several lines each line as well. */
export function valuesToMask(values: readonly string[]): string[] {
  const texts = new Set(values.flatMap(value => [value, ...value.split(/\r?\n/)]))
  return [...texts].filter(text => text.length >= MIN_MASKED_LENGTH).sort((a, b) => b.length - a.length)
}

export class Environment {
  readonly #variables: NodeJS.ProcessEnv
  readonly #problems: Problems
  readonly #used = new Map<ScalarNode, UsedVariable[]>()
  readonly #plain = new Set<ScalarNode>()
  readonly #failed = new Set<ConfigNode>()

  constructor(variables: NodeJS.ProcessEnv, problems: Problems) {
    this.#variables = variables
    this.#problems = problems
  }

  /** The same tree with every variable put in. */
  fill<Node extends ConfigNode>(node: Node): Node
  fill(node: ConfigNode): ConfigNode {
    switch (node.kind) {
      case 'code':
        return node
      case 'list':
        return { ...node, items: node.items.map(item => this.fill(item)) }
      case 'map':
        return { ...node, entries: node.entries.map(entry => ({ ...entry, value: this.fill(entry.value) })) }
      case 'scalar':
        return typeof node.value === 'string' && node.value.includes('${') ? this.#fillText(node, node.value) : node
    }
  }

  /** This value turned out to be a number, a name or the like: nothing to hide. */
  isNoSecret(node: ScalarNode): void {
    this.#plain.add(node)
  }

  /** True when a variable for this value is missing: that is said already, and nothing more can be said of it. */
  hasFailed(node: ConfigNode): boolean {
    return this.#failed.has(node)
  }

  /** Every variable that was put in, for the hash. */
  used(): UsedVariable[] {
    return [...this.#used.values()].flat()
  }

  /** Values to mask, longest first; of values with several lines each line as well. */
  secrets(): string[] {
    return valuesToMask(this.#hidden().map(({ value }) => value))
  }

  /** Names of the variables that they came from. */
  secretNames(): string[] {
    const masked = this.#hidden().filter(({ value }) => valuesToMask([value]).length > 0)
    return [...new Set(masked.map(({ name }) => name))].sort()
  }

  #hidden(): UsedVariable[] {
    return [...this.#used].flatMap(([node, variables]) => (this.#plain.has(node) ? [] : variables))
  }

  /** Hides secrets in a message. */
  mask(text: string): string {
    return this.secrets().reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  }

  #fillText(node: ScalarNode, text: string): ScalarNode {
    const used: UsedVariable[] = []
    const problemsBefore = this.#problems.count
    let filled = ''
    let at = 0
    for (let start = text.indexOf('${'); start !== -1; start = text.indexOf('${', at)) {
      if (text[start - 1] === '$' && start > at) {
        filled += `${text.slice(at, start - 1)}\${`
        at = start + 2
        continue
      }
      const end = text.indexOf('}', start)
      const inner = text.slice(start + 2, end === -1 ? text.length : end)
      filled += text.slice(at, start) + this.#value(node, inner, end !== -1, used)
      at = end === -1 ? text.length : end + 1
    }
    const substituted: ScalarNode = {
      ...node,
      value: filled + text.slice(at),
      isSubstituted: true,
      placeAt: undefined
    }
    if (used.length > 0) this.#used.set(substituted, used)
    if (this.#problems.count > problemsBefore) this.#failed.add(substituted)
    return substituted
  }

  #value(node: ScalarNode, inner: string, isClosed: boolean, used: UsedVariable[]): string {
    const match = isClosed ? REFERENCE.exec(inner) : null
    if (match === null) {
      const shown = quote(`\${${inner}${isClosed ? '}' : ''}`, 40)
      const hint = 'Write ${NAME} or ${NAME:-default}; a plain "${" is written "$${".'
      this.#problems.add(node, `${shown} names no environment variable`, hint)
      return ''
    }
    const [, name = '', fallback] = match
    const value = Object.hasOwn(this.#variables, name) ? this.#variables[name] : undefined
    if (value === undefined || (value === '' && fallback !== undefined)) {
      if (fallback !== undefined) return fallback
      const hint = didYouMean(name, Object.keys(this.#variables)) ?? `Set it, or give a default: \${${name}:-default}.`
      this.#problems.add(node, `the environment variable ${name} is not set`, hint)
      return ''
    }
    if (value !== '') used.push({ name, value })
    return value
  }
}
