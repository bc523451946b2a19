// Replays as their files tell of them, also while a run carries one out.

import { storedReplays as readReplays, type StoredReplay } from '../../threads/stored-replays.ts'
import { printError, safe } from '../output.ts'

/** Oldest first; what is damaged is said. */
export function storedReplays(stateFolder: string): StoredReplay[] {
  return readReplays(stateFolder, problem => printError(safe(`damaged: ${problem.message}`)))
}
