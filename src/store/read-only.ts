// The store of a run that is over, for commands: the same questions, and nothing is changed in its folder.

import { answer } from './answers.ts'
import { type LookedAt, lookAt } from './look.ts'
import type { Answer, Query, QuestionName } from './messages.ts'

export class ReadOnlyStore {
  readonly #looked: LookedAt

  /**
   * Undefined when nothing was kept. Throws when the database is damaged (a DamagedError) or cannot be read. A run that has
   * the folder is asked over HTTP instead: whoever opens it here has the folder's lock.
   */
  static open(stateFolder: string): ReadOnlyStore | undefined {
    const looked = lookAt(stateFolder)
    return looked === undefined ? undefined : new ReadOnlyStore(looked)
  }

  private constructor(looked: LookedAt) {
    this.#looked = looked
  }

  /** Throws what SQLite says when it meets damage. */
  answer<Name extends QuestionName>(name: Name, query: Query<Name>): Answer<Name> {
    // Nobody catches the index up; what the run had time for is in it.
    return answer(this.#looked.database, name, query, { isIndexComplete: false, current: undefined })
  }

  close(): void {
    this.#looked.close()
  }
}
