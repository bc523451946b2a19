// The database as something that may fail at any time: each piece of work is done whole or not at all, and a failure is
// said once, tried again later, and never thrown. One that turns out to be damaged is set aside, at most a few times.

import type { DatabaseSync } from 'node:sqlite'

import { closeDatabase, openDatabase } from './database.ts'
import { faultOf } from './faults.ts'
import { setAside, storeFile } from './files.ts'

/** Each time it fails it is left alone for longer. */
const PAUSES_MILLISECONDS = [2_000, 5_000, 15_000, 30_000, 60_000]
const SET_ASIDE_AT_MOST = 3

export interface KeptDatabaseOptions {
  readonly stateFolder: string
  /** Told of what was set aside, of troubles, and of their ends. */
  readonly say: (message: string) => void
  readonly nowMilliseconds?: () => number
}

export class KeptDatabase {
  readonly #options: KeptDatabaseOptions
  readonly #now: () => number
  #database: DatabaseSync | undefined
  #trouble: string | undefined
  #failures = 0
  #tryAgainAt = Number.NEGATIVE_INFINITY
  #setAside = 0
  #isOff = false

  constructor(options: KeptDatabaseOptions) {
    this.#options = options
    this.#now = options.nowMilliseconds ?? (() => performance.now())
  }

  /** Why nothing can be kept at the moment. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Undefined when it could not be done. All of it is in the database then, or nothing. */
  write<Result extends object>(work: (database: DatabaseSync) => Result): Result | undefined {
    return this.#use(database => {
      database.exec('BEGIN IMMEDIATE')
      const result = work(database)
      database.exec('COMMIT')
      return result
    })
  }

  /** Undefined when it could not be read. */
  read<Result extends object>(work: (database: DatabaseSync) => Result): Result | undefined {
    return this.#use(work)
  }

  close(): void {
    if (this.#database !== undefined) closeDatabase(this.#database)
    this.#database = undefined
  }

  #use<Result extends object>(work: (database: DatabaseSync) => Result): Result | undefined {
    const database = this.#opened()
    if (database === undefined) return undefined
    try {
      const result = work(database)
      if (this.#trouble !== undefined) this.#worksAgain()
      return result
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }

  #opened(): DatabaseSync | undefined {
    if (this.#database !== undefined) return this.#database
    if (this.#isOff || this.#now() < this.#tryAgainAt) return undefined
    try {
      const { database, setAside: before } = openDatabase(this.#options.stateFolder)
      if (before !== undefined) this.#tellSetAside(before.file, before.reason)
      this.#database = database
    } catch (error) {
      this.#pause(faultOf(error).reason)
    }
    return this.#database
  }

  #failed(error: unknown): void {
    const database = this.#database!
    this.#database = undefined
    try {
      if (database.isTransaction) database.exec('ROLLBACK')
    } catch {
      // Closing it does the same.
    }
    closeDatabase(database)
    const { kind, reason } = faultOf(error)
    if (kind === 'trouble') this.#pause(reason)
    else this.#setAsideNow(reason)
  }

  #setAsideNow(reason: string): void {
    try {
      this.#tellSetAside(setAside(storeFile(this.#options.stateFolder)), reason)
    } catch (failure) {
      this.#pause(faultOf(failure).reason)
    }
  }

  #tellSetAside(file: string, reason: string): void {
    this.#setAside++
    if (this.#setAside > SET_ASIDE_AT_MOST) {
      this.#isOff = true
      this.#trouble = `it was set aside ${this.#setAside} times in this run, the last time because ${reason}; it stays off`
    }
    const then = this.#isOff
      ? 'This happened too often: nothing more is kept of this run.'
      : 'A new one is begun; what can be made again from the dead letters is.'
    this.#options.say(`store: the database cannot be used (${reason}). It is kept as ${file}. ${then}`)
  }

  #pause(reason: string): void {
    const pause = PAUSES_MILLISECONDS[Math.min(this.#failures, PAUSES_MILLISECONDS.length - 1)]
    this.#failures++
    this.#tryAgainAt = this.#now() + pause
    if (this.#trouble === undefined) {
      this.#options.say(
        `store: history is not kept at the moment: ${reason}. No line waits for it; it is tried again until it works.`
      )
    }
    this.#trouble = reason
  }

  #worksAgain(): void {
    this.#options.say('store: history is kept again.')
    this.#trouble = undefined
    this.#failures = 0
  }
}
