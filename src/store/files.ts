// The files of the store in a state folder, and how they are set aside: renamed, never deleted.

import { chmodSync, closeSync, lstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { systemErrorCode } from '../base/system-error.ts'

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1')
const STORE_FILE = 'store.db'
/** What SQLite keeps beside a database, first: a new database must never meet those of an old one. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const

export function storeFile(stateFolder: string): string {
  return join(stateFolder, STORE_FILE)
}

/** True for the database, for what SQLite keeps beside it, and for all of that when it was set aside. */
export function isStoreFile(name: string): boolean {
  return /^store\.db(\.set-aside-[\dTZ.-]+?)?(-wal|-shm|-journal)?$/.test(name)
}

export function isSetAside(name: string): boolean {
  return isStoreFile(name) && name.includes('.set-aside-')
}

/** Makes the file when it is not there. Whoever has it, from its first moment only its owner may read it. */
export function makeStoreFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error
  }
  if ((statSync(file).mode & 0o777) !== 0o600) chmodSync(file, 0o600)
}

/** Gives it another name in its folder, with what belongs to it, and returns that. Throws what the system says. */
export function setAside(file: string): string {
  const moment = new Date().toISOString().replaceAll(':', '-')
  let target = `${file}.set-aside-${moment}`
  for (let number = 2; isThere(target); number++) target = `${file}.set-aside-${moment}-${number}`
  for (const companion of COMPANIONS) {
    if (isThere(`${file}${companion}`)) renameSync(`${file}${companion}`, `${target}${companion}`)
  }
  if (isThere(file)) renameSync(file, target)
  return target
}

/** True when SQLite may have to put into the database what lies beside it. */
export function hasCompanions(file: string): boolean {
  return COMPANIONS.some(companion => isThere(`${file}${companion}`))
}

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Undefined when it is no database. Not while this process has it open: SQLite's locks would be lost. */
export function journalVersions(file: string): { readonly write: number; readonly read: number } | undefined {
  const descriptor = openSync(file, 'r')
  try {
    const header = Buffer.alloc(100)
    if (readSync(descriptor, header, 0, 100, 0) < 100 || !header.subarray(0, 16).equals(MAGIC)) return undefined
    return { write: header[18], read: header[19] }
  } finally {
    closeSync(descriptor)
  }
}
