// What is said to the store and what it is asked. Moments are milliseconds since 1970; `from` is included, `to` is not.
// All text that goes in has passed `reveal`.

import type { DeadLetters } from '../contract/dead-letters.ts'
import type { GroupQuery } from '../contract/error-groups.ts'
import type { ErrorGroup } from '../contract/errors.ts'
import type { History } from '../contract/history.ts'
import type { KeptJourney } from '../contract/journey.ts'
import type { Runs } from '../contract/runs.ts'

// What it keeps, beside journeys.

/** Lengths of history's steps in seconds. */
export const STEPS_SECONDS = [1, 10, 60] as const
export type StepSeconds = (typeof STEPS_SECONDS)[number]

/** What grew within one step. */
export interface HistorySample {
  readonly step: StepSeconds
  /** Beginning of the step. */
  readonly at: number
  /** How long was counted: less than the step at the start and the end of a run. */
  readonly seconds: number
  readonly entered: number
  readonly settled: number
  readonly errors: number
  readonly dead: number
  readonly bytes: number
  /** Those that had something to do. */
  readonly nodes: readonly NodeSample[]
}

export interface NodeSample {
  readonly name: string
  readonly received: number
  readonly emitted: number
  readonly errors: number
  /** Spent inside it. */
  readonly timeSeconds: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export interface RunEnd {
  /** `end`, `stopped`, `failed`, … */
  readonly ending: string
  readonly message: string | undefined
  readonly at: number
}

export interface KeptErrorGroup {
  /** Of the same group the same in all of a run. */
  readonly key: string
  readonly lastAt: number
  readonly group: ErrorGroup
}

// What it is asked. Conditions that are not given let everything through.

export interface HistoryQuery {
  readonly from: number
  readonly to: number
  readonly step: StepSeconds
  readonly node?: string | undefined
}

export interface JourneyQuery {
  /** A piece of the line, as it is shown; upper and lower case are one. */
  readonly text?: string | undefined
  /** When the line was settled. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly outcome?: string | undefined
  /** One of the reasons that it was kept for. */
  readonly reason?: string | undefined
  /** Seconds from reading to settling, at least. */
  readonly durationAtLeast?: number | undefined
  /** Of an answer: goes on behind it. */
  readonly before?: number | undefined
  readonly limit: number
}

export interface FoundJourney extends KeptJourney {
  /** Number of the run that it is of, see `runs`. */
  readonly run: number
}

export interface FoundJourneys {
  /** Newest first. */
  readonly journeys: readonly FoundJourney[]
  /** For the next question; undefined when there are no older ones. A page may be empty and go on. */
  readonly before: number | undefined
}

export interface DeadLetterQuery {
  readonly processor?: string | undefined
  readonly code?: string | undefined
  /** A piece of the line or of the error's message, as it is shown. */
  readonly text?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Of an answer: goes on behind it. */
  readonly before?: number | undefined
  readonly limit: number
}

export interface StoredGroupQuery extends GroupQuery {
  /** Number of a run; undefined: the newest. */
  readonly run?: number | undefined
}

export interface StoredGroups {
  /** Undefined: there is no such run. */
  readonly run: number | undefined
  readonly groups: readonly ErrorGroup[]
  /** That fit the question. */
  readonly found: number
  /** Of the run. */
  readonly known: number
}

/** The newest runs. */
export interface LimitQuery {
  readonly limit: number
}

export interface JourneyId {
  readonly id: string
}

/** Each question and its answer. */
export interface StoreQuestions {
  readonly history: { readonly query: HistoryQuery; readonly answer: History }
  readonly findJourneys: { readonly query: JourneyQuery; readonly answer: FoundJourneys }
  /** Of the newest run that kept a journey of this id. */
  readonly journey: { readonly query: JourneyId; readonly answer: { readonly journey: FoundJourney | undefined } }
  readonly errorGroups: { readonly query: StoredGroupQuery; readonly answer: StoredGroups }
  readonly deadLetters: { readonly query: DeadLetterQuery; readonly answer: DeadLetters }
  readonly runs: { readonly query: LimitQuery; readonly answer: Runs }
}

export type QuestionName = keyof StoreQuestions
export type Query<Name extends QuestionName> = StoreQuestions[Name]['query']
export type Answer<Name extends QuestionName> = StoreQuestions[Name]['answer']

/** Undefined: the store did not answer in time, or cannot be read at the moment. */
export type AskStore = <Name extends QuestionName>(name: Name, query: Query<Name>) => Promise<Answer<Name> | undefined>

/** Of a run that is over nobody waits. Throws when it cannot be answered. */
export type AskStoreNow = <Name extends QuestionName>(name: Name, query: Query<Name>) => Answer<Name>

// How it travels.

export type ToStore =
  | { readonly type: 'ask'; readonly id: number; readonly name: QuestionName; readonly query: Query<QuestionName> }
  /** Answered by `taken` with the same number: until then it counts against what may be under way. */
  | { readonly type: 'journeys'; readonly id: number; readonly journeys: readonly KeptJourney[] }
  | { readonly type: 'errors'; readonly id: number; readonly groups: readonly KeptErrorGroup[] }

export type FromStore =
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer<QuestionName> | undefined }
  | { readonly type: 'taken'; readonly id: number }
