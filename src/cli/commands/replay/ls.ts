// `linescope replay ls`: all replays of a pipeline.

import { Command } from 'commander'

import { ColumnOutput } from '../../dead-letters/column-output.ts'
import { oneLine } from '../../dead-letters/escape-bytes.ts'
import { timeOf } from '../../dead-letters/letter-text.ts'
import { openLog } from '../../dead-letters/open-log.ts'
import { EXIT } from '../../exit-codes.ts'
import { formatCount } from '../../numbers.ts'
import { print, printError } from '../../output.ts'
import { storedReplays } from '../../replay/stored.ts'

const NAME_CHARACTERS = 24

export function replayLsCommand(): Command {
  return new Command('ls')
    .description('List replays, oldest first.')
    .argument('[pipeline]', 'pipeline file')
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--json', 'print JSON, one a line', false)
    .action(async (pipeline: string | undefined, { state, json }: { state?: string; json: boolean }) => {
      const { stateFolder } = await openLog(pipeline, state)
      const replays = storedReplays(stateFolder).map(({ replay }) => replay)
      if (json) for (const replay of replays) print(JSON.stringify(replay))
      else {
        const output = new ColumnOutput(['REPLAY', 'BEGUN', 'STATE', 'DONE', 'FAILED', 'NAME'], 0)
        for (const replay of replays) {
          output.write([
            String(replay.replay),
            timeOf(Date.parse(replay.created_at)),
            replay.state,
            `${formatCount(replay.done)}/${formatCount(replay.total)}`,
            formatCount(replay.dead + replay.unmatched),
            oneLine(replay.name, NAME_CHARACTERS)
          ])
        }
        if (replays.length > 0) output.end()
        else printError('Nothing was replayed yet.')
      }
      process.exit(EXIT.done)
    })
}
