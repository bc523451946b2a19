// Finds what a source file imports: static and dynamic imports, re-exports, and files named by
// `new URL('./x.ts', import.meta.url)`, which is how threads are started.

import { type Token, tokenize } from './source-lexer.ts'

export interface Import {
  /** As written: `../base/clock.ts`, `node:fs`, `zod`. */
  readonly specifier: string
  /** True for `import type` and `export type`: nothing of it is left at run time. */
  readonly isType: boolean
  readonly line: number
}

export function importsOf(source: string): Import[] {
  const tokens = tokenize(source)
  return tokens.flatMap((token, index) => importAt(tokens, token, index) ?? [])
}

function importAt(tokens: readonly Token[], token: Token, index: number): Import | undefined {
  if (token.kind !== 'name' || isMember(tokens[index - 1])) return undefined
  if (token.text === 'new') return fileUrl(tokens, index)
  if (token.text !== 'import' && token.text !== 'export') return undefined

  const next = tokens[index + 1]
  if (next === undefined || next.text === ':' || next.text === '.') return undefined
  if (token.text === 'import' && next.kind === 'string') return found(next, false)
  if (token.text === 'import' && next.text === '(') {
    const argument = tokens[index + 2]
    return argument?.kind === 'string' ? found(argument, tokens[index - 1]?.text === 'typeof') : undefined
  }
  // `import type from './x.ts'` imports a default export of that name.
  const isType = next.text === 'type' && tokens[index + 2]?.text !== 'from'
  const clause = isType ? index + 2 : index + 1
  if (token.text === 'export' && tokens[clause]?.text !== '{' && tokens[clause]?.text !== '*') return undefined
  return fromClause(tokens, clause, isType)
}

function isMember(previous: Token | undefined): boolean {
  return previous?.kind === 'other' && previous.text === '.'
}

/** `… from 'x'`: names, commas, stars and one pair of braces stand between, and nothing else. */
function fromClause(tokens: readonly Token[], start: number, isType: boolean): Import | undefined {
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index]
    const next = tokens[index + 1]
    if (token.text === 'from' && next?.kind === 'string') return found(next, isType)
    if (token.kind === 'other' && !['{', '}', ',', '*'].includes(token.text)) return undefined
    if (token.text === '}' && next?.text !== 'from') return undefined
  }
  return undefined
}

function fileUrl(tokens: readonly Token[], index: number): Import | undefined {
  const [url, open, path, comma, meta] = tokens.slice(index + 1, index + 6)
  const isFile = url?.text === 'URL' && open?.text === '(' && comma?.text === ',' && meta?.text === 'import'
  return isFile && path?.kind === 'string' && /\.[jt]s$/.test(path.text) ? found(path, false) : undefined
}

function found(token: Token, isType: boolean): Import {
  return { specifier: token.text, isType, line: token.line }
}
