// `linescope tap`: live lines at a processor or a sink.

import { Command } from 'commander'

import { addRunOptions, EXIT_CODES, parseCount, parseSeconds, WHICH_RUN } from '../scope/arguments.ts'
import type { TapArguments } from '../scope/tap.ts'
import { endWith } from '../scope/unreachable.ts'

export function tapCommand(): Command {
  const command = new Command('tap')
    .description('Show live lines at a processor or sink of a run: what it was given, and what came of it there.')
    .argument('<name>', 'of the processor or sink')
    .argument('[pipeline]', 'pipeline file')
  return addRunOptions(command)
    .option('--text <text>', 'only lines that hold this text when they come there')
    .option('--lines <number>', 'end after so many', parseCount, 100)
    .option('--rate <number>', 'at most so many lines a second', parseCount, 10)
    .option('--seconds <number>', 'end after so many seconds', parseSeconds, 60)
    .addHelpText('after', HELP)
    .action(async (name: string, pipeline: string | undefined, options: TapArguments) => {
      const { showTap } = await import('../scope/tap.ts')
      await endWith(() => showTap(name, pipeline, options))
    })
}

const HELP = `
The run is not slowed and need not be started again. With --json each line is one object.${WHICH_RUN}

Examples:
  linescope tap parse pipeline.yaml
  linescope tap parse --text timeout --rate 100
${EXIT_CODES}`
