// A replay as data: which letters, how, and how far it has come.

import type { LetterValue } from '../dead-letter-log/letter.ts'

export const REPLAY_STATES = ['running', 'paused', 'stopped', 'done', 'cancelled'] as const
/** `stopped`: by itself, as too many lines failed again. It can go on, as one that was paused can. */
export type ReplayState = (typeof REPLAY_STATES)[number]

/** What goes in instead of what was kept. */
export interface ReplayChange {
  /** For every letter. */
  readonly value?: LetterValue | undefined
  /** Fields of the records, in this order. */
  readonly fields?: readonly (readonly [name: string, value: unknown])[] | undefined
  /** By number of the letter in this job, from 1. */
  readonly values?: readonly (readonly [index: number, value: LetterValue])[] | undefined
}

export interface ReplaySettings {
  /** As people call it. */
  readonly name: string
  /** Given by who asked for it: asking again with the same one makes no second job. */
  readonly key: string | undefined
  /** Who asked for it. */
  readonly by: string
  /** The filters, as a person would write them. */
  readonly selection: string
  /** `step`: at the processor that failed, with the value from before it. `start`: the original line, from its beginning. */
  readonly from: 'step' | 'start'
  readonly change: ReplayChange | undefined
  readonly linesPerSecond: number | undefined
  /** Of the lines that went in again. */
  readonly stopAtErrorPercent: number | undefined
  /** Letters that were replayed before are among them. */
  readonly isForced: boolean
}

export interface ReplayJob extends ReplaySettings {
  /** From 1 in each state folder. The lines are `r<number>.1`, `r<number>.2`, … */
  readonly number: number
  readonly createdAtMilliseconds: number
  /** Letters in it. */
  readonly total: number
  readonly state: ReplayState
  /** Why it was stopped or cancelled. */
  readonly reason: string | undefined
  readonly endedAtMilliseconds: number | undefined
  /** Letters at the start that were committed when this was written; a checkpoint may know of more. */
  readonly done: number
  /** Letters at the start that count no more in the log, unless they were refused. */
  readonly discarded: number
  /** Configurations of the pipeline that it went through, each from a letter on. */
  readonly configurations: readonly { readonly from: number; readonly configHash: string }[]
}

/** It can go on. */
export function isOpen({ state }: Pick<ReplayJob, 'state'>): boolean {
  return state !== 'done' && state !== 'cancelled'
}

const ID = /^(?:(\d+):|r(\d+)\.)(\d+)(?:\.(\d+))?$/

/** The id of a line in numbers: `3:1427.2` and `r1.5.2`. A negative source is a replay. */
export interface LineId {
  readonly source: number
  readonly offset: number
  /** 0 for the first instance of the line. */
  readonly fork: number
}

/** Undefined for what is no id. */
export function parseLineId(id: string): LineId | undefined {
  const [, source, job, offset, fork = '0'] = ID.exec(id) ?? []
  if (offset === undefined) return undefined
  return { source: source === undefined ? -Number(job) : Number(source), offset: Number(offset), fork: Number(fork) }
}
