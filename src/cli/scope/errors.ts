// `linescope errors`: what went wrong, by kind, with the newest line of each kind.

import { quote } from '../../base/quote.ts'
import type { ErrorGroup, Errors } from '../../contract/errors.ts'
import { MAXIMUM_LIMIT } from '../../contract/limit.ts'
import { oneLine } from '../dead-letters/escape-bytes.ts'
import { timeOf } from '../dead-letters/letter-text.ts'
import { cutToWidth } from '../display-width.ts'
import { EXIT } from '../exit-codes.ts'
import { formatCount, formatNumberOf } from '../numbers.ts'
import { print, printError, safe } from '../output.ts'
import { terminalWidth } from '../terminal-size.ts'
import type { ScopeArguments } from './arguments.ts'
import { findRun } from './find-run.ts'
import { printJson } from './json-output.ts'
import { askRunErrors, storedRunErrors } from './run-errors.ts'
import { kindsText } from './run-text.ts'
import { storedErrors } from './stored-errors.ts'

export interface ErrorsArguments extends ScopeArguments {
  readonly stack: boolean
  readonly limit: number
  /** Number of a run, or `last`. */
  readonly run?: string
}

/** What is shown of one kind of error. */
export interface ShownGroup
  extends Pick<
    ErrorGroup,
    'processor' | 'name' | 'message' | 'count' | 'final' | 'first_at' | 'last_at' | 'line' | 'line_number' | 'trace_id'
  > {
  readonly file: string | null
  /** Of the newest error of this kind, as far as it is known. */
  readonly stack?: string | null
}

export async function showErrors(pipeline: string | undefined, options: ErrorsArguments): Promise<number> {
  const found = await findRun(pipeline, options)
  if (options.run !== undefined) {
    const { run } = options
    const ofRun = found.kind === 'stored' ? storedRunErrors(found, run) : await askRunErrors(found.client, run)
    if (options.json) printJson(ofRun.json)
    else print(`${ofRun.title}\n${describe(ofRun.groups, options)}`)
    return EXIT.done
  }
  if (found.kind === 'stored') {
    const stored = await storedErrors(found, pipeline)
    if (options.json) printJson(stored)
    else print(describe(stored.groups, options))
    const until = stored.at === null ? '' : `, the newest of ${stored.at}`
    printError(
      safe(`${found.reason}: these are the errors of the ${formatNumberOf(stored.letters, 'dead letter')}${until}.`)
    )
    return EXIT.done
  }
  const { text, body } = await found.client.get<Errors>(`/errors?limit=${MAXIMUM_LIMIT}`, 'groups')
  if (options.json) {
    printJson(text)
    return EXIT.done
  }
  print(describe(withStacks(body), options))
  if (body.shed > 0) print(`\n${formatNumberOf(body.shed, 'failed try')} came too fast to be kept: counted only.`)
  const forgotten = body.groups_forgotten ?? 0
  if (forgotten > 0) {
    print(`\n${formatNumberOf(forgotten, 'older group')} gave way to newer ones.`)
  }
  return EXIT.done
}

function withStacks({ groups, errors }: Errors): ShownGroup[] {
  return groups.map(group => {
    const newest = errors.findLast(
      ({ trace_id: id, processor, name, stack }) =>
        stack !== null && id === group.trace_id && processor === group.processor && name === group.name
    )
    const own = (group as ShownGroup).stack
    return { ...group, stack: own ?? newest?.stack ?? null }
  })
}

function describe(groups: readonly ShownGroup[], { stack, limit }: ErrorsArguments): string {
  if (groups.length === 0) return 'No errors.'
  const tries = groups.reduce((sum, { count }) => sum + count, 0)
  const head = `${kindsText(groups.length)}, ${formatCount(tries)} failed ${tries === 1 ? 'try' : 'tries'}`
  const shown = groups.slice(0, limit)
  const rest = groups.length - shown.length
  return [
    head,
    ...shown.map(group => `\n${describeGroup(group, stack)}`),
    ...(rest > 0 ? [`\n… and ${formatNumberOf(rest, 'kind')} more: --limit shows them.`] : [])
  ].join('\n')
}

export function describeGroup(group: ShownGroup, withStack: boolean): string {
  const width = terminalWidth()
  const fit = (text: string): string => cutToWidth(text, width)
  const where = group.processor === null ? 'before any processor' : `in ${quote(group.processor)}`
  const final = group.final > 0 ? ` · ${formatCount(group.final)} for good` : ''
  const lines = [
    fit(`${formatCount(group.count)} × ${oneLine(group.name)} ${where}: ${oneLine(group.message)}`),
    fit(`  first ${shownTime(group.first_at)} · last ${shownTime(group.last_at)}${final}`),
    fit(`  ${placeOf(group)} · ${safe(group.trace_id)}`),
    fit(`  │ ${oneLine(group.line)}`)
  ]
  if (!withStack) return lines.join('\n')
  const stack = group.stack ?? undefined
  // Nothing was thrown: a line that goes nowhere has none.
  if (stack === '') return lines.join('\n')
  if (stack === undefined) return [...lines, '  (its stack is no longer kept)'].join('\n')
  return [...lines, ...stack.split('\n').map(line => `    ${oneLine(line.trimEnd())}`)].join('\n')
}

export function placeOf({ file, line_number: line }: { file: string | null; line_number: number }): string {
  return file === null ? `line ${line}` : oneLine(`${file}:${line}`)
}

function shownTime(moment: string): string {
  return timeOf(Date.parse(moment))
}
