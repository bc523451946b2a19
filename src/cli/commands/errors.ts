// `linescope errors`: what went wrong, by kind.

import { Command, InvalidArgumentError } from 'commander'

import { addRunOptions, EXIT_CODES, parseCount, WHICH_RUN } from '../scope/arguments.ts'
import type { ErrorsArguments } from '../scope/errors.ts'
import { endWith } from '../scope/unreachable.ts'

export function errorsCommand(): Command {
  const command = new Command('errors')
    .description('Show what went wrong, by kind, with the newest line of each.')
    .argument('[pipeline]', 'pipeline file')
  return addRunOptions(command)
    .option('--stack', 'with the stack of each', false)
    .option('--limit <number>', 'so many of the most frequent', parseCount, 20)
    .option('--run <number>', 'of one run, by its number in /api/v1/runs; last is the newest', parseRun)
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, options: ErrorsArguments) => {
      const { showErrors } = await import('../scope/errors.ts')
      await endWith(() => showErrors(pipeline, options))
    })
}

const HELP = `${WHICH_RUN}
Without a process that answers, the errors are those of the dead letters; with --run, of an earlier run too, what was
stored of it.
${EXIT_CODES}`

function parseRun(text: string): string {
  if (text === 'last' || /^[1-9]\d{0,14}$/.test(text)) return text
  throw new InvalidArgumentError('It must be the number of a run, from 1 up, or last.')
}
