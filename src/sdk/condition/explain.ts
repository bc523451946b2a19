// Says in plain words what the CEL library found wrong with a condition, where, and what to do about it.

import { closestName } from '../../base/closest-name.ts'
import { quote } from '../../base/quote.ts'
import { ConditionError } from './condition-error.ts'
import { environment, VARIABLES } from './environment.ts'
import type { CelNode } from './tree.ts'

interface LibraryError {
  readonly code: string
  readonly summary: string
  readonly range?: { readonly start: number; readonly end: number }
  readonly node?: Partial<CelNode>
}

const functions = environment.getDefinitions().functions
const methodNames = [...new Set(functions.filter(each => each.receiverType !== null).map(each => each.name))]
const functionNames = [...new Set(functions.filter(each => each.receiverType === null).map(each => each.name))]

// Names that other languages use.
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  includes: 'contains',
  has: 'contains',
  match: 'matches',
  test: 'matches',
  regex: 'matches',
  length: 'size',
  len: 'size',
  lower: 'lowerAscii',
  toLowerCase: 'lowerAscii',
  upper: 'upperAscii',
  toUpperCase: 'upperAscii',
  strip: 'trim'
}

const FOREIGN_OPERATORS: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' }

const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'the end',
  RPAREN: '")"',
  LPAREN: '"("',
  RBRACKET: '"]"',
  LBRACKET: '"["',
  RBRACE: '"}"',
  LBRACE: '"{"',
  COLON: '":"',
  COMMA: '","',
  DOT: '"."',
  QUESTION: '"?"',
  IDENTIFIER: 'a name',
  STRING: 'text',
  NUMBER: 'a number'
}

/** The error of the parser or the type checker. */
export function explainText(error: unknown, text: string): ConditionError {
  if (!isLibraryError(error)) return new ConditionError('the condition is too long')
  const start = Math.min(error.range?.start ?? 0, text.length)
  const token = text.slice(start, Math.max(start, error.range?.end ?? start))
  const fail = (message: string, hint?: string) => new ConditionError(message, { offset: start, hint })

  switch (error.code) {
    case 'unexpected_token':
    case 'expected_token':
    case 'unexpected_character':
      return explainSyntax(error, text, start, token, fail)
    case 'unterminated_string':
    case 'unterminated_triple_quoted_string':
      return fail('text without its closing quote')
    case 'unknown_variable':
      return explainName(token, fail)
    case 'no_matching_overload':
      return explainCall(error, fail)
    case 'invalid_logical_operand':
      return fail(
        `both sides of && and || must be true or false, not ${typeName(/'(.*)'/.exec(error.summary)?.[1] ?? '')}`
      )
    case 'limit_exceeded':
      return fail('the condition is too long')
    default:
      return fail(plain(error))
  }
}

/** The error of an evaluation: `condition "line.status >= 500" failed: …`. */
export function explainEvaluation(error: unknown, text: string): ConditionError {
  const isOfLibrary = isLibraryError(error)
  const reason = isOfLibrary ? plain(error) : error instanceof Error ? error.message : String(error)
  const offset = isOfLibrary ? error.range?.start : undefined
  // No `cause`: the library's message draws a picture of the whole condition.
  return new ConditionError(`condition ${quote(text)} failed: ${reason}`, { offset })
}

type Fail = (message: string, hint?: string) => ConditionError

function explainSyntax(error: LibraryError, text: string, start: number, token: string, fail: Fail): ConditionError {
  if (text.trim() === '') return fail('the condition is empty', 'Write for example line.contains("ERROR").')
  const before = /(\w+)\s*$/.exec(text.slice(0, start))?.[1] ?? ''
  const foreign = FOREIGN_OPERATORS[token] ?? FOREIGN_OPERATORS[before]
  if (foreign !== undefined) {
    const word = token in FOREIGN_OPERATORS ? token : before
    return fail(`unexpected ${shown(token)}`, `Write ${foreign} instead of "${word}".`)
  }
  if (token === '=') {
    const isMatch = text[start + 1] === '~'
    return fail('unexpected "="', isMatch ? 'Write line.matches("…").' : 'Write == to compare.')
  }
  if (token === '&' || token === '|') return fail(`unexpected ${shown(token)}`, `Write ${token}${token}.`)
  const expected = /^Expected (\w+), got (\w+)$/.exec(error.summary)
  const name = (symbol: string) => TOKENS[symbol] ?? symbol.toLowerCase()
  if (expected !== null) return fail(`expected ${name(expected[1])}, found ${token ? shown(token) : name(expected[2])}`)
  return fail(token === '' ? 'the condition ends too early' : `unexpected ${shown(token)}`)
}

// Text in a condition brings its own quotes.
function shown(token: string): string {
  return /^[rb]?["']/.test(token) ? quote(token).slice(1, -1).replaceAll('\\"', '"') : quote(token)
}

function explainName(name: string, fail: Fail): ConditionError {
  const close = closestName(name, Object.keys(VARIABLES))
  const hint =
    close === undefined
      ? `Write line.${name} for a field of a record, or "${name}" for text. Names: ${Object.keys(VARIABLES).join(', ')}.`
      : `Did you mean "${close}"?`
  return fail(`unknown name "${name}"`, hint)
}

function explainCall(error: LibraryError, fail: Fail): ConditionError {
  const [name = ''] = (error.node?.args ?? []) as string[]
  const isMethod = error.node?.op === 'rcall'
  const names = isMethod ? methodNames : functionNames
  if (names.includes(name)) return fail(plain(error))
  if (!isMethod && methodNames.includes(name)) {
    return fail(`unknown function "${name}"`, `Write it behind the value: line.${name}(…).`)
  }
  const close = closestName(name, names) ?? (Object.hasOwn(FOREIGN_NAMES, name) ? FOREIGN_NAMES[name] : undefined)
  return fail(
    `unknown ${isMethod ? 'method' : 'function'} "${name}"`,
    close === undefined ? undefined : `Did you mean "${close}"?`
  )
}

function plain(error: LibraryError): string {
  const operator = /^no such overload: (.+) ([=!<>+\-*/%in]{1,2}) (.+)$/.exec(error.summary)
  if (operator !== null) {
    return `no operator "${operator[2]}" for ${typeName(operator[1])} and ${typeName(operator[3])}`
  }
  const call = /^found no matching overload for '(?:(.+?)\.)?(\w+)\((.*)\)'$/.exec(error.summary)
  if (call !== null) return callProblem(call[2], call[1], call[3] === '' ? [] : call[3].split(', '))
  return error.summary
}

/** Why no method or function of this (known) name fits: `"contains" is for text, not for a record`. */
export function callProblem(name: string, receiver: string | undefined, given: readonly string[]): string {
  const receivers = functions.filter(each => each.name === name).map(each => each.receiverType)
  if (receiver !== undefined && receiver !== 'dyn' && !receivers.includes(receiver)) {
    const takers = [...new Set(receivers.filter(each => each !== null).map(typeName))].join(', ')
    const advice = receiver === 'map' ? ' (name a field of it)' : ''
    return `"${name}" is for ${takers}, not for ${typeName(receiver)}${advice}`
  }
  return `"${name}" cannot take ${given.length === 0 ? 'nothing' : given.map(typeName).join(', ')}`
}

/** The word that users know a CEL type by. */
export function typeName(type: string): string {
  const inner = /^dyn<(.*)>$/.exec(type)?.[1] ?? type
  if (inner === 'string') return 'text'
  if (inner === 'dyn') return 'a value'
  if (inner.startsWith('map')) return 'a record'
  if (inner.startsWith('list')) return 'a list'
  return inner
}

function isLibraryError(error: unknown): error is LibraryError {
  return error instanceof Error && 'code' in error && 'summary' in error
}
