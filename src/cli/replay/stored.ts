// Replays as their files tell of them, also while a run carries one out.

import type { Replay } from '../../contract/replay.ts'
import type { ReplayJob } from '../../state/replay/job.ts'
import { ReplayJobs } from '../../state/replay/jobs.ts'
import { replayAnswer } from '../../threads/replay-answers.ts'
import { checkpointOf, committedPosition, countOutcomes } from '../../threads/replay-books.ts'
import { printError, safe } from '../output.ts'

export interface StoredReplay {
  readonly job: ReplayJob
  readonly replay: Replay
}

/** Oldest first. */
export function storedReplays(stateFolder: string): StoredReplay[] {
  const jobs = new ReplayJobs(stateFolder)
  const checkpoint = checkpointOf(stateFolder)
  return jobs
    .list(problem => printError(safe(`damaged: ${problem.message}`)))
    .map(job => {
      const done = Math.max(job.done, committedPosition(checkpoint, job))
      return { job, replay: replayAnswer(job, done, countOutcomes(jobs, job, 0, done)) }
    })
}
