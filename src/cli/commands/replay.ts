// `linescope replay`: dead letters go through the pipeline again.

import { Command } from 'commander'

/** What it is made of is loaded only where it is named: the start of a run need not pay for it. */
export async function replayCommand(argv: readonly string[]): Promise<Command> {
  if (!argv.includes('replay')) {
    return new Command('replay').description('Let dead letters go through the pipeline again, once it is mended.')
  }
  const { fullReplayCommand } = await import('./replay/start.ts')
  return fullReplayCommand()
}
