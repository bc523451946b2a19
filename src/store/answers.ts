// Every question that the store answers, of a run that goes on and of one that is over.

import type { DatabaseSync } from 'node:sqlite'

import { findErrorGroups } from './error-groups.ts'
import { findHistory } from './history.ts'
import { findJourney, findJourneys } from './journeys.ts'
import { findDeadLetters } from './letter-query.ts'
import type { Answer, Query, QuestionName } from './messages.ts'
import { findRuns } from './runs.ts'

export interface Circumstances {
  /** The index holds all dead letters that the log holds. */
  readonly isIndexComplete: boolean
  /** When the run that goes on was started. */
  readonly current: number | undefined
}

type Answers = {
  readonly [Name in QuestionName]: (
    database: DatabaseSync,
    query: Query<Name>,
    circumstances: Circumstances
  ) => Answer<Name>
}

const ANSWERS: Answers = {
  history: findHistory,
  findJourneys,
  journey: (database, { id }) => findJourney(database, id),
  errorGroups: findErrorGroups,
  deadLetters: (database, query, { isIndexComplete }) => findDeadLetters(database, query, isIndexComplete),
  runs: (database, { limit }, { current }) => findRuns(database, limit, current)
}

export function answer<Name extends QuestionName>(
  database: DatabaseSync,
  name: Name,
  query: Query<Name>,
  circumstances: Circumstances
): Answer<Name> {
  return ANSWERS[name](database, query, circumstances)
}
