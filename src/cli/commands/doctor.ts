// `linescope doctor`: what do this machine, its disks and this pipeline really guarantee?

import { Command } from 'commander'

import { EXIT } from '../exit-codes.ts'

interface Arguments {
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly state?: string
  readonly json: boolean
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Say what this machine, its disks and a pipeline really guarantee.')
    .argument('[pipeline]', 'pipeline file')
    .option('-i, --input <path>', 'as for run: read this instead of the source', collect, [])
    .option('-o, --output <path>', 'as for run: write here instead of the sink', collect, [])
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--json', 'print JSON', false)
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, options: Arguments) => {
      // Loaded only here: the start of a run need not pay for it.
      const { doctor } = await import('../doctor/doctor.ts')
      process.exit((await doctor(pipeline, options)) ? EXIT.done : EXIT.failed)
    })
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

const HELP = `
It runs nothing. A file is written in the state folder to measure the disk, and taken away again. The index of the dead
letters is made anew from their log.

Exit codes: 0 nothing is broken (warnings are no reason for another one), 1 something is, 2 wrong usage.`
