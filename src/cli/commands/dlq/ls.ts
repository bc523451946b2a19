// `linescope dlq ls`: dead letters, one a line.

import { Command } from 'commander'
import { errorOf, lineOf } from '../../../state/dead-letter-log/filter.ts'

import { ColumnOutput } from '../../dead-letters/column-output.ts'
import { oneLine } from '../../dead-letters/escape-bytes.ts'
import { addFilters, type FilterArguments } from '../../dead-letters/filter.ts'
import { printJsonLines } from '../../dead-letters/letter-json.ts'
import { numberOf, placeOf, timeOf } from '../../dead-letters/letter-text.ts'
import { openLog } from '../../dead-letters/open-log.ts'
import { LogScan } from '../../dead-letters/scan.ts'

const ERROR_CHARACTERS = 60
const LINE_CHARACTERS = 80

export function lsCommand(): Command {
  const command = new Command('ls')
    .description('List dead letters, oldest first.')
    .argument('[pipeline]', 'pipeline file')
  return addFilters(command).action(async (pipeline: string | undefined, options: FilterArguments) => {
    const log = await openLog(pipeline, options.state)
    const scan = new LogScan(log, options)
    if (options.json) {
      printJsonLines(scan.wanted(), log.reveal)
    } else {
      const output = new ColumnOutput(['NUMBER', 'TIME', 'PLACE', 'PROCESSOR', 'ERROR', 'LINE'], 0)
      for (const { sequence, letter } of scan.wanted()) {
        const row = [
          numberOf(sequence),
          timeOf(letter.atMilliseconds),
          oneLine(placeOf(letter)),
          oneLine(letter.processor),
          oneLine(errorOf(letter, log.reveal), ERROR_CHARACTERS),
          oneLine(lineOf(letter, log.reveal), LINE_CHARACTERS)
        ]
        if (!output.write(row)) break
      }
      output.end()
    }
    process.exit(scan.end())
  })
}
