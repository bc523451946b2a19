// The store of a run that goes on. It takes what is to be kept and writes it now and then, all of it in one transaction; it
// answers questions; it keeps the index of dead letters caught up. Nothing here throws because of a disk or a database:
// what cannot be written waits, within bounds, and what finds no room is counted.

import type { DatabaseSync } from 'node:sqlite'

import type { KeptJourney } from '../contract/journey.ts'
import type { Ledger } from '../contract/ledger.ts'
import type { RevealText } from '../state/dead-letter-log/filter.ts'
import { answer } from './answers.ts'
import { putErrorGroups } from './error-groups.ts'
import { addHistory } from './history.ts'
import { addJourney } from './journeys.ts'
import { KeptDatabase } from './kept-database.ts'
import { LetterIndex } from './letter-index.ts'
import type { Answer, HistorySample, KeptErrorGroup, Query, QuestionName, RunEnd } from './messages.ts'
import { keepWithin, removeOlderThan } from './retention.ts'
import { type KnownRun, noteEnd, noteExitCode, noteLedger, numberOfRun } from './runs.ts'

export interface StoreOptions {
  readonly stateFolder: string
  readonly run: KnownRun
  readonly reveal: RevealText
  /** Another one when text is revealed in another way: the index of dead letters is made anew then. */
  readonly textVersion: string
  readonly say: (message: string) => void
  readonly maxBytes?: number | undefined
  /** Undefined: nothing goes because of its age. */
  readonly maxAgeMilliseconds?: number | undefined
}

/** What the database may take on the disk, beside what SQLite keeps next to it for a while. */
export const STORE_BYTES = 256 * 1024 * 1024
/** So much waits while nothing can be written. */
const WAITING_SAMPLES = 1_000
const WAITING_JOURNEYS = 5_000
const WAITING_GROUPS = 1_000
const RETENTION_MILLISECONDS = 10_000

/** What was not kept, since the start. */
export interface Dropped {
  readonly samples: number
  readonly journeys: number
  readonly errorGroups: number
}

export class Store {
  readonly #options: StoreOptions
  readonly #database: KeptDatabase
  readonly #index: LetterIndex
  #samples: HistorySample[] = []
  #journeys: KeptJourney[] = []
  readonly #groups = new Map<string, KeptErrorGroup>()
  #ledger: { readonly at: number; readonly ledger: Ledger } | undefined
  #end: RunEnd | undefined
  #exitCode: number | undefined
  #hasEnded = false
  #isIndexComplete = false
  #logProblem: string | undefined
  #retainedAt = Number.NEGATIVE_INFINITY
  readonly #dropped = { samples: 0, journeys: 0, errorGroups: 0 }

  constructor(options: StoreOptions) {
    this.#options = options
    const { stateFolder, say, reveal, textVersion } = options
    this.#database = new KeptDatabase({ stateFolder, say })
    this.#index = new LetterIndex(stateFolder, reveal, textVersion)
  }

  /** Why nothing can be kept at the moment. */
  get trouble(): string | undefined {
    return this.#database.trouble ?? this.#logProblem
  }

  get dropped(): Dropped {
    return { ...this.#dropped }
  }

  add(samples: readonly HistorySample[]): void {
    this.#samples.push(...samples)
    const tooMany = this.#samples.length - WAITING_SAMPLES
    if (tooMany <= 0) return
    this.#samples.splice(0, tooMany)
    this.#dropped.samples += tooMany
  }

  /** The newest counts for a group that is there already. */
  putErrorGroups(groups: readonly KeptErrorGroup[]): void {
    for (const group of groups) {
      if (this.#groups.size >= WAITING_GROUPS && !this.#groups.has(group.key)) this.#dropped.errorGroups++
      else this.#groups.set(group.key, group)
    }
  }

  keep(journeys: readonly KeptJourney[]): void {
    const room = Math.max(0, WAITING_JOURNEYS - this.#journeys.length)
    this.#journeys.push(...journeys.slice(0, room))
    this.#dropped.journeys += Math.max(0, journeys.length - room)
  }

  noteLedger(at: number, ledger: Ledger): void {
    this.#ledger = { at, ledger }
  }

  ended(end: RunEnd): void {
    this.#end = end
    this.#hasEnded = true
  }

  exits(exitCode: number): void {
    this.#exitCode = exitCode
  }

  /** Writes what has come since the last time. */
  flush(nowMilliseconds = performance.now()): void {
    const isRetentionDue = nowMilliseconds - this.#retainedAt >= RETENTION_MILLISECONDS
    const written = this.#database.write(database => {
      const run = numberOfRun(database, this.#options.run)
      for (const sample of this.#samples) addHistory(database, run, sample)
      for (const journey of this.#journeys) addJourney(database, run, journey)
      if (this.#groups.size > 0) putErrorGroups(database, run, [...this.#groups.values()])
      if (this.#ledger !== undefined) noteLedger(database, run, this.#ledger.at, this.#ledger.ledger)
      if (this.#end !== undefined) noteEnd(database, run, this.#end)
      if (this.#exitCode !== undefined) noteExitCode(database, run, this.#exitCode)
      if (isRetentionDue) this.#retain(database)
      return {}
    })
    if (written === undefined) return
    if (isRetentionDue) this.#retainedAt = nowMilliseconds
    this.#samples = []
    this.#journeys = []
    this.#groups.clear()
    this.#ledger = undefined
    this.#end = undefined
    this.#exitCode = undefined
  }

  #retain(database: DatabaseSync): void {
    const { maxBytes, maxAgeMilliseconds } = this.#options
    if (maxAgeMilliseconds !== undefined) removeOlderThan(database, Date.now() - maxAgeMilliseconds)
    keepWithin(database, maxBytes ?? STORE_BYTES)
  }

  /** Takes at most so many dead letters into the index. True when it holds all that are in the log. */
  index(atMost: number): boolean {
    const caughtUp = this.#database.write(database => this.#index.catchUp(database, atMost))
    this.#isIndexComplete = caughtUp?.isComplete === true
    this.#logProblem = caughtUp?.problem && `the dead letters cannot be read: ${caughtUp.problem}`
    return this.#isIndexComplete
  }

  /** Undefined when the database cannot be read now. */
  answer<Name extends QuestionName>(name: Name, query: Query<Name>): Answer<Name> | undefined {
    const current = this.#hasEnded ? undefined : this.#options.run.startedAt
    return this.#database.read(database =>
      answer(database, name, query, { isIndexComplete: this.#isIndexComplete, current })
    )
  }

  close(): void {
    this.#database.close()
  }
}
