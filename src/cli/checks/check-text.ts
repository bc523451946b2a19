// Checks as lines of a terminal, 80 columns wide: level, name, text, and indented below it what to do.

import { formatNumberOf } from '../numbers.ts'
import { safe } from '../output.ts'
import { type Check, isFault, type Level } from './check.ts'

const WIDTH = 80
const LEVEL_WIDTH = 9
const NAME_WIDTH = 16
const LEVELS: readonly Level[] = ['ok', 'note', 'warning', 'broken', 'damage']

/** Without a newline at the end. */
export function textOf(checks: readonly Check[]): string {
  return checks.map(linesOf).join('\n')
}

/** `8 ok, 1 warning.` */
export function summaryOf(checks: readonly Check[]): string {
  const counts = LEVELS.map(level => ({ level, count: checks.filter(check => check.level === level).length }))
  const parts = counts
    .filter(({ count }) => count > 0)
    .map(({ level, count }) =>
      level === 'ok' || level === 'broken'
        ? `${count} ${level}`
        : formatNumberOf(count, level === 'damage' ? 'damaged place' : level)
    )
  return `${parts.join(', ')}.`
}

export function jsonOf(checks: readonly Check[]): object[] {
  return checks.map(({ level, name, text, advice, facts }) => ({ level, name, text, advice: advice ?? null, ...facts }))
}

export function hasFault(checks: readonly Check[]): boolean {
  return checks.some(isFault)
}

function linesOf({ level, name, text, advice }: Check): string {
  const indent = ' '.repeat(LEVEL_WIDTH + NAME_WIDTH)
  const shownName = safe(name).replace(/\s+/g, ' ')
  const head = `${level.padEnd(LEVEL_WIDTH)}${shownName.padEnd(NAME_WIDTH - 1)} `
  const body = wrapped(text, WIDTH - indent.length)
  // A long name has a line of its own.
  const lines = [...shownName].length < NAME_WIDTH ? [head + (body.shift() ?? '')] : [head.trimEnd()]
  lines.push(...body.map(line => indent + line))
  if (advice !== undefined) {
    for (const [index, line] of wrapped(advice, WIDTH - indent.length - 2).entries()) {
      lines.push(`${indent}${index === 0 ? '→ ' : '  '}${line}`)
    }
  }
  return lines.join('\n')
}

/** A word that is longer than a line, a path say, stays whole: so it can be copied. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of safe(text).split(/\s+/)) {
    if (line !== '' && [...line].length + 1 + [...word].length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines
}
