// Where and why a text is not JSON. JSON.parse is the judge; it does not say where, so this finds the place.

export interface JsonProblem {
  readonly offset: number
  readonly message: string
  readonly hint?: string
}

/** Undefined for valid JSON. */
export function jsonProblem(text: string): JsonProblem | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (cause) {
    const scanner = new Scanner(text)
    try {
      scanner.document()
    } catch (problem) {
      if (problem instanceof Found) return problem.problem
    }
    return { offset: 0, message: `this is not JSON: ${cause instanceof Error ? cause.message : String(cause)}` }
  }
}

class Found extends Error {
  readonly problem: JsonProblem

  constructor(problem: JsonProblem) {
    super(problem.message)
    this.problem = problem
  }
}

const WHITESPACE = /[ \t\n\r]*/y
const LITERAL = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.+-])/y
const WORD = /[^\s,:{}[\]"]+/y
const MAX_DEPTH = 200

class Scanner {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): void {
    this.#value()
    this.#skip(WHITESPACE)
    if (this.#at < this.#text.length) this.#fail('nothing may follow the closing bracket')
  }

  #value(): void {
    this.#skip(WHITESPACE)
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) this.#fail('values are nested too deeply here')
    const character = this.#text[this.#at]
    if (character === '{') this.#members('}', () => this.#member())
    else if (character === '[') this.#members(']', () => this.#value())
    else if (character === '"') this.#string()
    else if (this.#skip(LITERAL) === 0) this.#failAtValue(character)
    this.#depth -= 1
  }

  #members(close: string, member: () => void): void {
    this.#at += 1
    this.#skip(WHITESPACE)
    if (this.#text[this.#at] === close) {
      this.#at += 1
      return
    }
    for (;;) {
      member()
      this.#skip(WHITESPACE)
      const character = this.#text[this.#at]
      if (character !== ',' && character !== close) this.#fail(`a comma or "${close}" is missing here`)
      this.#at += 1
      if (character === close) return
      this.#skip(WHITESPACE)
      if (this.#text[this.#at] === close) this.#fail(`JSON has no comma before "${close}"`, 'Remove the comma.')
    }
  }

  #member(): void {
    this.#skip(WHITESPACE)
    if (this.#text[this.#at] !== '"') this.#failAtValue(this.#text[this.#at], 'a key must be in double quotes')
    this.#string()
    this.#skip(WHITESPACE)
    if (this.#text[this.#at] !== ':') this.#fail('a colon is missing here')
    this.#at += 1
    this.#value()
  }

  #string(): void {
    const start = this.#at
    for (this.#at += 1; ; this.#at += 1) {
      const character = this.#text[this.#at]
      if (character === '"') break
      if (character === undefined || character === '\n') {
        this.#at = start
        this.#fail('the text that begins here has no closing quote')
      }
      if (character < ' ') this.#fail('a control character must be written as an escape, such as \\t')
      if (character === '\\') this.#escape()
    }
    this.#at += 1
  }

  #escape(): void {
    if (!/^(?:["\\/bfnrt]|u[\da-fA-F]{4})/.test(this.#text.slice(this.#at + 1, this.#at + 6))) {
      this.#fail('JSON does not know this escape', 'A backslash is written "\\\\".')
    }
    this.#at += 1
  }

  #failAtValue(character: string | undefined, otherwise?: string): never {
    if (character === undefined) this.#fail('the text ends too early: something is not closed')
    if (character === '/' || character === '#') this.#fail('JSON has no comments', 'Use a .yaml file for comments.')
    if (character === "'") this.#fail('JSON needs double quotes')
    if (otherwise !== undefined) this.#fail(otherwise)
    const length = this.#skip(WORD)
    this.#at -= length
    if (length === 0) this.#fail('a value is missing here')
    this.#fail('this is not a JSON value', 'Text must be in double quotes.')
  }

  #skip(pattern: RegExp): number {
    pattern.lastIndex = this.#at
    const length = pattern.exec(this.#text)?.[0].length ?? 0
    this.#at += length
    return length
  }

  #fail(message: string, hint?: string): never {
    throw new Found({ offset: this.#at, message, ...(hint === undefined ? {} : { hint }) })
  }
}
