// A run beside a run: when the input has ended and the process stays, a second lane takes the dead letters that are to be
// replayed, counts on in the same region, and ends when there is nothing left to do.

import type { LaneEnd } from '../engine/index.ts'
import type { Replays } from './replays.ts'

/** A run without input. */
export interface SecondRun {
  readonly ended: Promise<LaneEnd>
  endReplays(): void
  stop(reason: string): void
  close(): Promise<boolean>
}

/** Undefined when it could not begin: the replay is stopped then, and says why. `onEnd` is called in any case. */
export async function replayInSecondRun<Run extends SecondRun>(
  start: () => Promise<Run>,
  replays: Replays,
  onEnd: () => void
): Promise<Run | undefined> {
  let run: Run
  try {
    run = await start()
  } catch (failure) {
    replays.laneFailed(failure instanceof Error ? failure.message : String(failure))
    onEnd()
    return undefined
  }
  void replays.quiet().then(() => run.endReplays())
  void run.ended.then(async end => {
    if ('message' in end) replays.laneFailed(end.message)
    await run.close()
    onEnd()
  })
  return run
}
