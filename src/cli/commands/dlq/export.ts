// `linescope dlq export`: dead letters for other programs, or the lines themselves to be run again.

import { closeSync, openSync } from 'node:fs'
import { Command, Option } from 'commander'
import { quote } from '../../../base/quote.ts'
import { systemErrorCode, systemErrorReason } from '../../../base/system-error.ts'
import { UserError } from '../../../base/user-error.ts'
import { isCut } from '../../../state/dead-letter-log/filter.ts'
import { letterJson } from '../../../state/dead-letter-log/letter-json.ts'
import type { StoredLetter } from '../../../state/dead-letter-log/reader.ts'
import { createReveal } from '../../../threads/reveal.ts'
import { BufferedOutput } from '../../buffered-output.ts'
import { addFilters, type FilterArguments } from '../../dead-letters/filter.ts'
import type { Reveal } from '../../dead-letters/letter-text.ts'
import { openLog } from '../../dead-letters/open-log.ts'
import { LogScan } from '../../dead-letters/scan.ts'
import { EXIT } from '../../exit-codes.ts'
import { formatNumberOf } from '../../numbers.ts'
import { printError, safe } from '../../output.ts'

interface ExportArguments extends FilterArguments {
  readonly format: 'json' | 'lines'
  readonly output: string
  readonly unmasked: boolean
}

const NEWLINE = 0x0a
const ENDING = Buffer.from('\n')

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write dead letters as JSON, one a line, or the lines as they came.')
    .argument('[pipeline]', 'pipeline file')
    .option('-o, --output <path>', 'file to write, which must not be there yet; - is stdout', '-')
    .option('--unmasked', 'write JSON with secrets and personal data as they are', false)
    .addOption(
      new Option('--format <format>', 'json, or lines: the bytes of each line')
        .choices(FORMATS)
        .default('json')
        .conflicts('json')
    )
  return addFilters(command).action(async (pipeline: string | undefined, options: ExportArguments) => {
    const log = await openLog(pipeline, options.state)
    const scan = new LogScan(log, options)
    const descriptor = options.output === '-' ? undefined : create(options.output)
    const output = new BufferedOutput(descriptor)
    try {
      if (options.format === 'lines') writeLines(scan.wanted(), output)
      else writeJson(scan.wanted(), output, options.unmasked ? UNMASKED : log.reveal)
      output.flush()
    } catch (failure) {
      if (systemErrorCode(failure) === undefined) throw failure
      const name = descriptor === undefined ? 'stdout' : quote(options.output)
      printError(safe(`linescope: cannot write to ${name}: ${systemErrorReason(failure)}`))
      process.exit(EXIT.failed)
    }
    if (descriptor !== undefined) {
      closeSync(descriptor)
      printError(safe(`${formatNumberOf(scan.found, 'dead letter')} written to ${quote(options.output)}.`))
    }
    process.exit(scan.end())
  })
}

/** For the owner of the lines, who asked for it. */
const UNMASKED = createReveal([], { presets: [], patterns: [], showsPayloads: true })

const FORMATS: readonly ExportArguments['format'][] = ['json', 'lines']

/** For its owner alone, as the log is. */
function create(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (cause) {
    if (systemErrorCode(cause) === 'EEXIST') {
      throw new UserError(`${quote(path)} is there already`, { hint: 'Name another file, or remove it first.', cause })
    }
    throw new UserError(`cannot write to ${quote(path)}: ${systemErrorReason(cause)}`, { cause })
  }
}

function writeJson(letters: Iterable<StoredLetter>, output: BufferedOutput, reveal: Reveal): void {
  for (const stored of letters) if (!output.write(`${JSON.stringify(letterJson(stored, reveal))}\n`)) return
}

/** A line that ended with its source gets a line end only when another follows. */
function writeLines(letters: Iterable<StoredLetter>, output: BufferedOutput): void {
  let isOpen = false
  let cut = 0
  for (const { letter } of letters) {
    const { bytes } = letter.original
    if (isCut(letter)) cut++
    if (isOpen) output.write(ENDING)
    isOpen = bytes[bytes.length - 1] !== NEWLINE
    if (!output.write(bytes)) break
  }
  if (cut > 0) printError(`Of ${formatNumberOf(cut, 'line')} only the beginning was kept: they were too long.`)
}
