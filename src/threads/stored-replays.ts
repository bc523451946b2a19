// Replays of a run that is over, as their files tell of them. Nothing is changed.

import type { Replay, ReplayAnswer, ReplayQuestion } from '../contract/replay.ts'
import type { ReplayJob } from '../state/replay/job.ts'
import { ReplayJobs } from '../state/replay/jobs.ts'
import { replayAnswer } from './replay-answers.ts'
import { checkpointOf, committedPosition, countOutcomes } from './replay-books.ts'

export interface StoredReplay {
  readonly job: ReplayJob
  readonly replay: Replay
}

/** Oldest first. */
export function storedReplays(stateFolder: string, onDamage: (problem: Error) => void): StoredReplay[] {
  const jobs = new ReplayJobs(stateFolder)
  const checkpoint = checkpointOf(stateFolder)
  return jobs.list(onDamage).map(job => {
    const done = Math.max(job.done, committedPosition(checkpoint, job))
    return { job, replay: replayAnswer(job, done, countOutcomes(jobs, job, 0, done)) }
  })
}

/** What the API says to a question about them. */
export function answerOfStoredReplays(stateFolder: string, question: ReplayQuestion): ReplayAnswer {
  const replays = storedReplays(stateFolder, () => undefined).map(({ replay }) => replay)
  if (question.ask === 'list') return { status: 200, body: { replays } }
  const found = question.ask === 'show' ? replays.find(({ replay }) => replay === question.replay) : undefined
  if (found !== undefined) return { status: 200, body: found }
  return { status: 404, body: { error: 'not_found', message: 'There is no such replay.' } }
}
