// `linescope verify`: is what a run has left whole, and what would the next start make of it?

import { Command } from 'commander'

import { EXIT } from '../exit-codes.ts'

export function verifyCommand(): Command {
  return new Command('verify')
    .description('Check what a run has left: checkpoint, inputs, outputs, dead letters.')
    .argument('[pipeline]', 'pipeline file')
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--json', 'print JSON', false)
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, options: { readonly state?: string; readonly json: boolean }) => {
      // Loaded only here: the start of a run need not pay for it.
      const { verify } = await import('../verify/verify.ts')
      process.exit((await verify(pipeline, options)) ? EXIT.done : EXIT.failed)
    })
}

const HELP = `
It changes nothing, and no run may use the folder meanwhile. Each fault is named with its file, its byte, and what it
means for the next start.

Exit codes: 0 all is well, 1 something is damaged, 2 wrong usage, or a run is using the folder.`
