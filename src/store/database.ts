// Opens the database, whatever lies there: one that is damaged, none of ours, or of a newer Linescope is set aside and a
// new one begun. Nothing depends on what it holds: lines, checkpoints and dead letters have files of their own.
//
// Journal: write-ahead, with the lock kept and without shared memory between processes. So it works on every file system
// that can hold the run's own lock, one transaction costs no sync, a process that is killed loses nothing that was
// committed, and a machine that goes down at most the newest seconds. At the end it becomes a single file again.

import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { DamagedError, faultOf } from './faults.ts'
import { journalVersions, makeStoreFile, setAside, storeFile } from './files.ts'
import {
  APPLICATION_ID,
  applicationOf,
  expectedSchema,
  migrate,
  SCHEMA_VERSION,
  schemaOf,
  versionOf
} from './schema.ts'

export interface OpenedDatabase {
  readonly database: DatabaseSync
  /** What was there before, when it was no good: where it is now, and why. */
  readonly setAside: { readonly file: string; readonly reason: string } | undefined
}

/** Throws what the system or SQLite says when it cannot be used now. */
export function openDatabase(stateFolder: string): OpenedDatabase {
  const file = storeFile(stateFolder)
  let before: OpenedDatabase['setAside']
  for (;;) {
    try {
      return { database: open(file), setAside: before }
    } catch (error) {
      const { kind, reason } = faultOf(error)
      // A new one that is no good: nothing here can mend that.
      if (kind === 'trouble' || before !== undefined) throw error
      before = { file: setAside(file), reason }
    }
  }
}

/** A single file again, which can be read where nothing can be written. Never throws. */
export function closeDatabase(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA journal_mode = DELETE')
  } catch {
    // The next start does it.
  }
  try {
    database.close()
  } catch {
    // It was closed, or is beyond that.
  }
}

function open(file: string): DatabaseSync {
  const status = statSync(file, { throwIfNoEntry: false })
  if (status !== undefined && !status.isFile()) throw new DamagedError('it is no file')
  makeStoreFile(file)
  // SQLite takes it for a file of a later SQLite that may only be read.
  if ((journalVersions(file)?.write ?? 0) > 2) throw new DamagedError('it is damaged: its header')
  // Another process may have it for the moment that it takes to look at it.
  const database = new DatabaseSync(file, { timeout: 250 })
  try {
    guard(database)
    // First of all, so that SQLite needs no memory that processes share.
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    // Before anything is written, so that what is set aside is as it was found.
    check(database)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    database.exec('PRAGMA journal_size_limit = 8388608; PRAGMA cache_size = -4096')
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** What a damaged or hostile file could do is done on nobody's behalf. */
export function guard(database: DatabaseSync): void {
  database.enableDefensive(true)
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON')
}

/** Throws a DamagedError that says why it is no good. One without anything in it is as good as new. */
export function check(database: DatabaseSync): void {
  const version = versionOf(database)
  const schema = schemaOf(database)
  const application = applicationOf(database)
  if (version === 0 && application === 0 && schema === '[]') return
  if (application !== APPLICATION_ID) throw new DamagedError('it is none of Linescope')
  if (version > SCHEMA_VERSION) {
    throw new DamagedError(`a newer Linescope has made it (version ${version}, this one knows ${SCHEMA_VERSION})`)
  }
  const found = String(database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'])
  if (found !== 'ok') throw new DamagedError(`it is damaged: ${found}`)
  if (schema !== expectedSchema(version)) throw new DamagedError('it is damaged: its tables are not as they were made')
}
