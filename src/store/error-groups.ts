// Groups of errors of the newest runs.

import type { DatabaseSync } from 'node:sqlite'

import type { ErrorGroup } from '../contract/errors.ts'
import type { KeptErrorGroup, StoredErrorGroup } from './messages.ts'
import { change, numberIn, rowsOf, textIn } from './statements.ts'

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

export function findErrorGroups(database: DatabaseSync, limit: number): { readonly groups: StoredErrorGroup[] } {
  const rows = rowsOf(database, 'SELECT * FROM error_groups ORDER BY last_at DESC LIMIT ?', limit)
  return {
    groups: rows.map(row => ({
      run: numberIn(row, 'run'),
      group: JSON.parse(textIn(row, 'value')) as ErrorGroup
    }))
  }
}
