// Keeps the database within its size: what is oldest goes, of the kind that takes most room.

import type { DatabaseSync } from 'node:sqlite'

import { removeJourneys, removeJourneysBefore } from './journeys.ts'
import { change, numberIn, rowOf } from './statements.ts'

export interface Removed {
  readonly journeys: number
  readonly deadLetters: number
}

/** Of what goes at once, so much of what is there. */
const PART = 0.1
const ROUNDS = 20
const AT_ONCE = 10_000
const LETTERS_AT_LEAST = 1_000

/** Within a transaction. Pages that become free are used again, so the file itself stays as long as it was. */
export function keepWithin(database: DatabaseSync, maxBytes: number): Removed {
  let journeys = 0
  let deadLetters = 0
  for (let round = 0; round < ROUNDS && usedBytes(database) > maxBytes; round++) {
    const known = { journeys: countOf(database, 'journeys'), letters: countOf(database, 'dead_letters') }
    // The newest letter tells how far the index has come.
    if (known.journeys === 0 && known.letters <= LETTERS_AT_LEAST) break
    // A journey with its hops and its index takes about three times what a letter does.
    if (known.journeys * 3 >= known.letters || known.letters <= LETTERS_AT_LEAST)
      journeys += removeJourneys(database, Math.ceil(known.journeys * PART))
    else deadLetters += removeLetters(database, Math.ceil(known.letters * PART))
  }
  return { journeys, deadLetters }
}

/** Within a transaction, and not more than takes a moment: the rest goes the next time. */
export function removeOlderThan(database: DatabaseSync, moment: number): Pick<Removed, 'journeys'> {
  change(database, 'DELETE FROM error_groups WHERE last_at < ?', moment)
  return { journeys: removeJourneysBefore(database, moment, AT_ONCE) }
}

export function usedBytes(database: DatabaseSync): number {
  const pragma = (name: string): number => numberIn(rowOf(database, `PRAGMA ${name}`)!, name)
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
}

function countOf(database: DatabaseSync, table: 'journeys' | 'dead_letters'): number {
  return numberIn(rowOf(database, `SELECT count(*) AS count FROM ${table}`)!, 'count')
}

function removeLetters(database: DatabaseSync, count: number): number {
  const row = rowOf(database, 'SELECT number FROM dead_letters ORDER BY number LIMIT 1 OFFSET ?', count)
  return change(
    database,
    'DELETE FROM dead_letters WHERE number < ?',
    row === undefined ? Number.MAX_SAFE_INTEGER : numberIn(row, 'number')
  )
}
