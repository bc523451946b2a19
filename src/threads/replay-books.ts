// What is known of the replay jobs of a state folder, and what follows from it for the dead letters: one that was
// replayed counts no more once that is committed. Only who has the lock of the folder may use what changes something.

import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { UserError } from '../base/user-error.ts'
import type { LANE_COUNTERS } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { readCheckpoint } from '../state/checkpoint/reader.ts'
import { discardLetters } from '../state/dead-letter-log/discard.ts'
import type { LetterPlace } from '../state/dead-letter-log/discards-writer.ts'
import { logFolder, segmentName } from '../state/dead-letter-log/layout.ts'
import { isOpen, type ReplayJob } from '../state/replay/job.ts'
import { ReplayJobs } from '../state/replay/jobs.ts'
import { isReplayed, outcomeOf, type ReplayOutcome } from '../state/replay/outcome.ts'

export type ReplayCounts = Readonly<Partial<Record<ReplayOutcome, number>>>

/** How far a job is by the checkpoint: this many of its letters are settled, and what came of them is durable. */
export function committedPosition(checkpoint: Checkpoint | undefined, job: ReplayJob): number {
  if (!isOpen(job) || checkpoint === undefined) return job.done
  const { replay_job: number = 0, replay_position: position = 0 } = laneCounters(checkpoint)
  return number === job.number ? position : 0
}

export function countOutcomes(jobs: ReplayJobs, job: ReplayJob, from: number, to: number): Map<ReplayOutcome, number> {
  const counts = new Map<ReplayOutcome, number>()
  for (const code of jobs.outcomes(job, from, to)) {
    const outcome = outcomeOf(code)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  return counts
}

/**
 * Discards those of the first `position` letters that have gone in and are not discarded yet. Throws a UserError when
 * somebody else is discarding, and what the system says.
 */
export function discardReplayed(stateFolder: string, jobs: ReplayJobs, job: ReplayJob, position: number): ReplayJob {
  if (position <= job.discarded) return job
  const selection = jobs.selection(job)
  const places: LetterPlace[] = []
  const isThere = new Map<number, boolean>()
  for (const [offset, code] of jobs.outcomes(job, job.discarded, position).entries()) {
    if (!isReplayed(code)) continue
    const { place } = selection.at(job.discarded + offset)
    const { segment } = place.start
    // A segment of which nothing counts may be gone already, and must not get a file of discards again.
    if (!isThere.has(segment)) isThere.set(segment, existsSync(join(logFolder(stateFolder), segmentName(segment))))
    if (isThere.get(segment) === true) places.push(place)
  }
  if (places.length > 0) discardLetters(stateFolder, places)
  return jobs.save(job, { discarded: position, done: Math.max(job.done, position) })
}

export interface OpenReplay {
  readonly job: ReplayJob
  readonly position: number
}

/**
 * At the start of a run, before anything is cut or forgotten: catches up on what a crash came between. Returns the job
 * that can go on.
 */
export function catchUpOnReplays(
  stateFolder: string,
  checkpoint: Checkpoint | undefined,
  say: (message: string) => void
): OpenReplay | undefined {
  const jobs = new ReplayJobs(stateFolder)
  let open: OpenReplay | undefined
  for (const listed of jobs.list(problem => say(String(problem)))) {
    let job = listed
    const position = committedPosition(checkpoint, job)
    try {
      job = discardReplayed(stateFolder, jobs, job, position)
      if (isOpen(job) && job.done !== position) job = jobs.save(job, { done: position })
    } catch (failure) {
      if (!(failure instanceof UserError)) throw failure
      say(`Replay ${job.number}: ${failure.message}. Its letters are discarded later.`)
    }
    if (isOpen(job)) open = { job, position }
  }
  return open
}

/** Undefined when there is none, or none that can be read: who needs it says so. */
export function checkpointOf(stateFolder: string): Checkpoint | undefined {
  try {
    return readCheckpoint(stateFolder)?.checkpoint
  } catch (failure) {
    if (failure instanceof UserError) return undefined
    throw failure
  }
}

function laneCounters({ lanes }: Checkpoint): Readonly<Partial<Record<(typeof LANE_COUNTERS)[number], number>>> {
  return lanes[0]?.counters.find(group => group.of === 'lane')?.values ?? {}
}
