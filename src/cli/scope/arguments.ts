// What the commands that look at a run have in common: which run it is, and in what form the answer is wanted.

import { type Command, InvalidArgumentError } from 'commander'

export interface RunChoice {
  /** State folder of the run, or the folder that holds it. */
  readonly state?: string
  /** Address of its dashboard. */
  readonly url?: string
  readonly tokenFile?: string
}

export interface ScopeArguments extends RunChoice {
  readonly json: boolean
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--url <url>', 'ask the run whose dashboard is there, also on another machine')
    .option('--token-file <path>', 'file with the token for --url (or set LINESCOPE_TOKEN)')
    .option('--json', 'print JSON', false)
}

export const WHICH_RUN = `
The run is that of the pipeline, else the one whose state is in .linescope here, else name it with --url or --state.`

export const EXIT_CODES = `
Exit codes: 0 answered, 1 there is nobody and nothing to answer, 2 wrong usage.`

export function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number from 1 up.')
  return count
}

export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds >= 0.1 && seconds <= 86_400)) {
    throw new InvalidArgumentError('It must be a number of seconds from 0.1 to 86400.')
  }
  return seconds
}
