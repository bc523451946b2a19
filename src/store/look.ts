// Looks at the database of a run that is over, and changes nothing in its folder: where SQLite would have to write (the
// run was killed, or the database is of an older version), it is a copy that is opened.

import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { check, guard } from './database.ts'
import { DamagedError, faultOf } from './faults.ts'
import { hasCompanions, isThere, journalVersions, storeFile } from './files.ts'
import { APPLICATION_ID, applicationOf, migrate, SCHEMA_VERSION, versionOf } from './schema.ts'

const WRITE_AHEAD = 2

export interface LookedAt {
  readonly database: DatabaseSync
  close(): void
}

/** Undefined when there is none. Throws a DamagedError, or what the system or SQLite says. */
export function lookAt(stateFolder: string): LookedAt | undefined {
  const file = storeFile(stateFolder)
  if (!isThere(file)) return undefined
  const { size } = regular(file)
  if (size === 0) return undefined
  if (hasCompanions(file) || journalVersions(file)?.read === WRITE_AHEAD) return copied(file)
  const database = new DatabaseSync(file, { readOnly: true, timeout: 250 })
  try {
    guard(database)
    if (applicationOf(database) === APPLICATION_ID && versionOf(database) < SCHEMA_VERSION) {
      database.close()
      return copied(file)
    }
    check(database)
    return { database, close: () => database.close() }
  } catch (error) {
    if (database.isOpen) database.close()
    throw error
  }
}

export type Inspection =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole'; readonly bytes: number }
  | { readonly kind: 'damaged' | 'trouble'; readonly reason: string; readonly bytes: number }

/** Never throws. */
export function inspectStore(stateFolder: string): Inspection {
  const file = storeFile(stateFolder)
  try {
    const looked = lookAt(stateFolder)
    if (looked === undefined) return { kind: 'none' }
    looked.close()
    return { kind: 'whole', bytes: statSync(file).size }
  } catch (error) {
    return { ...faultOf(error), bytes: statSync(file, { throwIfNoEntry: false })?.size ?? 0 }
  }
}

function copied(file: string): LookedAt {
  const folder = mkdtempSync(join(tmpdir(), 'linescope-store-'))
  const close = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const copy = join(folder, basename(file))
    copyFileSync(file, copy)
    for (const companion of ['-wal', '-journal']) {
      if (isThere(`${file}${companion}`)) copyFileSync(`${file}${companion}`, `${copy}${companion}`)
    }
    const database = new DatabaseSync(copy)
    try {
      guard(database)
      check(database)
      migrate(database)
    } catch (error) {
      database.close()
      throw error
    }
    return {
      database,
      close: () => {
        database.close()
        close()
      }
    }
  } catch (error) {
    close()
    throw error
  }
}

function regular(file: string): { readonly size: number } {
  const status = statSync(file)
  if (!status.isFile()) throw new DamagedError('it is no file')
  return status
}
