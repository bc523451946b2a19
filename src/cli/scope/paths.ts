// `linescope paths`: which ways lines took, and how many took each.

import type { PathCount, Paths } from '../../contract/paths.ts'
import { alignColumns } from '../columns.ts'
import { cutToWidth, displayWidth } from '../display-width.ts'
import { EXIT } from '../exit-codes.ts'
import { formatCount, formatNumberOf, formatShare } from '../numbers.ts'
import { print, safe } from '../output.ts'
import { terminalWidth } from '../terminal-size.ts'
import type { ScopeArguments } from './arguments.ts'
import { findRunning } from './find-run.ts'
import { printJson } from './json-output.ts'

export interface PathsArguments extends ScopeArguments {
  readonly limit: number
}

const OUTCOMES = ['delivered', 'dropped', 'dead', 'unmatched', 'joined'] as const
const LEAST_PATH_COLUMNS = 20

export async function showPaths(pipeline: string | undefined, options: PathsArguments): Promise<number> {
  const client = await findRunning(pipeline, options, 'the paths of lines are')
  const { text, body } = await client.get<Paths>(`/api/v1/paths?limit=${options.limit}`, 'paths')
  if (options.json) printJson(text)
  else print(describe(body))
  return EXIT.done
}

function describe({ paths, other, distinct, overflowed }: Paths): string {
  if (paths.length === 0) return 'No line has come to an end yet.'
  // A column in which no path has anything says nothing.
  const outcomes = OUTCOMES.filter(outcome => [...paths, other].some(counts => counts[outcome] > 0))
  const rows = [
    ['LINES', 'SHARE', ...outcomes.map(outcome => outcome.toUpperCase())],
    ...paths.map(path => [
      formatCount(path.lines),
      formatShare(path.share),
      ...outcomes.map(outcome => formatCount(path[outcome]))
    ]),
    ...(other.paths > 0
      ? [[formatCount(other.lines), '', ...outcomes.map(outcome => formatCount(other[outcome]))]]
      : [])
  ]
  const counts = alignColumns(rows, { left: [] })
  const width = Math.max(...counts.map(displayWidth))
  const room = Math.max(LEAST_PATH_COLUMNS, terminalWidth() - width - 2)
  const names = [
    'PATH',
    ...paths.map(path => shownPath(path, room)),
    ...(other.paths > 0 ? [`${formatNumberOf(other.paths, 'other path')}`] : [])
  ]
  const lines = counts.map((line, row) => `${line.padEnd(width)}  ${names[row]}`)
  if (overflowed > 0) {
    lines.push('', `The path of ${formatNumberOf(overflowed, 'line')} is not known: the table of paths was full.`)
  }
  lines.push('', `${formatNumberOf(distinct, 'path')} in all.`)
  return lines.join('\n')
}

/** Where it is too long, its middle is left out: where a line ended says most. */
function shownPath({ path }: PathCount, width: number): string {
  if (path.length === 0) return '(refused before the first processor)'
  const names = path.map(safe)
  for (let left = names.length; left >= 2; left--) {
    const start = names.slice(0, Math.ceil(left / 2))
    const end = names.slice(names.length - Math.floor(left / 2))
    const text = [...start, ...(left < names.length ? ['…'] : []), ...end].join(' > ')
    if (displayWidth(text) <= width) return text
  }
  return cutToWidth(names.length === 1 ? names[0] : `${names[0]} > … > ${names.at(-1)!}`, width)
}
