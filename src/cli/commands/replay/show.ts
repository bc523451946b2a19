// `linescope replay show`: one replay, and on request what became of each of its letters.

import { Command, InvalidArgumentError } from 'commander'

import { UserError } from '../../../base/user-error.ts'
import { ReplayJobs } from '../../../state/replay/jobs.ts'
import { outcomeOf, REFUSALS } from '../../../state/replay/outcome.ts'
import type { StoredReplay } from '../../../threads/stored-replays.ts'
import { BufferedOutput } from '../../buffered-output.ts'
import { openLog } from '../../dead-letters/open-log.ts'
import { EXIT } from '../../exit-codes.ts'
import { print } from '../../output.ts'
import { storedReplays } from '../../replay/stored.ts'
import { describeReplay } from '../../replay/text.ts'

interface ShowArguments {
  readonly state?: string
  readonly json: boolean
  readonly letters: boolean
}

export function replayShowCommand(): Command {
  return new Command('show')
    .description('Show a replay: how far it is, and what became of its letters.')
    .argument('<replay>', 'its number', parseReplay)
    .argument('[pipeline]', 'pipeline file')
    .option('--letters', 'each letter, what became of it and who asked for it', false)
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--json', 'print JSON', false)
    .action(async (number: number, pipeline: string | undefined, { state, json, letters }: ShowArguments) => {
      const { stateFolder } = await openLog(pipeline, state)
      const stored = storedReplays(stateFolder).find(({ replay }) => replay.replay === number)
      if (stored === undefined) {
        throw new UserError(`there is no replay ${number}`, { hint: 'List them with: linescope replay ls' })
      }
      if (letters) printLetters(stateFolder, stored, json)
      else print(json ? JSON.stringify(stored.replay) : describeReplay(stored.replay))
      process.exit(EXIT.done)
    })
}

export function parseReplay(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value)
  throw new InvalidArgumentError('It must be the number of a replay.')
}

/** The record of who replayed what, when, with which configuration, and what came of it. */
function printLetters(stateFolder: string, { job, replay }: StoredReplay, json: boolean): void {
  const jobs = new ReplayJobs(stateFolder)
  const selection = jobs.selection(job)
  const output = new BufferedOutput()
  for (const [index, code] of jobs.outcomes(job, 0, replay.done).entries()) {
    const { id, sequence, configHash } = selection.at(index)
    const outcome = outcomeOf(code)
    const to = job.configurations.findLast(({ from }) => from <= index)?.configHash ?? ''
    const reason = REFUSALS[outcome]
    const row = {
      id: `r${job.number}.${index + 1}`,
      replay_of: id,
      number: Number.isNaN(sequence) ? null : sequence,
      outcome: reason === undefined ? outcome : 'refused',
      reason: reason ?? null,
      by: job.by,
      at: replay.created_at,
      from_config: configHash,
      to_config: to
    }
    const text = json
      ? JSON.stringify(row)
      : `${row.id}  ${id}  ${row.outcome}${reason === undefined ? '' : `: ${reason}`}`
    if (!output.write(`${text}\n`)) break
  }
  output.flush()
}
