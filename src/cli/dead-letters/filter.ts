// Which letters a command is about: the arguments that all `dlq` commands share, and what they mean.

import { type Command, InvalidArgumentError, Option } from 'commander'

import { type DeadLetter, valueBefore } from '../../state/dead-letter-log/letter.ts'
import type { StoredLetter } from '../../state/dead-letter-log/reader.ts'
import { errorOf, lineOf, type Reveal } from './letter-text.ts'
import { parseMoment } from './parse-moment.ts'

/** Finds a text, or what a regular expression matches; undefined when there is none. */
export type Pattern = (text: string) => { readonly start: number; readonly length: number } | undefined

export interface FilterArguments {
  readonly state?: string
  readonly json: boolean
  readonly id: readonly string[]
  readonly processor: readonly string[]
  readonly tag: readonly string[]
  readonly kind?: DeadLetter['kind']
  readonly error?: Pattern
  readonly text?: Pattern
  readonly since?: number
  readonly until?: number
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

export function matches({ letter, sequence }: StoredLetter, wanted: FilterArguments, reveal: Reveal): boolean {
  const { id, processor, tag, kind, error, text, since = -Infinity, until = Infinity } = wanted
  if (id.length > 0 && !id.includes(letter.id) && !id.includes(String(sequence))) return false
  if (processor.length > 0 && !processor.includes(letter.processor)) return false
  if (tag.length > 0 && !tag.includes(letter.tag)) return false
  if (kind !== undefined && kind !== letter.kind) return false
  if (letter.atMilliseconds < since || letter.atMilliseconds >= until) return false
  if (error !== undefined && error(errorOf(letter, reveal)) === undefined) return false
  return (
    text === undefined || text(lineOf(letter, reveal)) !== undefined || text(valueText(letter, reveal)) !== undefined
  )
}

/** The value before the step as a text to search in. */
export function valueText(letter: DeadLetter, reveal: Reveal): string {
  const value = valueBefore(letter)
  return reveal(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Plain text, or a regular expression between slashes. */
export function parsePattern(text: string): Pattern {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? []
  if (source === undefined) {
    return searched => {
      const start = searched.indexOf(text)
      return start === -1 ? undefined : { start, length: text.length }
    }
  }
  const expression = compile(source, flags)
  return searched => {
    const match = expression.exec(searched)
    return match === null ? undefined : { start: match.index, length: match[0].length }
  }
}

const KINDS: readonly DeadLetter['kind'][] = ['dead', 'unmatched']

function compile(source: string, flags = ''): RegExp {
  try {
    // These two would make it remember where the last search ended.
    return new RegExp(source, flags.replace(/[gy]/g, ''))
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

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
