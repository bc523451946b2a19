// `linescope dlq`: the commands on dead letters.

import { Command } from 'commander'

import { discardCommand } from './dlq/discard.ts'
import { exportCommand } from './dlq/export.ts'
import { grepCommand } from './dlq/grep.ts'
import { lsCommand } from './dlq/ls.ts'
import { showCommand } from './dlq/show.ts'
import { statsCommand } from './dlq/stats.ts'

export function dlqCommand(): Command {
  const command = new Command('dlq')
    .description('Look at the dead letters of a pipeline: lines that failed for good, or that nothing was named for.')
    .addHelpText('after', HELP)
  for (const inner of [lsCommand(), showCommand(), grepCommand(), statsCommand(), exportCommand(), discardCommand()]) {
    command.addCommand(inner)
  }
  return command
}

const HELP = `
They may be read while the pipeline runs.

Examples:
  linescope dlq ls pipeline.yaml --since 10m
  linescope dlq show 17 pipeline.yaml
  linescope dlq export pipeline.yaml --processor parse --format lines -o failed.log`
