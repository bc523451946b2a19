// What a run of replays alone begins with: the last run's checkpoint, and whether the outputs must be cut back to it.

import { nodeFileSystem } from '../base/file-system.ts'
import { UserError } from '../base/user-error.ts'
import type { Plan } from '../engine/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { readCheckpoint } from '../state/checkpoint/reader.ts'
import { checkSink } from '../state/checkpoint/sink-file.ts'
import { ReplayJobs } from '../state/replay/jobs.ts'

export interface ReplayBeginning {
  readonly checkpoint: Checkpoint
  readonly cutsOutputs: boolean
}

/** Throws a UserError when an output must be cut and is not what the checkpoint says. */
export function decideReplay(stateFolder: string, plan: Plan): ReplayBeginning {
  const stored = readCheckpoint(stateFolder)
  if (stored === undefined) {
    throw new UserError('nothing is known of what the last run has written: it has left no checkpoint', {
      hint: 'Run the pipeline once more, then replay.'
    })
  }
  const { checkpoint } = stored
  // After a run that came to its end, only a replay that was cut off has left something behind the checkpoint.
  const wasCutOff = new ReplayJobs(stateFolder).open()?.state === 'running'
  const cutsOutputs = checkpoint.isComplete ? wasCutOff : wasCutOff || plan.source.readBy === 'lane'
  if (cutsOutputs) {
    for (const sink of checkpoint.sinks) {
      const check = checkSink(nodeFileSystem, sink)
      if (!check.matches) throw check.error
    }
  }
  return { checkpoint, cutsOutputs }
}
