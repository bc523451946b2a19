// A schema's issue as a sentence about the value that stands in the file.

import type { z } from 'zod'

import { didYouMean } from '../base/closest-name.ts'
import { quote, quoteList } from '../base/quote.ts'
import type { ConfigNode } from './tree.ts'

export type Issue = z.core.$ZodIssue

export interface IssueText {
  readonly message: string
  readonly hint: string | undefined
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map',
  record: 'a map',
  map: 'a map',
  null: 'empty',
  undefined: 'absent',
  function: 'a function'
}

/** `subject` is how the value is called: `"ms" of "delay"`. `node` is undefined when the value is missing. */
export function issueText(issue: Issue, subject: string, node: ConfigNode | undefined): IssueText {
  const { hint: given } = paramsOf(issue)
  const hint = typeof given === 'string' ? given : undefined
  if (isAuthorsMessage(issue)) {
    // `must be a duration` goes on after the subject; anything else is a sentence of its own.
    const message = `${subject}${issue.message.startsWith('must ') ? '' : ':'} ${issue.message}`
    return { message: withoutFullStop(message), hint: hint ?? (node && hintFor(issue, node)) }
  }
  if (node === undefined) return { message: `${subject} is missing`, hint }
  const demand = demandOf(issue)
  if (demand === undefined) return { message: withoutFullStop(`${subject}: ${lowerFirst(issue.message)}`), hint }
  const isAboutKind = issue.code !== 'too_small' && issue.code !== 'too_big'
  const isAboutSize = !isAboutKind && (issue.origin === 'string' || issue.origin === 'array')
  const found = isAboutSize ? '' : `, not ${describeNode(node)}`
  return { message: `${subject} must ${demand}${found}`, hint: hint ?? hintFor(issue, node) }
}

/** What the author of a schema may add to an issue: what to do, and where in a text it is. */
export function paramsOf(issue: Issue): { readonly hint?: unknown; readonly offset?: unknown } {
  return issue.code === 'custom' ? (issue.params ?? {}) : {}
}

/** A message that the schema's author wrote says more than any that can be made from the issue. */
function isAuthorsMessage(issue: Issue): boolean {
  if (issue.code === 'custom') return issue.message !== 'Invalid input'
  return !/^(Invalid|Too (small|big)|Unrecognized key)/.test(issue.message)
}

function demandOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `be ${KINDS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `be ${alternatives(issue.values.map(value => (typeof value === 'string' ? quote(value) : String(value))))}`
    case 'too_small':
      return bound(issue.origin, 'at least', 'more than', issue.minimum, issue.inclusive !== false)
    case 'too_big':
      return bound(issue.origin, 'at most', 'less than', issue.maximum, issue.inclusive !== false)
    case 'not_multiple_of':
      return `be a multiple of ${issue.divisor}`
    case 'invalid_union': {
      const kinds = new Set(issue.errors.flatMap(branch => branch.flatMap(inner => unionKinds(inner))))
      return kinds.size === 0 ? undefined : `be ${alternatives([...kinds])}`
    }
    default:
      return undefined
  }
}

function unionKinds(issue: Issue): string[] {
  if (issue.path.length > 0) return []
  const demand = demandOf(issue)
  return demand?.startsWith('be ') === true ? [demand.slice(3)] : []
}

function bound(
  origin: string,
  inclusive: string,
  exclusive: string,
  limit: number | bigint,
  isInclusive: boolean
): string {
  const amount = `${isInclusive ? inclusive : exclusive} ${limit}`
  const noun = Number(limit) === 1 ? '' : 's'
  if (origin === 'string') return `have ${amount} character${noun}`
  if (origin === 'array' || origin === 'set') return `have ${amount} item${noun}`
  return `be ${amount}`
}

function alternatives(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function hintFor(issue: Issue, node: ConfigNode): string | undefined {
  if (node.kind !== 'scalar') return undefined
  if (typeof node.value === 'string') {
    const near = didYouMean(node.value, allowedTexts(issue))
    if (near !== undefined) return near
  }
  if (issue.code !== 'invalid_type' || node.isSubstituted) return undefined
  const isText = typeof node.value === 'string'
  if (issue.expected === 'string' && !isText) return `Put it in quotes: ${quote(node.text)}.`
  if (issue.expected === 'boolean' && isText) {
    if (/^(yes|on|y)$/i.test(node.text)) return 'Write true.'
    if (/^(no|off|n)$/i.test(node.text)) return 'Write false.'
  }
  const digits = node.text.replaceAll('_', '')
  if ((issue.expected === 'number' || issue.expected === 'int') && isText && /^[+-]?\d+(\.\d+)?$/.test(digits)) {
    return `Write ${digits}${digits === node.text ? ' without quotes' : ''}.`
  }
  return undefined
}

function allowedTexts(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.filter(value => typeof value === 'string')
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(allowedTexts) : []
}

/** `the text "abc"`, `the number 5`, `a list`. */
export function describeNode(node: ConfigNode): string {
  switch (node.kind) {
    case 'map':
      return 'a map'
    case 'list':
      return 'a list'
    case 'code':
      return typeof node.value === 'function' ? 'a function' : 'an object'
    case 'scalar':
      if (node.value === null) return 'empty'
      if (typeof node.value === 'string') return `the text ${quote(node.text, 40)}`
      return typeof node.value === 'number' ? `the number ${node.value}` : String(node.value)
  }
}

/** Messages have no full stop at their end; those of others may have. */
export function withoutFullStop(text: string): string {
  return text.replace(/\.$/, '')
}

function lowerFirst(text: string): string {
  return `${text[0]?.toLowerCase() ?? ''}${text.slice(1)}`
}

/** What may stand where an unknown key stands; undefined when nothing may. */
export function knownKeysHint(keys: readonly string[]): string | undefined {
  if (keys.length === 0) return undefined
  return keys.length === 1 ? `Only ${quote(keys[0])} is known.` : `Known are ${quoteList(keys)}.`
}
