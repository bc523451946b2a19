// Which letters a command is about: the arguments that all `dlq` commands share, and what they mean.

import { type Command, InvalidArgumentError, Option } from 'commander'

import { type LetterFilter, type Pattern, parsePattern as parse } from '../../state/dead-letter-log/filter.ts'
import type { DeadLetter } from '../../state/dead-letter-log/letter.ts'
import { parseMoment } from './parse-moment.ts'

export interface FilterArguments extends LetterFilter {
  readonly state?: string
  readonly json: boolean
  readonly limit: number
}

export function addFilters(command: Command): Command {
  return command
    .option('--id <id>', 'only the letter of this number or id; repeatable', collect, [])
    .option('--processor <name>', 'only what failed in this processor or sink; repeatable', collect, [])
    .option('--tag <name>', 'only what came under this tag; repeatable', collect, [])
    .addOption(
      new Option('--kind <kind>', 'only lines that failed (dead), or that nothing was named for (unmatched)').choices(
        KINDS
      )
    )
    .option('--error <pattern>', 'only where the error holds this text, or matches /this/', parsePattern)
    .option('--text <pattern>', 'only where the line or the value holds this text, or matches /this/', parsePattern)
    .option('--since <time>', 'only from this time on: 2026-11-24T13:55, or an age like 10m, 2h, 3d', asMoment)
    .option('--until <time>', 'only before this time', asMoment)
    .option('--limit <number>', 'at most so many, oldest first', parseLimit, Number.POSITIVE_INFINITY)
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--json', 'print JSON', false)
}

/** Plain text, or a regular expression between slashes. */
export function parsePattern(text: string): Pattern {
  try {
    return parse(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

const KINDS: readonly DeadLetter['kind'][] = ['dead', 'unmatched']

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

function asMoment(value: string): number {
  return parseMoment(value)
}

function parseLimit(value: string): number {
  const number = /^\d+$/.test(value) ? Number(value) : 0
  if (number > 0) return number
  throw new InvalidArgumentError('It must be a whole number from 1 up.')
}
