// Statements are prepared once for each database.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

import { DamagedError } from './faults.ts'

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

export function statement(database: DatabaseSync, sql: string): StatementSync {
  let known = prepared.get(database)
  if (known === undefined) {
    known = new Map()
    prepared.set(database, known)
  }
  let found = known.get(sql)
  if (found === undefined) {
    found = database.prepare(sql)
    known.set(sql, found)
  }
  return found
}

export type Row = Readonly<Record<string, unknown>>

export function rowsOf(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): Row[] {
  return statement(database, sql).all(...values)
}

export function rowOf(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): Row | undefined {
  return statement(database, sql).get(...values)
}

export function change(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): number {
  return Number(statement(database, sql).run(...values).changes)
}

// A damaged row may hold anything. What is no such value is damage.

export function numberIn(row: Row, column: string): number {
  const value = row[column]
  if (typeof value === 'number') return value
  throw new DamagedError(`it is damaged: ${column} is no number`)
}

export function textIn(row: Row, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  throw new DamagedError(`it is damaged: ${column} is no text`)
}

export function textOrNullIn(row: Row, column: string): string | null {
  return row[column] === null ? null : textIn(row, column)
}
