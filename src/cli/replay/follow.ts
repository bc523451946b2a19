// Waits for a replay in a run that goes on, and shows how far it is.

import { setTimeout as sleep } from 'node:timers/promises'

import type { Replay } from '../../contract/replay.ts'
import { isTerminal, writeError } from '../output.ts'
import { progressText } from './text.ts'

const FIRST_MILLISECONDS = 50
const MOST_MILLISECONDS = 500
const CLEAR_LINE = '\r\x1b[K'

/** Shows nothing where stderr is no terminal. */
export class ReplayProgress {
  readonly #isTerminal = isTerminal('stderr')

  show(replay: Replay): void {
    if (this.#isTerminal) writeError(CLEAR_LINE + progressText(replay))
  }

  clear(): void {
    if (this.#isTerminal) writeError(CLEAR_LINE)
  }
}

/** Resolves when it runs no more, or with undefined when `isOver` says so. */
export async function followReplay(
  ask: () => Promise<Replay>,
  isOver: () => boolean,
  isQuiet: boolean
): Promise<Replay | undefined> {
  const progress = new ReplayProgress()
  let wait = FIRST_MILLISECONDS
  for (;;) {
    const replay = await ask()
    if (replay.state !== 'running') {
      progress.clear()
      return replay
    }
    if (isOver()) {
      progress.clear()
      return undefined
    }
    if (!isQuiet) progress.show(replay)
    await sleep(wait)
    wait = Math.min(MOST_MILLISECONDS, wait * 1.5)
  }
}
