// Groups of errors of the newest runs.

import type { DatabaseSync } from 'node:sqlite'

import { wantedGroups } from '../contract/error-group-choice.ts'
import type { ErrorGroup } from '../contract/errors.ts'
import type { KeptErrorGroup, StoredGroupQuery, StoredGroups } from './messages.ts'
import { change, numberIn, rowOf, rowsOf, textIn } from './statements.ts'

/** Of all runs together; those that were silent longest go. */
const KEPT_GROUPS = 10_000

export function putErrorGroups(database: DatabaseSync, run: number, groups: readonly KeptErrorGroup[]): void {
  const sql = 'INSERT OR REPLACE INTO error_groups (run, key, last_at, value) VALUES (?, ?, ?, ?)'
  for (const { key, lastAt, group } of groups) change(database, sql, run, key, lastAt, JSON.stringify(group))
  change(
    database,
    'DELETE FROM error_groups WHERE last_at < (SELECT last_at FROM error_groups ORDER BY last_at DESC LIMIT 1 OFFSET ?)',
    KEPT_GROUPS
  )
}

export function findErrorGroups(database: DatabaseSync, query: StoredGroupQuery): StoredGroups {
  const row =
    query.run === undefined
      ? rowOf(database, 'SELECT max(run) AS run FROM runs')
      : rowOf(database, 'SELECT run FROM runs WHERE run = ?', query.run)
  if (row === undefined || row['run'] === null) return { run: undefined, groups: [], found: 0, known: 0 }
  const run = numberIn(row, 'run')
  const rows = rowsOf(database, 'SELECT value FROM error_groups WHERE run = ?', run)
  // Nothing fails any more at the pace at which it did then.
  const known = rows.map(each => ({ ...(JSON.parse(textIn(each, 'value')) as ErrorGroup), per_second: 0, samples: 0 }))
  const wanted = wantedGroups(known, query)
  return { run, groups: wanted.slice(0, query.limit), found: wanted.length, known: known.length }
}
