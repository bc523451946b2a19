// Finds dead letters in the index, newest first. A question looks at a limited number of letters and says where to go on,
// so that none holds the store up.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'

import type { DeadLetterEntry, DeadLetters } from '../contract/dead-letters.ts'
import { countLetters } from './letter-rows.ts'
import type { DeadLetterQuery } from './messages.ts'
import { moment } from './moments.ts'
import { numberIn, type Row, rowOf, rowsOf, textIn, textOrNullIn } from './statements.ts'

/** Read at most for one answer. */
const LOOKED_AT = 200_000

export function findDeadLetters(database: DatabaseSync, query: DeadLetterQuery, isComplete: boolean): DeadLetters {
  const newest = rowOf(database, 'SELECT max(number) AS number FROM dead_letters')!['number']
  const counts = countLetters(database)
  const known = { known: counts.letters, discarded: counts.discarded, is_complete: isComplete }
  if (newest === null) return { dead_letters: [], before: null, ...known }
  const before = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, Number(newest) + 1)
  const lowest = before - LOOKED_AT
  const { conditions, values } = conditionsOf(query)
  const sql = `SELECT * FROM dead_letters WHERE number < ? AND number >= ? AND ${conditions} ORDER BY number DESC LIMIT ?`
  const rows = rowsOf(database, sql, before, lowest, ...values, query.limit)
  const end = rows.length === query.limit ? numberIn(rows.at(-1)!, 'number') : lowest
  const hasOlder = rowOf(database, 'SELECT 1 AS one FROM dead_letters WHERE number < ? LIMIT 1', end) !== undefined
  return { dead_letters: rows.map(entryOf), before: hasOlder ? String(end) : null, ...known }
}

function conditionsOf({ processor, code, text, from, to }: DeadLetterQuery): {
  readonly conditions: string
  readonly values: SQLInputValue[]
} {
  const conditions = ['is_discarded = 0']
  const values: SQLInputValue[] = []
  const require = (condition: string, ...given: SQLInputValue[]): void => {
    conditions.push(condition)
    values.push(...given)
  }
  if (processor !== undefined) require('processor = ?', processor)
  if (code !== undefined) require('code = ?', code)
  if (text !== undefined) require('(instr(line, ?) > 0 OR instr(error_message, ?) > 0)', text, text)
  if (from !== undefined) require('at >= ?', from)
  if (to !== undefined) require('at < ?', to)
  return { conditions: conditions.join(' AND '), values }
}

function entryOf(row: Row): DeadLetterEntry {
  return {
    number: row['sequence'] === null ? null : numberIn(row, 'sequence'),
    id: textIn(row, 'id'),
    kind: textIn(row, 'kind') === 'unmatched' ? 'unmatched' : 'dead',
    processor: textIn(row, 'processor'),
    tag: textIn(row, 'tag'),
    error: textOrNullIn(row, 'error_name'),
    message: textOrNullIn(row, 'error_message'),
    code: textOrNullIn(row, 'code'),
    attempts: numberIn(row, 'attempts'),
    line: textIn(row, 'line'),
    line_bytes: numberIn(row, 'line_bytes'),
    line_is_cut: numberIn(row, 'line_is_cut') === 1,
    file: textIn(row, 'file'),
    line_number: numberIn(row, 'line_number'),
    at: moment(numberIn(row, 'at')),
    replay_of: textOrNullIn(row, 'replay_of')
  }
}
