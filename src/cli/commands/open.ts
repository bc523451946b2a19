// `linescope open`: the dashboard on what a run that is over has left.

import { Command } from 'commander'

import type { OpenArguments } from '../open/open.ts'
import { collect, parsePort } from '../run-options.ts'

export function openCommand(): Command {
  return new Command('open')
    .description('Show what a run that is over or has crashed has left, on a dashboard that only reads.')
    .argument('[run]', 'pipeline file, or state folder; without it, the run whose state is in .linescope here')
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--port <number>', 'port of the dashboard; 0 picks one', parsePort, 8000)
    .option('--host <name>', 'address of the dashboard; any but loopback needs a token', '127.0.0.1')
    .option('--allow-host <name>', 'a further name under which the dashboard may be asked; repeatable', collect, [])
    .option('--token-file <path>', 'file with the token of the dashboard (or set LINESCOPE_TOKEN)')
    .addHelpText('after', HELP)
    .action(async (target: string | undefined, options: OpenArguments) => {
      // Loaded only here: the start of a run need not pay for it.
      const { openRun } = await import('../open/open.ts')
      process.exit(await openRun(target, options))
    })
}

const HELP = `
It needs nothing but the state folder and changes nothing in it; the next run may begin meanwhile. Ctrl-C ends it.

Examples:
  linescope open pipeline.yaml
  linescope open .linescope/pipeline-1a2b3c4d --port 0
  linescope errors --url http://localhost:8000

Exit codes: 0 ended by Ctrl-C, 1 failed, 2 wrong usage, a run that is still on, or a folder that cannot be shown.`
