// What the database holds. A version is a step from the one before it; steps that were released never change.

import { DatabaseSync } from 'node:sqlite'

/** `LSCP`: tells our databases from all others. */
export const APPLICATION_ID = 0x4c534350

const STEPS: readonly string[] = [
  `
  CREATE TABLE dead_letters (
    number INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL,
    start_byte INTEGER NOT NULL,
    end_byte INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    sequence INTEGER,
    is_discarded INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    processor TEXT NOT NULL,
    tag TEXT NOT NULL,
    error_name TEXT,
    error_message TEXT,
    code TEXT,
    attempts INTEGER NOT NULL,
    line TEXT NOT NULL,
    line_bytes INTEGER NOT NULL,
    line_is_cut INTEGER NOT NULL,
    file TEXT NOT NULL,
    line_number INTEGER NOT NULL,
    replay_of TEXT
  ) STRICT;
  CREATE UNIQUE INDEX dead_letters_by_place ON dead_letters (segment, start_byte);
  CREATE INDEX dead_letters_by_processor ON dead_letters (processor, number);
  CREATE TABLE dead_letter_segments (segment INTEGER PRIMARY KEY, discards TEXT NOT NULL) STRICT;
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `
]

export const SCHEMA_VERSION = STEPS.length

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}

export function applicationOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA application_id').get()?.['application_id'])
}

/** Brings it to a version, all of it or nothing. */
export function migrate(database: DatabaseSync, to = SCHEMA_VERSION): void {
  const version = versionOf(database)
  if (version === to) return
  database.exec('BEGIN IMMEDIATE')
  for (const step of STEPS.slice(version, to)) database.exec(step)
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${to}; COMMIT`)
}

/** What is declared in it, as one text. */
export function schemaOf(database: DatabaseSync): string {
  const rows = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all()
  return JSON.stringify(rows)
}

const expected: string[] = []

/** What `schemaOf` says of a database of this version that is whole. */
export function expectedSchema(version: number): string {
  let schema = expected[version]
  if (schema === undefined) {
    const database = new DatabaseSync(':memory:')
    migrate(database, version)
    schema = schemaOf(database)
    database.close()
    expected[version] = schema
  }
  return schema
}
