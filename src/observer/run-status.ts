// What only main knows of the run, and how the run's state follows from it and from the lanes.

import type { LaneState, RunState } from '../contract/words.ts'
import type { Reveal } from './reveal.ts'
import type { SourceFile } from './source-texts.ts'

export interface RunStatus {
  /** Given when main knows better than the lanes: it is stopping, it has finished, it failed. */
  readonly state?: RunState | undefined
  /** Names by source number. */
  readonly sources?: readonly string[] | undefined
  /** The regular files behind them, by source number. */
  readonly files?: readonly (SourceFile | undefined)[] | undefined
  readonly inputTotalBytes?: number | undefined
  readonly warnings?: readonly string[] | undefined
  /** What the run waits for at the moment: room on a disk, say. */
  readonly problems?: readonly string[] | undefined
  readonly stopReason?: string | undefined
  readonly exitCode?: number | undefined
  /** Of a run that is over: how long it lasted. */
  readonly uptimeSeconds?: number | undefined
}

/** A path, a warning or a reason may hold a value that must not be seen. */
export function revealedStatus(status: RunStatus, reveal: Reveal): RunStatus {
  const { sources, warnings, problems, stopReason } = status
  return {
    ...status,
    ...(sources === undefined ? {} : { sources: sources.map(source => reveal(source)) }),
    ...(warnings === undefined ? {} : { warnings: warnings.map(warning => reveal(warning)) }),
    ...(problems === undefined ? {} : { problems: problems.map(problem => reveal(problem)) }),
    ...(stopReason === undefined ? {} : { stopReason: reveal(stopReason) })
  }
}

/** An idle lane waits for lines: the run runs. */
export function runState(status: RunStatus, lanes: readonly LaneState[]): RunState {
  if (status.state !== undefined) return status.state
  if (lanes.includes('failed')) return 'failed'
  if (lanes.length > 0 && lanes.every(state => state === 'finished')) return 'finished'
  if (lanes.includes('stopping')) return 'stopping'
  if (lanes.includes('paused')) return 'paused'
  return lanes.includes('running') || lanes.includes('idle') ? 'running' : 'starting'
}
