// Names of processors, sinks and tags. A name is data: everything but what would break a display is allowed.

import { quote } from '../base/quote.ts'
import type { Environment } from './environment.ts'
import { describeNode } from './issue-text.ts'
import type { Problems } from './problems.ts'
import type { ConfigNode } from './tree.ts'

const MAX_NAME_CHARACTERS = 64

/** Why a name is not allowed, as the end of a sentence; undefined when it is. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (!name.isWellFormed()) return 'has half of a surrogate pair'
  if (/[\p{Cc}\u2028\u2029]/u.test(name)) return 'has a control character'
  if (name.trim() !== name) return 'begins or ends with a space'
  // Paths are shown as names joined by it.
  if (name.includes(' > ')) return 'contains " > "'
  const characters = [...name].length
  if (characters > MAX_NAME_CHARACTERS)
    return `has ${characters} characters; at most ${MAX_NAME_CHARACTERS} are allowed`
  return undefined
}

/** The name that a value stands for: plain YAML such as `1` or `no` counts as written. */
export function readName(
  node: ConfigNode,
  what: string,
  { problems, environment }: { readonly problems: Problems; readonly environment: Environment }
): string | undefined {
  if (environment.hasFailed(node)) return undefined
  if (node.kind === 'scalar' && node.value !== null) {
    if (node.isSubstituted) environment.isNoSecret(node)
    return typeof node.value === 'string' ? node.value : node.text
  }
  const hint = node.kind === 'scalar' && node.text === 'null' ? 'Put it in quotes if it is a name: "null".' : undefined
  problems.add(node, `${what} must be a name, not ${describeNode(node)}`, hint)
  return undefined
}

export function notNamed(name: string): string {
  return `no processor or sink is named ${quote(name)}`
}
