// `linescope dlq show`: everything that is kept of one dead letter.

import { Command } from 'commander'
import { revealStack, stackParts } from '../../../base/stack.ts'
import { errorOf, isCut, tagOf } from '../../../state/dead-letter-log/filter.ts'

import type { DeadLetter } from '../../../state/dead-letter-log/letter.ts'
import { changedValueOf, letterJson } from '../../../state/dead-letter-log/letter-json.ts'
import type { StoredLetter } from '../../../state/dead-letter-log/reader.ts'
import { BufferedOutput } from '../../buffered-output.ts'
import { escapeBytes, oneLine } from '../../dead-letters/escape-bytes.ts'
import type { FilterArguments } from '../../dead-letters/filter.ts'
import { numberOf, type Reveal, timeOf } from '../../dead-letters/letter-text.ts'
import { openLog } from '../../dead-letters/open-log.ts'
import { LogScan } from '../../dead-letters/scan.ts'
import { formatCount, formatNumberOf } from '../../numbers.ts'
import { print, printError, safe } from '../../output.ts'

interface ShowArguments {
  readonly state?: string
  readonly json: boolean
  readonly raw: boolean
}

const OTHERS_NAMED = 10

export function showCommand(): Command {
  return new Command('show')
    .description('Show everything that is kept of one dead letter.')
    .argument('<id>', 'number of the letter, or id of its line: 17, 0:1427')
    .argument('[pipeline]', 'pipeline file')
    .option('--raw', 'write the bytes of the line as they are, and nothing else', false)
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--json', 'print JSON', false)
    .action(async (id: string, pipeline: string | undefined, options: ShowArguments) => {
      const log = await openLog(pipeline, options.state)
      const scan = new LogScan(log, { ...ALL, id: [id] })
      let newest: StoredLetter | undefined
      const older: number[] = []
      for (const stored of scan.wanted()) {
        if (newest !== undefined) older.push(newest.sequence)
        if (older.length > OTHERS_NAMED) older.shift()
        newest = stored
      }
      scan.requireIds()
      const exitCode = scan.end()
      if (newest !== undefined) {
        if (options.raw) writeRaw(newest.letter)
        else if (options.json) print(JSON.stringify(letterJson(newest, log.reveal)))
        else print(described(newest, log.reveal))
      }
      if (older.length > 0) printError(`Older letters have this id too: ${older.map(numberOf).join(', ')}.`)
      process.exit(exitCode)
    })
}

const ALL: FilterArguments = { json: false, id: [], processor: [], tag: [], limit: Number.POSITIVE_INFINITY }

function writeRaw({ original }: DeadLetter): void {
  const output = new BufferedOutput()
  output.write(original.bytes)
  output.flush()
}

function described({ sequence, letter }: StoredLetter, reveal: Reveal): string {
  const { original, error } = letter
  const at = letter.file === undefined ? `${letter.source}, line` : `${letter.file}:`
  const shown = (text: string): string => oneLine(reveal(text))
  const lines = [
    `letter ${numberOf(sequence)} · id ${shown(letter.id)} · ${letter.kind} · ${timeOf(letter.atMilliseconds)}`,
    `  line       ${shown(`${at}${letter.file === undefined ? ' ' : ''}${letter.lineNumber}`)}, byte ${formatCount(letter.offset)}`,
    `  processor  ${letter.processor === '' ? '– (the engine refused the line)' : shown(letter.processor)}`,
    `  tag        ${oneLine(tagOf(letter, reveal))}`,
    `  path       ${letter.journey.map(shown).join(' > ')}`,
    `  error      ${oneLine(errorOf(letter, reveal))}${error?.code === undefined ? '' : ` (${shown(error.code)})`}`
  ]
  for (const { attempt, atMilliseconds, message } of letter.attempts) {
    lines.push(`  attempt ${attempt}  ${timeOf(atMilliseconds)}  ${oneLine(reveal(Buffer.from(message)))}`)
  }
  if (letter.replayOf !== undefined) lines.push(`  replay of  ${shown(letter.replayOf)}`)
  lines.push(`  config     ${shown(letter.configHash)}`, '', `${lineTitle(letter)}:`)
  lines.push(`  ${oneLine(reveal(Buffer.from(escapeBytes(original.bytes)), isCut(letter)))}`)
  lines.push('', ...describedValue(letter, reveal))
  if (error?.stack !== undefined) {
    lines.push(
      '',
      'stack:',
      ...revealStack(stackParts(error.stack, error.message), reveal)
        .split('\n')
        .map(line => `  ${safe(line)}`)
    )
  }
  return lines.join('\n')
}

function lineTitle({ original }: DeadLetter): string {
  const size = formatNumberOf(original.byteLength, 'byte')
  if (original.sha256 === undefined) return `line (${size})`
  return `line (the first ${formatCount(original.bytes.length)} of ${size}, SHA-256 ${original.sha256})`
}

function describedValue(letter: DeadLetter, reveal: Reveal): string[] {
  const value = changedValueOf(letter, reveal)
  if (value === undefined) return ['value before the step: the text of the line']
  const text = typeof value === 'string' ? oneLine(value) : safe(JSON.stringify(value, undefined, 2))
  return ['value before the step:', ...text.split('\n').map(line => `  ${line}`)]
}
