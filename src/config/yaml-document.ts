// YAML text → one syntactically sound document with a place for every offset.
//
// Bounded before anything is built: nesting and number of tokens. So no file of a few kilobytes, and none of the few
// megabytes allowed, can take minutes or gigabytes.

import { Composer, type CST, type Document, isScalar, Lexer, LineCounter, Parser } from 'yaml'

import { type Place, UserError } from '../base/user-error.ts'
import type { Problems } from './problems.ts'
import { syntaxProblem } from './yaml-syntax-problem.ts'

// The parser keeps about two entries on its stack for one level.
const MAX_STACK = 200
const MAX_TOKENS = 200_000
const MAX_SYNTAX_PROBLEMS = 10

export type ParsedDocument = Document.Parsed

export interface YamlDocument {
  readonly contents: NonNullable<ParsedDocument['contents']>
  readonly placeAt: (offset: number) => Place
}

/** Undefined when there is none to go on with; the reasons are in `problems` then. */
export function readYamlDocument(text: string, file: string, problems: Problems): YamlDocument | undefined {
  const lines = lineCounterOf(text)
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { file, line, column: col }
  }
  const documents = compose(text, placeAt, problems)
  if (documents === undefined) return undefined

  const before = problems.count
  const [document, second] = documents
  if (second !== undefined) {
    const position = { place: placeAt(second.range[0]), path: '' }
    problems.add(position, 'a second document begins here', 'A pipeline file holds one: remove the "---".')
  }
  if (document !== undefined) addSyntaxProblems(document, text, placeAt, problems)
  if (problems.count > before) return undefined
  const contents = document?.contents ?? undefined
  // After `---` there is a value, but an empty one.
  const isEmpty = isScalar(contents) && contents.value === null && contents.source === ''
  if (contents !== undefined && !isEmpty) return { contents, placeAt }
  problems.add({ place: placeAt(0), path: '' }, 'the file is empty', 'A pipeline needs at least "processors".')
  return undefined
}

function lineCounterOf(text: string): LineCounter {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
  return lines
}

function compose(text: string, placeAt: (offset: number) => Place, problems: Problems): ParsedDocument[] | undefined {
  const parser = new Parser()
  function* tokens(): Generator<CST.Token> {
    let count = 0
    for (const lexeme of new Lexer().lex(text)) {
      count += 1
      yield* parser.next(lexeme)
      const isTooDeep = parser.stack.length > MAX_STACK
      if (!isTooDeep && count <= MAX_TOKENS) continue
      const message = isTooDeep ? 'values are nested too deeply here' : 'the file has too many values'
      throw new UserError(message, { place: placeAt(parser.offset) })
    }
    yield* parser.end()
  }
  try {
    const composer = new Composer({ schema: 'core', uniqueKeys: false, prettyErrors: false, logLevel: 'error' })
    return [...composer.compose(tokens(), true, text.length)] as ParsedDocument[]
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    problems.add({ place: error.place, path: '' }, error.message)
    return undefined
  }
}

/** One slip often breaks the lines behind it too: the first problem of each line is shown, and only some. */
function addSyntaxProblems(
  document: ParsedDocument,
  text: string,
  placeAt: (offset: number) => Place,
  problems: Problems
): void {
  const seenLines = new Set<number>()
  for (const error of document.errors) {
    const place = placeAt(error.pos[0])
    if (seenLines.has(place.line) || seenLines.size === MAX_SYNTAX_PROBLEMS) continue
    seenLines.add(place.line)
    const { message, hint } = syntaxProblem(error, lineOf(text, error.pos[0]))
    problems.add({ place, path: '' }, message, hint)
  }
  const { yaml } = document.directives
  if (yaml.explicit === true && yaml.version !== '1.2') {
    problems.add({ place: placeAt(0), path: '' }, `YAML ${yaml.version} is not read`, 'Remove the %YAML line.')
  }
}

function lineOf(text: string, offset: number): string {
  const end = text.indexOf('\n', offset)
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end === -1 ? text.length : end)
}
