// From a character of a YAML scalar's value back to its offset in the file: escapes, doubled quotes and block
// indentation make the two differ.

import type { Scalar } from 'yaml'

/** Undefined where it cannot be told (folded text): the scalar's own place has to do then. */
export function offsetInFile(text: string, node: Scalar.Parsed, offset: number): number | undefined {
  const [start, end] = node.range
  const source = text.slice(start, end)
  switch (node.type) {
    case 'PLAIN':
      return source.includes('\n') ? undefined : start + offset
    case 'QUOTE_SINGLE':
      return source.includes('\n') ? undefined : start + inSingleQuotes(source, offset)
    case 'QUOTE_DOUBLE':
      return source.includes('\n') ? undefined : start + inDoubleQuotes(source, offset)
    case 'BLOCK_LITERAL':
      return inBlock(text, start, String(node.value), offset)
    default:
      return undefined
  }
}

function inSingleQuotes(source: string, offset: number): number {
  let at = 1
  for (let remaining = offset; remaining > 0 && at < source.length; remaining -= 1) {
    at += source.startsWith("''", at) ? 2 : 1
  }
  return at
}

const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 }

function inDoubleQuotes(source: string, offset: number): number {
  let at = 1
  for (let remaining = offset; remaining > 0 && at < source.length; remaining -= 1) {
    const length = source[at] === '\\' ? (ESCAPE_LENGTHS[source[at + 1]] ?? 2) : 1
    // A `\U` escape beyond the basic plane gives two units of text.
    if (length === 10 && Number.parseInt(source.slice(at + 2, at + 10), 16) > 0xffff) remaining -= 1
    at += length
  }
  return at
}

/** Each line of a literal block is a line of the file with the block's indentation taken away. */
function inBlock(text: string, start: number, value: string, offset: number): number | undefined {
  const firstLine = text.indexOf('\n', start) + 1
  const before = value.slice(0, offset)
  const column = offset - (before.lastIndexOf('\n') + 1)
  let lineStart = firstLine
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) {
    lineStart = text.indexOf('\n', lineStart) + 1
  }
  const valueLine = value.slice(before.lastIndexOf('\n') + 1).split('\n', 1)[0]
  const lineEnd = text.indexOf('\n', lineStart)
  const fileLine = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd).replace(/\r$/, '')
  if (!fileLine.endsWith(valueLine)) return undefined
  return lineStart + fileLine.length - valueLine.length + column
}
