// `linescope dlq grep`: dead letters in which a text occurs, and where.

import { statSync } from 'node:fs'
import { basename, extname } from 'node:path'

import { Argument, Command } from 'commander'
import { quote } from '../../../base/quote.ts'
import { revealStack, stackParts } from '../../../base/stack.ts'
import { UserError } from '../../../base/user-error.ts'
import { errorOf, lineOf, type Pattern, valueText } from '../../../state/dead-letter-log/filter.ts'

import type { StoredLetter } from '../../../state/dead-letter-log/reader.ts'
import { stateFoldersIn } from '../../../state/state-folder.ts'
import { ColumnOutput } from '../../dead-letters/column-output.ts'
import { oneLine } from '../../dead-letters/escape-bytes.ts'
import { addFilters, type FilterArguments, parsePattern } from '../../dead-letters/filter.ts'
import { printJsonLines } from '../../dead-letters/letter-json.ts'
import { numberOf, placeOf, type Reveal } from '../../dead-letters/letter-text.ts'
import { openLog } from '../../dead-letters/open-log.ts'
import { LogScan } from '../../dead-letters/scan.ts'
import { defaultStateRoot } from '../../state-root.ts'

const CHARACTERS_BEFORE = 40
const CHARACTERS_SHOWN = 120

export function grepCommand(): Command {
  const command = new Command('grep')
    .description('Search dead letters: line, value, error, stack.')
    .addArgument(
      new Argument('<pattern>', 'a text, or a regular expression as /this/ or /this/i').argParser(parsePattern)
    )
    .argument('[pipeline]', 'pipeline file')
  return addFilters(command).action(
    async (
      pattern: Pattern,
      pipeline: string | undefined,
      options: FilterArguments,
      { args: [text = ''] }: Command
    ) => {
      checkOrder(text, pipeline, options.state)
      const log = await openLog(pipeline, options.state)
      const scan = new LogScan(log, options, stored => hitIn(stored, pattern, log.reveal) !== undefined)
      if (options.json) printJsonLines(scan.wanted(), log.reveal)
      else printRows(scan, pattern, log.reveal)
      process.exit(scan.end())
    }
  )
}

/** Whoever names a pipeline alone has forgotten the text, and who names it first has the two the wrong way round. */
function checkOrder(text: string, pipeline: string | undefined, state: string | undefined): void {
  // With --state no pipeline need be named, so this is meant as a text.
  if (pipeline === undefined ? state !== undefined : isFile(pipeline)) return
  if (!isPipeline(text)) return
  const file = quote(text)
  if (pipeline !== undefined) {
    throw new UserError(`${file} is a pipeline file, and what to search for comes first`, {
      hint: `Write: linescope dlq grep ${quote(pipeline)} ${text}`
    })
  }
  throw new UserError(`${file} is a pipeline file, and nothing says what to search for in its dead letters`, {
    hint: `Write: linescope dlq grep TEXT ${text}. To search for this name itself: linescope dlq grep ${text} ${text}`
  })
}

/** Names of modules are searched for, in stacks; so a module is taken for a pipeline only where one of its name has run. */
function isPipeline(text: string): boolean {
  if (!/\.(ya?ml|json|[cm]?[jt]s)$/i.test(text) || !isFile(text)) return false
  return /\.ya?ml$/i.test(text) || hasRun(text)
}

function hasRun(pipeline: string): boolean {
  try {
    return stateFoldersIn(defaultStateRoot(pipeline), basename(pipeline, extname(pipeline))).length > 0
  } catch {
    return false
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The first of its texts that the pattern is in. */
function hitIn(
  stored: StoredLetter,
  pattern: Pattern,
  reveal: Reveal
): readonly [where: string, text: string] | undefined {
  for (const [where, text] of textsOf(stored, reveal)) {
    const match = pattern(text)
    if (match !== undefined) return [where, excerptOf(text, match.start)]
  }
  return undefined
}

function* textsOf({ letter }: StoredLetter, reveal: Reveal): Generator<[string, string]> {
  yield ['line', lineOf(letter, reveal)]
  if (letter.valueBefore !== undefined) yield ['value', valueText(letter, reveal)]
  yield ['error', errorOf(letter, reveal)]
  const { stack, message = '' } = letter.error ?? {}
  if (stack !== undefined) yield ['stack', revealStack(stackParts(stack, message), reveal)]
}

function excerptOf(text: string, start: number): string {
  const from = Math.max(0, start - CHARACTERS_BEFORE)
  return `${from === 0 ? '' : '…'}${oneLine(text.slice(from), CHARACTERS_SHOWN)}`
}

function printRows(scan: LogScan, pattern: Pattern, reveal: Reveal): void {
  const output = new ColumnOutput(['NUMBER', 'PLACE', 'PROCESSOR', 'IN', 'TEXT'], 0)
  for (const stored of scan.wanted()) {
    const { sequence, letter } = stored
    const hit = hitIn(stored, pattern, reveal) ?? []
    if (!output.write([numberOf(sequence), oneLine(placeOf(letter)), oneLine(letter.processor), ...hit])) break
  }
  output.end()
}
