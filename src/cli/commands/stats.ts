// `linescope stats`: the numbers of a run.

import { Command } from 'commander'

import { addRunOptions, EXIT_CODES, parseSeconds, WHICH_RUN } from '../scope/arguments.ts'
import type { StatsArguments } from '../scope/stats.ts'
import { endWith } from '../scope/unreachable.ts'

export function statsCommand(): Command {
  const command = new Command('stats')
    .description('Show the numbers of a run: by processor, the ledger, rates.')
    .argument('[pipeline]', 'pipeline file')
  return addRunOptions(command)
    .option('--watch', 'again and again, until Ctrl-C', false)
    .option('--interval <seconds>', 'with --watch: so often', parseSeconds, 2)
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, options: StatsArguments) => {
      const { showStats } = await import('../scope/stats.ts')
      await endWith(() => showStats(pipeline, options))
    })
}

const HELP = `${WHICH_RUN}
Without a process that answers, the numbers are those of the last commit.
${EXIT_CODES}`
