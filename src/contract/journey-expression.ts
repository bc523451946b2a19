// The text form of a search: `visited(warn) && duration > 50ms && line ~ /timeout/`. Bounded in length and in depth.

import type { JourneyCondition, JourneyTest, Range } from './journey-condition.ts'
import { OUTCOMES } from './word-lists.ts'

/** `column` counts from 1. */
export class JourneyExpressionError extends Error {
  readonly column: number

  constructor(message: string, column: number) {
    super(`column ${column}: ${message}`)
    this.column = column
  }
}

const MAX_LENGTH = 2_000
const MAX_DEPTH = 20
const CALLS = ['visited', 'tag', 'value'] as const
const NUMBERS = ['duration', 'hops', 'attempts', 'time'] as const
const WORDS = ['id', 'line', 'outcome', 'reason', 'path'] as const
const KNOWN = `${[...CALLS].map(name => `${name}(…)`).join(', ')}, ${[...WORDS, ...NUMBERS].join(', ')}`
const SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3_600 }

interface Token {
  readonly kind: 'sign' | 'word' | 'text' | 'pattern' | 'end'
  readonly text: string
  readonly column: number
  readonly isCaseless?: boolean
}

/** Throws a JourneyExpressionError. */
export function parseJourneyExpression(text: string): JourneyCondition {
  if (text.length > MAX_LENGTH) throw new JourneyExpressionError(`longer than ${MAX_LENGTH} characters`, MAX_LENGTH + 1)
  return new Parser(tokensOf(text)).parse()
}

const TOKEN =
  /\s*(?:(?<sign>&&|\|\||[<>=!]=|[()!<>~])|"(?<text>(?:[^"\\]|\\.)*)"|'(?<quoted>(?:[^'\\]|\\.)*)'|\/(?<pattern>(?:[^/\\]|\\.)+)\/(?<flags>[a-z]*)|(?<word>[^\s()!<>=~&|"'/][^\s()!<>=~&|"']*))/suy

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  let at = 0
  while (at < end) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    const column = at + 1 + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0)
    if (match === null) throw new JourneyExpressionError(`${startOf(text.slice(column - 1))} is not understood`, column)
    tokens.push(tokenOf(match.groups!, column))
    at = TOKEN.lastIndex
  }
  return [...tokens, { kind: 'end', text: 'the end', column: end + 1 }]
}

function startOf(rest: string): string {
  if (rest.startsWith('"') || rest.startsWith("'")) return 'a text whose closing quote is missing'
  return rest.startsWith('/') ? 'a pattern whose closing / is missing' : rest.slice(0, 1)
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, column: number): Token {
  const { sign, text, quoted, pattern, flags, word } = groups
  if (sign !== undefined) return { kind: 'sign', text: sign, column }
  if (pattern !== undefined) {
    if (flags !== '' && flags !== 'i') throw new JourneyExpressionError(`the only flag of a pattern is i`, column)
    return { kind: 'pattern', text: pattern, column, isCaseless: flags === 'i' }
  }
  const string = text ?? quoted
  if (string !== undefined) return { kind: 'text', text: string.replace(/\\(.)/gsu, '$1'), column }
  return { kind: 'word', text: word!, column }
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): JourneyCondition {
    if (this.#next.kind === 'end') throw new JourneyExpressionError(`a condition is missing; there are ${KNOWN}`, 1)
    const condition = this.#any()
    this.#take('end', 'expected && or || here')
    return condition
  }

  get #next(): Token {
    return this.#tokens[this.#at]
  }

  #any(): JourneyCondition {
    const parts = [this.#all()]
    while (this.#takeSign('||')) parts.push(this.#all())
    return parts.length === 1 ? parts[0] : { any: parts }
  }

  #all(): JourneyCondition {
    const parts = [this.#not()]
    while (this.#takeSign('&&')) parts.push(this.#not())
    return parts.length === 1 ? parts[0] : { all: parts }
  }

  #not(): JourneyCondition {
    if (++this.#depth > MAX_DEPTH) this.#fail(`more than ${MAX_DEPTH} levels deep`)
    const condition = this.#takeSign('!') ? { not: this.#not() } : this.#primary()
    this.#depth--
    return condition
  }

  #primary(): JourneyCondition {
    if (this.#takeSign('(')) {
      const inner = this.#any()
      this.#expectSign(')')
      return inner
    }
    const token = this.#take('word', `a condition is missing; there are ${KNOWN}`)
    const call = CALLS.find(name => name === token.text)
    if (call !== undefined) return this.#call(call)
    const number = NUMBERS.find(name => name === token.text)
    if (number !== undefined) return this.#comparison(number)
    const word = WORDS.find(name => name === token.text)
    if (word !== undefined) return this.#equality(word)
    throw new JourneyExpressionError(`there is no condition ${token.text}; there are ${KNOWN}`, token.column)
  }

  #call(call: (typeof CALLS)[number]): JourneyCondition {
    this.#expectSign('(')
    const { text } = this.#operand(`${call} needs a name: ${call}(warn)`)
    this.#expectSign(')')
    if (call === 'visited') return { test: call, name: text }
    return call === 'tag' ? { test: call, tag: text } : { test: call, value: text }
  }

  #equality(word: (typeof WORDS)[number]): JourneyCondition {
    if (word === 'line' && this.#takeSign('~')) {
      const pattern = this.#take('pattern', 'a pattern is missing: line ~ /timeout/')
      return { test: 'regex', pattern: pattern.text, isCaseless: pattern.isCaseless === true }
    }
    const isNot = this.#takeSign('!=')
    if (!isNot && !this.#takeSign('==')) {
      this.#fail(word === 'line' ? 'expected line ~ /pattern/ or line == "piece of it"' : `expected ${word} == …`)
    }
    const { text, column } = this.#operand('a value is missing')
    const test = equalityTest(word, text, column)
    return isNot ? { not: test } : test
  }

  #comparison(name: (typeof NUMBERS)[number]): JourneyCondition {
    const sign = ['>=', '<=', '>', '<', '=='].find(each => this.#takeSign(each))
    if (sign === undefined) this.#fail(`expected ${name} with one of >= <= > < ==`)
    const token = this.#operand('a number is missing')
    const value = name === 'time' ? momentOf(token) : name === 'duration' ? secondsOf(token) : wholeOf(token)
    return { test: name, ...rangeOf(sign, value) }
  }

  #operand(missing: string): Token {
    if (this.#next.kind === 'text') return this.#take('text', missing)
    return this.#take('word', missing)
  }

  #take(kind: Token['kind'], missing: string): Token {
    if (this.#next.kind !== kind) this.#fail(missing)
    return this.#tokens[this.#at++]
  }

  #takeSign(sign: string): boolean {
    if (this.#next.kind !== 'sign' || this.#next.text !== sign) return false
    this.#at++
    return true
  }

  #expectSign(sign: string): void {
    if (!this.#takeSign(sign)) this.#fail(`expected ${sign} here, not ${this.#next.text}`)
  }

  #fail(message: string): never {
    throw new JourneyExpressionError(message, this.#next.column)
  }
}

function equalityTest(word: (typeof WORDS)[number], text: string, column: number): JourneyTest {
  if (word === 'id') return { test: 'id', id: text }
  if (word === 'line') return { test: 'text', text }
  if (word === 'path') return { test: 'path', path: text }
  if (word === 'reason') return { test: 'reason', reason: text }
  if (!OUTCOMES.some(outcome => outcome === text)) {
    throw new JourneyExpressionError(`${text} is no outcome; there are ${OUTCOMES.join(', ')}`, column)
  }
  return { test: 'outcome', outcome: text }
}

/** Strictly more or less is the next number that a computer can tell. */
function rangeOf(sign: string, value: number): Range {
  const step = Math.max(Math.abs(value) * 2 ** -52, Number.MIN_VALUE)
  if (sign === '>=') return { from: value, to: Number.POSITIVE_INFINITY }
  if (sign === '>') return { from: value + step, to: Number.POSITIVE_INFINITY }
  if (sign === '<=') return { from: Number.NEGATIVE_INFINITY, to: value }
  return sign === '<' ? { from: Number.NEGATIVE_INFINITY, to: value - step } : { from: value, to: value }
}

function secondsOf({ text, column }: Token): number {
  const match = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/.exec(text)
  if (match === null) throw new JourneyExpressionError(`${text} is no duration; write 50ms, 1.5s or 2m`, column)
  return Number(match[1]) * SECONDS[match[2]]
}

function wholeOf({ text, column }: Token): number {
  if (!/^\d{1,9}$/.test(text)) throw new JourneyExpressionError(`${text} is no whole number`, column)
  return Number(text)
}

function momentOf({ text, column }: Token): number {
  const moment = Date.parse(text)
  if (Number.isNaN(moment))
    throw new JourneyExpressionError(`${text} is no moment; write "2026-11-24T20:00:00Z"`, column)
  return moment
}
