// Library mode: a pipeline inside the caller's own program.
//
// Inline functions run on the caller's thread, so a synchronous hang there is shown and not ended; a pipeline made only
// of built-ins and modules runs in a thread of its own. No signal handlers are installed and the process never exits.

import type { Pipeline } from '../config/define-pipeline.ts'
import type { OutputArgument } from '../config/load-plan.ts'
import type { IterableInput } from '../connectors/iterable/source.ts'
import type { LaneEnd, ValueOutput } from '../engine/index.ts'
import type { StatsAnswer } from '../observer/stats-answer.ts'
import type { Run } from './main.ts'

export interface RunOptions {
  /** Lines in place of the pipeline's source: a string is one line, bytes are framed at each newline. */
  readonly input?: IterableInput
  /** Gets each line that would go to the sink `end` (or the only one), in input order; `tag` is the sink's name. */
  readonly output?: ValueOutput
  /** Files in place of the pipeline's source. */
  readonly inputs?: readonly string[]
  readonly outputs?: readonly OutputArgument[]
  /** Record every line's journey. */
  readonly trace?: boolean
  /** Port of the dashboard; 0 picks one. Without it there is none. */
  readonly port?: number
  readonly host?: string
  /** Token for changes by HTTP, and for reading on a host that others can reach. */
  readonly token?: string
  /** Folder for checkpoints and dead letters. Without it the run keeps nothing: letters are counted and shown. */
  readonly state?: string
  /**
   * With `state`: `auto` goes on with a run that was cut off and begins afresh otherwise, `resume` also when the pipeline
   * has changed since, `fresh` forgets it. Default `auto`.
   */
  readonly resume?: 'auto' | 'resume' | 'fresh'
  readonly maxLines?: number
  /** What processors log and what the engine has to say; one line each. Without it they are dropped. */
  readonly onLog?: (message: string) => void
}

export interface RunResult {
  readonly reason: LaneEnd['reason']
  readonly stats: StatsAnswer
}

export interface RunHandle {
  /** Resolves when the dashboard listens and lines flow. Rejects with a UserError for what the user can mend. */
  readonly ready: Promise<void>
  /** Resolves at the end. Rejects for what `ready` rejects for, and when a source, a sink or `on_error: stop` fails. */
  readonly done: Promise<RunResult>
  /** Reads no more and resolves when what was read is settled. */
  stop(): Promise<void>
  /** What `/stats` answers; undefined before the start. */
  stats(): StatsAnswer | undefined
  /** Of the dashboard; undefined before it listens and without `port`. */
  readonly url: string | undefined
}

/** Runs a pipeline: an object made by `definePipeline`, or the path of a pipeline file. */
export function run(pipeline: Pipeline | string, options: RunOptions = {}): RunHandle {
  let started: Run | undefined
  let isStopping = false
  // Loaded when it is needed: a module of processors that imports `linescope` must not load the whole of it.
  const starting = import('./library-start.ts').then(({ startRun }) => startRun(pipeline, options))
  const ready = starting.then(running => {
    started = running
    if (isStopping) running.stop('stopped')
  })
  const done = ready.then(() => finish(started!))
  // Whoever waits for one of the two learns of a failure; the other must not end the process.
  ready.catch(() => undefined)
  done.catch(() => undefined)
  return {
    ready,
    done,
    async stop() {
      isStopping = true
      started?.stop('stopped')
      await done.catch(() => undefined)
    },
    stats: () => started?.stats(),
    get url() {
      return started?.url
    }
  }
}

async function finish(started: Run): Promise<RunResult> {
  const end = await started.ended
  const isFailure = end.reason === 'failed' || end.reason === 'stop_on_error'
  const stats = started.stats()
  started.finished({ state: isFailure ? 'failed' : 'finished', exitCode: isFailure ? 1 : 0 })
  await started.close()
  if (isFailure) throw new Error(end.message)
  return { reason: end.reason, stats }
}
