// `linescope paths`: which ways lines took.

import { Command } from 'commander'

import { addRunOptions, EXIT_CODES, parseCount, WHICH_RUN } from '../scope/arguments.ts'
import type { PathsArguments } from '../scope/paths.ts'
import { endWith } from '../scope/unreachable.ts'

export function pathsCommand(): Command {
  const command = new Command('paths')
    .description('Show which ways lines took, and how many took each.')
    .argument('[pipeline]', 'pipeline file')
  return addRunOptions(command)
    .option('--limit <number>', 'so many of the most frequent, up to 1000', parseCount, 50)
    .addHelpText('after', `${WHICH_RUN}\n${EXIT_CODES}`)
    .action(async (pipeline: string | undefined, options: PathsArguments) => {
      const { showPaths } = await import('../scope/paths.ts')
      await endWith(() => showPaths(pipeline, options))
    })
}
