// `linescope replay` itself: which letters, how, and what became of them. The commands on single replays hang on it.

import { type Command, InvalidArgumentError, Command as NewCommand, Option } from 'commander'
import { UserError } from '../../../base/user-error.ts'
import type { Replay, ReplayPreview, ReplayRequest } from '../../../contract/replay.ts'
import { previewAnswer } from '../../../threads/replay-answers.ts'
import { choiceOf } from '../../../threads/replay-request.ts'
import { type Chosen, chooseLetters } from '../../../threads/replay-select.ts'
import { addFilters } from '../../dead-letters/filter.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, printError, safe } from '../../output.ts'
import { ReplayClient } from '../../replay/client.ts'
import { dryRun } from '../../replay/dry-run.ts'
import { followReplay } from '../../replay/follow.ts'
import { ReplayFailed, requireNoOpenReplay, runOffline } from '../../replay/offline.ts'
import { type ReplayArguments, requestOf } from '../../replay/request.ts'
import { findTarget, holderOf, planOf, type Target } from '../../replay/target.ts'
import { describePreview, describeReplay, replayExitCode } from '../../replay/text.ts'
import { controlCommands } from './control.ts'
import { replayLsCommand } from './ls.ts'
import { replayShowCommand } from './show.ts'

export function fullReplayCommand(): Command {
  const command = new NewCommand('replay')
    .description('Let dead letters go through the pipeline again, once it is mended.')
    .argument('[pipeline]', 'pipeline file; without it, the pipeline of the last run in the state folder')
    .argument('[ids...]', 'numbers or ids of dead letters')
    .option('--all', 'every dead letter', false)
    .addOption(
      new Option('--from <where>', 'step: at the processor that failed; start: the original line')
        .choices(['step', 'start'])
        .default('step')
    )
    .option('--dry-run', 'show the new way beside the old one; nothing is written', false)
    .option('--edit <file>', 'letters as dlq export writes them, with value or line changed')
    .option('--value <value>', 'goes in instead of the value that was kept: text, or JSON of a record')
    .option('--set <name=value>', 'field of a record to set; repeatable', collect, [])
    .option('--rate <number>', 'at most so many lines a second', parseRate)
    .option('--stop-at-errors <percent>', 'stop when more lines fail again, from 20 lines on', parsePercent)
    .option('--name <name>', 'what it is called in lists')
    .option('--force', 'also letters that were replayed before', false)
    .option('--detach', 'do not wait for its end, where a run carries it out', false)
    .option('--fail-on-dead', 'exit 3 when lines failed again', false)
    .option('--yes', 'do it; without it, say how many they are', false)
    .option('-i, --input <path>', 'as it was given to the run; remembered from there', collect, [])
    .option('-o, --output <path>', 'as it was given to the run; remembered from there', collect, [])
  addFilters(command)
    .addHelpText('after', HELP)
    .action(async (pipeline: string | undefined, ids: string[], options: ReplayArguments) => {
      const isId = pipeline !== undefined && /^(?:\d+|\d+:\d+(?:\.\d+)?|r\d+\.\d+(?:\.\d+)?)$/.test(pipeline)
      const target = await findTarget(isId ? undefined : pipeline, options)
      const request = requestOf(target.log, isId ? [pipeline, ...ids] : ids, options)
      try {
        process.exit(await carryOut(target, request, options))
      } catch (failure) {
        if (!(failure instanceof ReplayFailed)) throw failure
        printError(safe(`linescope: ${failure.message}`))
        process.exit(EXIT.failed)
      }
    })
  for (const inner of [replayLsCommand(), replayShowCommand(), ...controlCommands()]) command.addCommand(inner)
  return command
}

async function carryOut(target: Target, request: ReplayRequest, options: ReplayArguments): Promise<number> {
  if (options.dryRun) return await dryRun(target, request, options)
  const holder = holderOf(target)
  if (holder.kind === 'run') {
    const client = new ReplayClient(holder.url, holder.token)
    if (!options.yes) return tellPreview(await client.post<ReplayPreview>('/preview', request), options)
    const started = await client.post<Replay>('', request)
    if (options.detach) return tellReplay(started, options, EXIT.done)
    return await follow(client, started, options)
  }
  if (!options.yes) {
    holder.lock.release()
    return tellPreview(previewAnswer(await chosenHere(target, request)), options)
  }
  try {
    requireNoOpenReplay(target)
  } catch (refusal) {
    holder.lock.release()
    throw refusal
  }
  const replay = await runOffline(target, holder.lock, async run => {
    const started = await run.ask({ ask: 'start', request })
    return await run.follow(started.replay, options.json)
  })
  return tellReplay(replay, options, replayExitCode(replay, options.failOnDead))
}

async function chosenHere(target: Target, request: ReplayRequest): Promise<Chosen> {
  const { plan } = await planOf(target)
  const { stateFolder, reveal } = target.log
  const chosen = await chooseLetters(stateFolder, plan, choiceOf(request), reveal)
  if (chosen.missing.length === 0) return chosen
  throw new UserError(`there is no dead letter ${chosen.missing.slice(0, 5).join(', ')}`, {
    hint: 'Look for it with: linescope dlq ls'
  })
}

/** Ctrl-C ends the waiting, not the replay: it belongs to the run. */
async function follow(client: ReplayClient, { replay }: Replay, options: ReplayArguments): Promise<number> {
  let isInterrupted = false
  process.once('SIGINT', () => {
    isInterrupted = true
  })
  const last = await followReplay(
    () => client.show(replay),
    () => isInterrupted,
    options.json
  )
  if (last !== undefined) return tellReplay(last, options, replayExitCode(last, options.failOnDead))
  printError(
    `Replay ${replay} goes on in the run. Look: linescope replay show ${replay}. End it: linescope replay cancel ${replay}.`
  )
  return EXIT.interrupted
}

function tellPreview(preview: ReplayPreview, { json }: ReplayArguments): number {
  print(json ? JSON.stringify(preview) : describePreview(preview))
  printError('Nothing was replayed: add --yes to do it, or --dry-run to see what would become of them.')
  return EXIT.usage
}

function tellReplay(replay: Replay, { json }: ReplayArguments, exitCode: number): number {
  print(json ? JSON.stringify(replay) : describeReplay(replay))
  return exitCode
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

function parseRate(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number > 0 && number <= 1e9) return number
  throw new InvalidArgumentError('It must be a number above 0.')
}

function parsePercent(value: string): number {
  const number = Number(value.replace(/\s*%$/, ''))
  if (value.trim() !== '' && number >= 0 && number <= 100) return number
  throw new InvalidArgumentError('It must be a number from 0 to 100.')
}

const HELP = `
A running pipeline is asked to do it; where none runs, it is run here without its input. Lines go to the
end of the outputs. A letter that went in again counts no more in the dead letters, whatever came of it.

Examples:
  linescope replay pipeline.yaml --all --dry-run
  linescope replay pipeline.yaml --processor parse --since 2h --rate 100 --yes
  linescope replay pipeline.yaml 17 --value 'E42 disk full' --yes
  linescope replay ls pipeline.yaml`
