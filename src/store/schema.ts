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
  CREATE INDEX dead_letters_discarded ON dead_letters (number) WHERE is_discarded = 1;
  CREATE TABLE dead_letter_segments (segment INTEGER PRIMARY KEY, discards TEXT NOT NULL) STRICT;
  CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    started REAL NOT NULL,
    seen REAL NOT NULL,
    ended REAL,
    ending TEXT,
    message TEXT,
    exit_code INTEGER,
    pipeline TEXT NOT NULL,
    version TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    is_traced INTEGER NOT NULL,
    ledger TEXT
  ) STRICT;
  CREATE UNIQUE INDEX runs_by_start ON runs (started);
  CREATE TABLE history (
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    run INTEGER NOT NULL,
    seconds REAL NOT NULL,
    entered REAL NOT NULL,
    settled REAL NOT NULL,
    errors REAL NOT NULL,
    dead REAL NOT NULL,
    bytes REAL NOT NULL,
    nodes TEXT NOT NULL,
    PRIMARY KEY (step, at, run)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE error_groups (
    run INTEGER NOT NULL,
    key TEXT NOT NULL,
    last_at REAL NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX error_groups_by_time ON error_groups (last_at);
  CREATE TABLE journeys (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    id TEXT NOT NULL,
    settled REAL NOT NULL,
    seconds REAL NOT NULL,
    outcome TEXT NOT NULL,
    weight REAL NOT NULL,
    reasons TEXT NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX journeys_by_id ON journeys (id, run);
  CREATE INDEX journeys_by_time ON journeys (settled);
  CREATE INDEX journeys_by_outcome ON journeys (outcome, settled);
  CREATE INDEX journeys_by_duration ON journeys (seconds);
  CREATE VIRTUAL TABLE journey_texts USING fts5(line, content='', contentless_delete=1, tokenize='trigram');
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
