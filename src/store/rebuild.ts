// Makes the index of dead letters anew from the log, for `linescope doctor`. No run may have the folder meanwhile.

import type { RevealText } from '../state/dead-letter-log/filter.ts'
import { closeDatabase, openDatabase } from './database.ts'
import { LetterIndex } from './letter-index.ts'
import { countLetters } from './letter-rows.ts'
import { change } from './statements.ts'

export interface Rebuilt {
  readonly letters: number
  readonly discarded: number
  /** Places of the log that cannot be read. */
  readonly damaged: number
  readonly problem: string | undefined
  /** The database that was there, when it was no good. */
  readonly setAside: { readonly file: string; readonly reason: string } | undefined
}

const AT_ONCE = 10_000

/** Throws what the system or SQLite says when the database cannot be written. */
export function rebuildLetterIndex(stateFolder: string, reveal: RevealText, textVersion: string): Rebuilt {
  const { database, setAside } = openDatabase(stateFolder)
  try {
    database.exec('BEGIN IMMEDIATE')
    change(database, 'DELETE FROM dead_letters')
    change(database, 'DELETE FROM dead_letter_segments')
    const index = new LetterIndex(stateFolder, reveal, textVersion)
    let damaged = 0
    let problem: string | undefined
    for (let isComplete = false; !isComplete && problem === undefined; ) {
      const caughtUp = index.catchUp(database, AT_ONCE)
      damaged += caughtUp.damaged
      ;({ isComplete, problem } = caughtUp)
    }
    database.exec('COMMIT')
    return { ...countLetters(database), damaged, problem, setAside }
  } finally {
    closeDatabase(database)
  }
}
