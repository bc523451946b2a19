// `linescope run`: arguments in, a run, an exit code out.

import { Command, Option } from 'commander'

import { DEMO } from '../demo.ts'
import type { RunArguments } from '../run-arguments.ts'
import { collect, parsePort, parseWhole } from '../run-options.ts'

export function runCommand(): Command {
  return new Command('run')
    .description('Run a pipeline, with a dashboard on http://localhost:8000.')
    .argument('[pipeline]', 'pipeline file: .yaml, .json, .ts or .js; without it, the bundled demo')
    .option('-i, --input <path>', 'read this instead of the source; repeatable, globs, - is stdin', collect, [])
    .option(
      '-o, --output <path>',
      'write here instead of the sink "end"; NAME=PATH for others, - is stdout',
      collect,
      []
    )
    .option('--trace', "record every line's journey", false)
    .option('--port <number>', 'port of the dashboard; 0 picks one', parsePort, 8000)
    .option('--host <name>', 'address of the dashboard; any but loopback needs a token', '127.0.0.1')
    .option('--allow-host <name>', 'a further name under which the dashboard may be asked; repeatable', collect, [])
    .option('--token-file <path>', 'file with the token of the dashboard (or set LINESCOPE_TOKEN)')
    .option('--no-dashboard', 'no dashboard; the run leaves when the input ends')
    .option('--exit', 'leave when the input ends instead of keeping the dashboard up', false)
    .option('--lanes <number>', 'worker threads; this version has one', parseLanes, 'auto')
    .option('--state <folder>', 'where dead letters are kept; by default .linescope beside the pipeline')
    .addOption(
      new Option('--resume', 'go on where a run was cut off, also when the pipeline has changed since')
        .default(false)
        .conflicts('fresh')
    )
    .addOption(new Option('--fresh', 'start from the beginning, and forget where a run was cut off').default(false))
    .option('--watch', 'start again when the pipeline or its processors change', false)
    .option('--lines <number>', 'stop after so many lines', parseLines, Number.POSITIVE_INFINITY)
    .option('--quiet', 'no progress and no report', false)
    .option('--json', 'report at the end as JSON on stdout (on stderr with -o -)', false)
    .option('--fail-on-dead', 'exit 3 when lines went to the dead letters or were unmatched', false)
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, options: RunArguments) => {
      if (options.watch) {
        const { watchRun } = await import('../watch-run.ts')
        await watchRun(pipeline ?? DEMO)
      } else {
        const { executeRun } = await import('../execute-run.ts')
        process.exit(await executeRun(pipeline, options))
      }
    })
}

const HELP = `
Examples:
  linescope run                                   the demo, on http://localhost:8000
  linescope run pipeline.yaml --trace             record every line's journey
  linescope run pipeline.yaml -i 'logs/*.log' --exit
  cat app.log | linescope run pipeline.yaml -i - -o -

Exit codes: 0 done, 1 failed while running, 2 wrong usage or configuration, 3 see --fail-on-dead, 130 and 143 stopped
before the end of the input.`

function parseLines(value: string): number {
  return parseWhole(value, 1, Number.MAX_SAFE_INTEGER)
}

function parseLanes(value: string): string {
  if (value !== 'auto') parseWhole(value, 1, 1024)
  return value
}
