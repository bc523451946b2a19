// Splits TypeScript or JavaScript into tokens, well enough to find imports and names: comments are left out, and what
// stands in a string, a template or a regular expression is never taken for code.

export interface Token {
  readonly kind: 'name' | 'string' | 'other'
  /** Of a string: its content, escapes as written. */
  readonly text: string
  /** From 1. */
  readonly line: number
}

// After these words a slash begins a regular expression; after any other name it divides.
const WORDS_BEFORE_EXPRESSION = new Set(
  'return typeof case in of delete void throw new else do await yield instanceof'.split(' ')
)

const NAME = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy
const NUMBER = /\d[\w.]*/y

export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  // Depth of braces at which each open template goes on after its `${…}`.
  const templates: number[] = []
  let depth = 0
  let line = 1
  let position = source.startsWith('#!') ? endOfLine(source, 0) : 0

  const push = (kind: Token['kind'], text: string) => tokens.push({ kind, text, line })
  const advance = (end: number) => {
    for (let i = position; i < end; i++) if (source.charCodeAt(i) === 10) line++
    position = end
  }
  const template = (from: number) => {
    const { end, isOpen } = endOfTemplate(source, from)
    push('other', '`')
    if (isOpen) templates.push(depth++)
    advance(end)
  }

  while (position < source.length) {
    const character = source[position]
    if (source.startsWith('//', position)) advance(endOfLine(source, position))
    else if (source.startsWith('/*', position)) advance(after(source, '*/', position + 2))
    else if (character === "'" || character === '"') {
      const end = endOfString(source, position)
      push('string', source.slice(position + 1, end - 1))
      advance(end)
    } else if (character === '`') template(position + 1)
    else if (character === '}' && templates.at(-1) === depth - 1) {
      depth = templates.pop()!
      template(position + 1)
    } else if (character === '/' && beginsExpression(tokens.at(-1))) {
      push('other', '/…/')
      advance(endOfRegularExpression(source, position))
    } else {
      const name = match(NAME, source, position)
      const text = name ?? match(NUMBER, source, position) ?? character
      if (text === '{') depth++
      if (text === '}') depth--
      if (text.trim() !== '') push(name === undefined ? 'other' : 'name', text)
      advance(position + text.length)
    }
  }
  return tokens
}

function beginsExpression(previous: Token | undefined): boolean {
  if (previous === undefined) return true
  if (previous.kind === 'name') return WORDS_BEFORE_EXPRESSION.has(previous.text)
  return previous.kind === 'other' && !/^(?:[)\]}`]|\/…\/|\d.*)$/.test(previous.text)
}

function match(pattern: RegExp, source: string, position: number): string | undefined {
  pattern.lastIndex = position
  return pattern.exec(source)?.[0]
}

function after(source: string, text: string, from: number): number {
  const index = source.indexOf(text, from)
  return index === -1 ? source.length : index + text.length
}

function endOfLine(source: string, from: number): number {
  const index = source.indexOf('\n', from)
  return index === -1 ? source.length : index
}

function endOfString(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === source[start]) return i + 1
  }
  return source.length
}

function endOfTemplate(source: string, from: number): { end: number; isOpen: boolean } {
  for (let i = from; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === '`') return { end: i + 1, isOpen: false }
    else if (source.startsWith('${', i)) return { end: i + 2, isOpen: true }
  }
  return { end: source.length, isOpen: false }
}

function endOfRegularExpression(source: string, start: number): number {
  let isInClass = false
  for (let i = start + 1; i < source.length; i++) {
    const character = source[i]
    if (character === '\\') i++
    else if (character === '[') isInClass = true
    else if (character === ']') isInClass = false
    else if (character === '\n') return i
    else if (character === '/' && !isInClass) return i + 1
  }
  return source.length
}
