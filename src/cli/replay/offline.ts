// A replay where no run has the state folder: the pipeline is run on it here, without its input, and ends with the replay.

import { UserError } from '../../base/user-error.ts'
import { builtins } from '../../builtins.ts'
import type { Replay, ReplayQuestion } from '../../contract/replay.ts'
import type { Lock } from '../../state/lock.ts'
import { isOpen } from '../../state/replay/job.ts'
import { ReplayJobs } from '../../state/replay/jobs.ts'
import { writeRun } from '../../state/run-json.ts'
import { Run } from '../../threads/main.ts'
import { decideReplay } from '../../threads/replay-begin.ts'
import { VERSION } from '../../threads/version.ts'
import { printError, safe } from '../output.ts'
import { StopSignals } from '../stop-signals.ts'
import { followReplay } from './follow.ts'
import { planOf, type Target } from './target.ts'

/** While it ran: nothing that the arguments could mend. */
export class ReplayFailed extends Error {
  override readonly name = 'ReplayFailed'
}

/** What a run of replays is asked; each throws a UserError with what speaks against it. */
export interface OfflineRun {
  ask(question: ReplayQuestion): Promise<Replay>
  /** Waits for the end of the replay; a signal pauses it. */
  follow(replay: number, isQuiet: boolean): Promise<Replay>
}

/** Gives the lock back in any case. */
export async function runOffline<Result>(
  target: Target,
  lock: Lock,
  work: (run: OfflineRun) => Promise<Result>
): Promise<Result> {
  const { stateFolder } = target.log
  let takeLeave = (): void => undefined
  let hasClosed = true
  const signals = new StopSignals()
  try {
    const { plan, secrets } = await planOf(target)
    const { checkpoint, cutsOutputs } = decideReplay(stateFolder, plan)
    const run = await Run.start({
      plan,
      registry: builtins,
      trace: false,
      stateFolder,
      commits: true,
      resume: checkpoint,
      replaceOutputs: false,
      maxLines: Number.POSITIVE_INFINITY,
      dashboard: undefined,
      version: VERSION,
      secrets,
      onLog: message => printError(safe(message)),
      replaysOnly: { cutsOutputs }
    })
    signals.onSecond = () => run.giveUp()
    takeLeave = writeRun(stateFolder, {
      pid: process.pid,
      startedAtMilliseconds: Date.now(),
      url: undefined,
      token: undefined
    })
    try {
      const result = await work(offlineRun(run, signals))
      run.endReplays()
      const end = await run.ended
      if ('message' in end) throw new ReplayFailed(end.message)
      return result
    } finally {
      run.stop('the replay has ended')
      await run.ended
      hasClosed = await run.close()
    }
  } finally {
    signals.close()
    takeLeave()
    lock.release()
    // Nothing else ends a thread that is inside native code.
    if (!hasClosed) process.kill(process.pid, 'SIGKILL')
  }
}

function offlineRun(run: Run, signals: StopSignals): OfflineRun {
  const ask = async <Body>(question: ReplayQuestion): Promise<Body> => {
    const { status, body } = await run.answer(question)
    if (status < 400) return body as Body
    throw new UserError((body as { message: string }).message)
  }
  return {
    ask: question => ask<Replay>(question),
    async follow(replay, isQuiet) {
      let hasEnded = false
      void run.ended.then(() => {
        hasEnded = true
      })
      signals.onFirst = signal => {
        printError(
          `Pausing (${signal}): settling the lines that went in. Go on with: linescope replay resume ${replay}`
        )
        void run.answer({ ask: 'pause', replay })
      }
      if (signals.first !== undefined) signals.onFirst(signals.first)
      const last = await followReplay(
        () => ask<Replay>({ ask: 'show', replay }),
        () => hasEnded,
        isQuiet
      )
      if (last !== undefined) return last
      const end = await run.ended
      throw new ReplayFailed('message' in end ? end.message : 'the run has ended before the replay')
    }
  }
}

/** A replay of before that could go on must be decided on first. */
export function requireNoOpenReplay(target: Target): void {
  const open = new ReplayJobs(target.log.stateFolder).open()
  if (open === undefined || !isOpen(open)) return
  const state = open.state === 'running' ? 'was cut off' : `is ${open.state}`
  throw new UserError(`replay ${open.number} ${state}: there is one at a time`, {
    hint: `Go on with it: linescope replay resume ${open.number}. Or end it: linescope replay cancel ${open.number}.`
  })
}
