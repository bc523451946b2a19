// `linescope replay pause`, `resume` and `cancel`.

import { Command, InvalidArgumentError } from 'commander'

import { UserError } from '../../../base/user-error.ts'
import type { Replay } from '../../../contract/replay.ts'
import { isOpen } from '../../../state/replay/job.ts'
import { ReplayJobs } from '../../../state/replay/jobs.ts'
import { catchUpOnReplays, checkpointOf } from '../../../threads/replay-books.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, printError, safe } from '../../output.ts'
import { ReplayClient } from '../../replay/client.ts'
import { followReplay } from '../../replay/follow.ts'
import { ReplayFailed, runOffline } from '../../replay/offline.ts'
import { storedReplays } from '../../replay/stored.ts'
import { findTarget, type Holder, holderOf, type Target } from '../../replay/target.ts'
import { describeReplay, replayExitCode } from '../../replay/text.ts'
import { parseReplay } from './show.ts'

interface ControlArguments {
  readonly state?: string
  readonly json: boolean
  /** 0: no limit. */
  readonly rate?: number
  readonly detach: boolean
  readonly failOnDead: boolean
  readonly input: readonly string[]
  readonly output: readonly string[]
}

type Act = (target: Target, replay: number, options: ControlArguments) => Promise<{ replay: Replay; exitCode: number }>

export function controlCommands(): Command[] {
  const resume = controlCommand('resume', 'Go on with a replay that was paused, stopped or cut off.', resumeReplay)
    .option('--rate <number>', 'at most so many lines a second from now on; 0 for no limit', parseNewRate)
    .option('--detach', 'do not wait for its end, where a run carries it out', false)
    .option('--fail-on-dead', 'exit 3 when lines failed again', false)
  return [
    controlCommand('pause', 'Let no more letters in, until it is resumed.', pauseReplay),
    resume,
    controlCommand('cancel', 'End a replay. Letters that did not go in stay as they are.', cancelReplay)
  ]
}

function controlCommand(name: string, description: string, act: Act): Command {
  return new Command(name)
    .description(description)
    .argument('<replay>', 'its number', parseReplay)
    .argument('[pipeline]', 'pipeline file')
    .option('--state <folder>', 'where the run keeps its state; by default .linescope beside the pipeline')
    .option('--json', 'print JSON', false)
    .option('-i, --input <path>', 'as it was given to the run; remembered from there', collect, [])
    .option('-o, --output <path>', 'as it was given to the run; remembered from there', collect, [])
    .action(async (replay: number, pipeline: string | undefined, options: ControlArguments) => {
      const target = await findTarget(pipeline, options)
      try {
        const done = await act(target, replay, options)
        print(options.json ? JSON.stringify(done.replay) : describeReplay(done.replay))
        process.exit(done.exitCode)
      } catch (failure) {
        if (!(failure instanceof ReplayFailed)) throw failure
        printError(safe(`linescope: ${failure.message}`))
        process.exit(EXIT.failed)
      }
    })
}

function clientOf(holder: Holder): ReplayClient | undefined {
  return holder.kind === 'run' ? new ReplayClient(holder.url, holder.token) : undefined
}

const pauseReplay: Act = async (target, replay) => {
  const holder = holderOf(target)
  const client = clientOf(holder)
  if (client !== undefined) return { replay: await client.post<Replay>(`/${replay}/pause`, {}), exitCode: EXIT.done }
  if (holder.kind === 'nobody') holder.lock.release()
  throw new UserError('no run goes on, so nothing is being replayed')
}

const cancelReplay: Act = async (target, replay) => {
  const holder = holderOf(target)
  const client = clientOf(holder)
  if (client !== undefined) return { replay: await client.post<Replay>(`/${replay}/cancel`, {}), exitCode: EXIT.done }
  const { stateFolder } = target.log
  try {
    catchUpOnReplays(stateFolder, checkpointOf(stateFolder), message => printError(safe(message)))
    const jobs = new ReplayJobs(stateFolder)
    const job = jobs.read(replay)
    if (!isOpen(job)) throw new UserError(`replay ${replay} is ${job.state} already`)
    jobs.save(job, { state: 'cancelled', reason: 'as somebody asked', endedAtMilliseconds: Date.now() })
    return { replay: stored(stateFolder, replay), exitCode: EXIT.done }
  } finally {
    if (holder.kind === 'nobody') holder.lock.release()
  }
}

const resumeReplay: Act = async (target, replay, options) => {
  const rate = options.rate === 0 ? null : options.rate
  const holder = holderOf(target)
  if (holder.kind === 'run') {
    const client = new ReplayClient(holder.url, holder.token)
    const resumed = await client.post<Replay>(`/${replay}/resume`, rate === undefined ? {} : { lines_per_second: rate })
    if (options.detach) return { replay: resumed, exitCode: EXIT.done }
    const last =
      (await followReplay(
        () => client.show(replay),
        () => false,
        options.json
      )) ?? resumed
    return { replay: last, exitCode: replayExitCode(last, options.failOnDead) }
  }
  const jobs = new ReplayJobs(target.log.stateFolder)
  const last = await runOffline(target, holder.lock, async run => {
    const job = jobs.read(replay)
    // One that was cut off goes on by itself.
    if (job.state !== 'running' || rate !== undefined) {
      await run.ask({ ask: 'resume', replay, linesPerSecond: rate })
    }
    return await run.follow(replay, options.json)
  })
  return { replay: last, exitCode: replayExitCode(last, options.failOnDead) }
}

function stored(stateFolder: string, number: number): Replay {
  return storedReplays(stateFolder).find(({ replay }) => replay.replay === number)!.replay
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

function parseNewRate(value: string): number {
  const number = Number(value)
  if (value.trim() === '' || !(number >= 0 && number <= 1e9)) {
    throw new InvalidArgumentError('It must be a number from 0 up.')
  }
  return number
}
