// `linescope top`: a run on the whole screen.

import { Command } from 'commander'

import { addRunOptions, EXIT_CODES, type ScopeArguments, WHICH_RUN } from '../scope/arguments.ts'
import { endWith } from '../scope/unreachable.ts'

export function topCommand(): Command {
  const command = new Command('top')
    .description('Watch a run on the whole screen; ? shows the keys.')
    .argument('[pipeline]', 'pipeline file')
  return addRunOptions(command)
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, options: ScopeArguments) => {
      const { showTop } = await import('../top/top.ts')
      await endWith(() => showTop(pipeline, options))
    })
}

const HELP = `${WHICH_RUN}
Where stdout is no terminal, one table is printed.
${EXIT_CODES.trimEnd()} 130 and 143 ended by a signal.`
