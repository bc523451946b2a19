// Everything that main and a lane say to each other. Numbers travel in shared memory, not here.

import type { LaneEnd, Plan } from '../engine/index.ts'
import type { Region } from '../shared-memory/index.ts'

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
}

export type LaneRequest =
  | { readonly type: 'go' }
  /** Main has opened an input that it reads itself; its first chunk comes after this message. */
  | { readonly type: 'input'; readonly number: number; readonly name: string; readonly file: string | undefined }
  /** Read no more, settle what was read. */
  | { readonly type: 'stop' }
  /** The stop's time is up: give up calls that are under way. */
  | { readonly type: 'abandon' }

export type LaneReport =
  /** Modules are loaded and inputs found; nothing has been read or written. */
  | { readonly type: 'ready'; readonly totalBytes: number | undefined }
  /** Outputs are open: lines flow. */
  | { readonly type: 'opened' }
  /** The user can mend it: said as it is, exit code 2. */
  | { readonly type: 'refused'; readonly message: string }
  /** A source's input was opened: its number in ids and shared memory, and its name. */
  | { readonly type: 'input'; readonly number: number; readonly name: string; readonly file: string | undefined }
  | { readonly type: 'log'; readonly message: string }
  | { readonly type: 'end'; readonly end: LaneEnd }
