// Journeys that were worth keeping, found by what is in their lines, by time, outcome, duration, and why they were kept.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'

import type { KeptJourney } from '../contract/journey.ts'
import type { Trace } from '../contract/trace.ts'
import type { FoundJourney, FoundJourneys, JourneyQuery } from './messages.ts'
import { change, numberIn, type Row, rowOf, rowsOf, textIn } from './statements.ts'

/** Looked at for one answer where no index helps. */
const LOOKED_AT = 50_000
/** Shorter texts are in no index. */
const INDEXED_CHARACTERS = 3

const INSERT = `INSERT INTO journeys (run, id, settled, seconds, outcome, weight, reasons, value)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, run) DO NOTHING RETURNING number`

/** A journey that is there already is left as it is. */
export function addJourney(database: DatabaseSync, run: number, { trace, reasons, weight }: KeptJourney): void {
  // Where a moment is not known, the other one is taken.
  const settled = Date.parse(trace.settled_at ?? trace.read_at ?? new Date().toISOString())
  const seconds = trace.read_at === null ? 0 : Math.max(0, settled - Date.parse(trace.read_at)) / 1_000
  const row = rowOf(
    database,
    INSERT,
    run,
    trace.id,
    settled,
    seconds,
    trace.outcome,
    weight,
    JSON.stringify(reasons),
    JSON.stringify(trace)
  )
  if (row === undefined) return
  change(database, 'INSERT INTO journey_texts (rowid, line) VALUES (?, ?)', numberIn(row, 'number'), trace.line)
}

export function findJourneys(database: DatabaseSync, query: JourneyQuery): FoundJourneys {
  const newest = rowOf(database, 'SELECT max(number) AS number FROM journeys')!['number']
  if (newest === null) return { journeys: [], before: undefined }
  const before = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, Number(newest) + 1)
  const { conditions, values } = conditionsOf(query)
  const lowest = before - LOOKED_AT
  const sql = `SELECT * FROM journeys WHERE number < ? AND number >= ? AND ${conditions} ORDER BY number DESC LIMIT ?`
  const rows = rowsOf(database, sql, before, lowest, ...values, query.limit)
  const end = rows.length === query.limit ? numberIn(rows.at(-1)!, 'number') : lowest
  const hasOlder = rowOf(database, 'SELECT 1 AS one FROM journeys WHERE number < ? LIMIT 1', end) !== undefined
  return { journeys: rows.map(journeyOf), before: hasOlder ? end : undefined }
}

export function findJourney(database: DatabaseSync, id: string): { readonly journey: FoundJourney | undefined } {
  const row = rowOf(database, 'SELECT * FROM journeys WHERE id = ? ORDER BY run DESC LIMIT 1', id)
  return { journey: row === undefined ? undefined : journeyOf(row) }
}

/** The oldest ones go. */
export function removeJourneys(database: DatabaseSync, count: number): number {
  const row = rowOf(database, 'SELECT number FROM journeys ORDER BY number LIMIT 1 OFFSET ?', count)
  const end = row === undefined ? Number.MAX_SAFE_INTEGER : numberIn(row, 'number')
  change(database, 'DELETE FROM journey_texts WHERE rowid < ?', end)
  return change(database, 'DELETE FROM journeys WHERE number < ?', end)
}

/** Those that were settled before; at most so many, the oldest. */
export function removeJourneysBefore(database: DatabaseSync, moment: number, atMost: number): number {
  const old = 'SELECT number FROM journeys WHERE settled < ? ORDER BY settled LIMIT ?'
  change(database, `DELETE FROM journey_texts WHERE rowid IN (${old})`, moment, atMost)
  return change(database, `DELETE FROM journeys WHERE number IN (${old})`, moment, atMost)
}

function conditionsOf({ text, from, to, outcome, reason, durationAtLeast }: JourneyQuery): {
  readonly conditions: string
  readonly values: SQLInputValue[]
} {
  const conditions = ['1 = 1']
  const values: SQLInputValue[] = []
  const require = (condition: string, ...given: SQLInputValue[]): void => {
    conditions.push(condition)
    values.push(...given)
  }
  if (text !== undefined && text !== '') {
    if ([...text].length >= INDEXED_CHARACTERS) {
      // As one phrase in quotes no character of it means anything to the index.
      const phrase = `"${text.replaceAll('"', '""')}"`
      require('number IN (SELECT rowid FROM journey_texts WHERE journey_texts MATCH ?)', phrase)
    } else require(`instr(lower(value ->> '$.line'), lower(?)) > 0`, text)
  }
  if (from !== undefined) require('settled >= ?', from)
  if (to !== undefined) require('settled < ?', to)
  if (outcome !== undefined) require('outcome = ?', outcome)
  if (durationAtLeast !== undefined) require('seconds >= ?', durationAtLeast)
  if (reason !== undefined) require('EXISTS (SELECT 1 FROM json_each(reasons) WHERE json_each.value = ?)', reason)
  return { conditions: conditions.join(' AND '), values }
}

function journeyOf(row: Row): FoundJourney {
  return {
    run: numberIn(row, 'run'),
    trace: JSON.parse(textIn(row, 'value')) as Trace,
    reasons: JSON.parse(textIn(row, 'reasons')) as KeptJourney['reasons'],
    weight: numberIn(row, 'weight')
  }
}
