// `linescope dlq discard`: letters that need no one any more.

import { Command } from 'commander'

import { systemErrorCode, systemErrorReason } from '../../../base/system-error.ts'
import { type Discarded, discardLetters } from '../../../state/dead-letter-log/discard.ts'
import { addFilters, type FilterArguments } from '../../dead-letters/filter.ts'
import { openLog } from '../../dead-letters/open-log.ts'
import { LogScan } from '../../dead-letters/scan.ts'
import { EXIT } from '../../exit-codes.ts'
import { formatNumberOf } from '../../numbers.ts'
import { print, printError, safe } from '../../output.ts'

interface DiscardArguments extends FilterArguments {
  readonly yes: boolean
}

export function discardCommand(): Command {
  const command = new Command('discard')
    .description('Discard dead letters: they are shown no more. Without a filter, all of them.')
    .argument('[pipeline]', 'pipeline file')
    .option('--yes', 'do it; without it, say how many they are', false)
  return addFilters(command).action(async (pipeline: string | undefined, options: DiscardArguments) => {
    const log = await openLog(pipeline, options.state)
    // Nothing at all is discarded when one of the letters that were named is not there.
    const preview = new LogScan(log, options)
    for (const _ of preview.wanted());
    preview.requireIds()
    const exitCode = preview.end()
    if (preview.found === 0) process.exit(exitCode)
    if (!options.yes) {
      print(`${formatNumberOf(preview.found, 'dead letter')} would be discarded.`)
      printError('Nothing was discarded: add --yes to do it.')
      process.exit(EXIT.usage)
    }
    const result = discard(log.stateFolder, new LogScan(log, options))
    if (options.json) print(JSON.stringify({ discarded: result.letters, segments_deleted: result.segments }))
    else print(described(result))
    process.exit(exitCode)
  })
}

function discard(stateFolder: string, scan: LogScan): Discarded {
  try {
    return discardLetters(stateFolder, scan.wanted())
  } catch (failure) {
    if (systemErrorCode(failure) === undefined) throw failure
    printError(safe(`linescope: dead letters in ${stateFolder} cannot be discarded: ${systemErrorReason(failure)}`))
    process.exit(EXIT.failed)
  }
}

function described({ letters, segments }: Discarded): string {
  const deleted =
    segments === 0 ? '' : ` ${formatNumberOf(segments, 'file')} that held nothing else ${were(segments)} deleted.`
  return `${formatNumberOf(letters, 'dead letter')} discarded.${deleted}`
}

function were(count: number): string {
  return count === 1 ? 'was' : 'were'
}
