// Everything that main and a lane say to each other. Numbers travel in shared memory, not here.

import type { MessagePort } from 'node:worker_threads'

import type { Doom, LaneEnd, Plan, ProcessorState, Suspect } from '../engine/index.ts'
import type { InputPosition, TextPlace } from '../sdk/source.ts'
import type { Region } from '../shared-memory/index.ts'
import type { LogPosition } from '../state/dead-letter-log/layout.ts'
import type { ReplayJob } from '../state/replay/job.ts'
import type { EndedInput, OpenedInput } from './input-positions.ts'
import type { TapOrder } from './lane-tap.ts'

/** The dead-letter log as the lane opened it. */
export interface OpenedLetters {
  readonly position: LogPosition
  /** Bytes of all its segments. */
  readonly length: number
}

/** Up to where a lane's predecessor had settled all, and how its last line ended. */
export interface LanePlace extends TextPlace {
  readonly sourceNumber: number
}

/** A snapshot with the states of processors at the same instant. */
export interface StatedSnapshot {
  readonly sequence: number
  readonly values: Float64Array
  readonly states: readonly ProcessorState[]
}

/** What a lane's thread is started with. */
export interface LaneStart {
  readonly plan: Plan
  readonly region: Region
  readonly epoch: number
  /** State folder of the run, where the dead-letter log is. */
  readonly stateFolder: string
  /** Fresh start on finite files: sinks replace their files. */
  readonly replaceOutputs: boolean
  readonly maxLines: number
  /** Where to go on in each input, when this lane is not the first. Its snapshot stands in the region. */
  readonly resume: readonly InputPosition[] | undefined
  /** Of processors that keep some, when this lane is not the first. */
  readonly states?: readonly ProcessorState[]
  /** Somebody commits: the lane waits while it has written more than this since. */
  readonly uncommittedBytes: number | undefined
  /** For a source that main reads: where its predecessor stood. */
  readonly place: LanePlace | undefined
  /** It reads no input: it is there for dead letters alone, until `replay-end`. */
  readonly replaysOnly?: boolean
  /** Lines that it is careful with, because of how its predecessors died. */
  readonly caution: { readonly suspects: readonly Suspect[]; readonly doomed: readonly Doom[] }
  /** The process before was killed: for a while each line runs alone, and is noted before. */
  readonly isCareful: boolean
}

/** What a lane must know of a commit. */
export interface LaneCommit {
  /** Up to this snapshot all is durable. */
  readonly sequence: number
  /** Files that are so to their ends. */
  readonly finished: readonly number[]
  /** The oldest segment of dead letters that a checkpoint may cut the log back to. */
  readonly neededSegment: number
}

export type LaneRequest =
  | { readonly type: 'go' }
  /** The outputs as they were opened are committed: lines may flow. */
  | { readonly type: 'begin' }
  | ({ readonly type: 'committed' } & LaneCommit)
  /** Main has opened an input that it reads itself; its first chunk comes after this message. */
  | { readonly type: 'input'; readonly number: number; readonly name: string; readonly file: string | undefined }
  /** The files of these sinks, by their numbers, were renamed or deleted: go on in those that their paths lead to. */
  | { readonly type: 'reopen'; readonly sinks: readonly number[] }
  /** Begin this replay, or go on with it. */
  | { readonly type: 'replay'; readonly job: ReplayJob }
  /** Let no more letters in, and say so when those that are in are settled. */
  | { readonly type: 'replay-pause' }
  /** For a lane without input: there is nothing more to come. */
  | { readonly type: 'replay-end' }
  /** Show live lines through this port until it is closed. */
  | { readonly type: 'tap'; readonly order: TapOrder; readonly port: MessagePort }
  /** Read no more, settle what was read. */
  | { readonly type: 'stop' }
  /** The stop's time is up: give up calls that are under way. */
  | { readonly type: 'abandon' }

export type ReplayReport =
  /** By itself; `quiet` follows when it had begun. */
  | { readonly type: 'stopped'; readonly job: number; readonly reason: string; readonly hasBegun: boolean }
  /** No letter of it is in the lane; up to this one all are settled. */
  | { readonly type: 'quiet'; readonly job: number; readonly position: number }

export type LaneReport =
  /** Modules are loaded and inputs found; nothing has been read or written. */
  | { readonly type: 'ready'; readonly totalBytes: number | undefined }
  /** Outputs are open, and the snapshot has their lengths. The lane waits for `begin`. */
  | { readonly type: 'opened'; readonly letters: OpenedLetters | undefined }
  /** The user can mend it: said as it is, exit code 2. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'input'; readonly input: OpenedInput }
  | { readonly type: 'input-end'; readonly end: EndedInput }
  /** The file is out of the source's hands. */
  | { readonly type: 'released'; readonly sourceNumber: number }
  /** The lane waits for something to go through: room on a disk, say. Without a reason it goes on. */
  | { readonly type: 'waiting'; readonly who: string; readonly reason: string | undefined }
  /** The states of processors that keep some, and the snapshot that they belong to. */
  | { readonly type: 'states'; readonly stated: StatedSnapshot }
  | { readonly type: 'replay'; readonly report: ReplayReport }
  | { readonly type: 'log'; readonly message: string }
  | { readonly type: 'end'; readonly end: LaneEnd }
