// `linescope dlq`: the commands on dead letters.

import { Command } from 'commander'

/** What it is made of is loaded only where it is named: the start of a run need not pay for it. */
export async function dlqCommand(argv: readonly string[]): Promise<Command> {
  const command = new Command('dlq')
    .description('Look at the dead letters of a pipeline: lines that failed for good, or that nothing was named for.')
    .addHelpText('after', HELP)
  if (!argv.includes('dlq')) return command
  const { dlqCommands } = await import('./dlq/commands.ts')
  for (const inner of dlqCommands()) command.addCommand(inner)
  return command
}

const HELP = `
They may be read while the pipeline runs.

Examples:
  linescope dlq ls pipeline.yaml --since 10m
  linescope dlq show 17 pipeline.yaml
  linescope dlq export pipeline.yaml --processor parse --format lines -o failed.log`
