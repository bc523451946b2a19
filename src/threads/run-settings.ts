// What a run is started with.

import type { IterableInput } from '../connectors/iterable/source.ts'
import type { Plan, ValueOutput } from '../engine/index.ts'
import type { Registry } from '../sdk/registry.ts'
import type { Region } from '../shared-memory/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import type { Replays } from './replays.ts'

export interface DashboardOptions {
  readonly host: string
  /** 0 picks one. */
  readonly port: number
  readonly allowHosts: readonly string[]
  /** For changes, and for reading on a host that others can reach. */
  readonly token: string
}

export interface RunSettings {
  readonly plan: Plan
  readonly registry: Registry
  readonly trace: boolean
  readonly stateFolder: string
  /** False: nothing outlives the run, which has a state folder for its own time only. */
  readonly commits: boolean
  /** What it goes on from; outputs were not touched yet. Undefined: a fresh start. */
  readonly resume: Checkpoint | undefined
  readonly replaceOutputs: boolean
  /** Lines to read at most. */
  readonly maxLines: number
  /** Undefined: no dashboard. */
  readonly dashboard: DashboardOptions | undefined
  readonly version: string
  /** Values that are masked in all output. */
  readonly secrets: readonly string[]
  /** One line each, complete and masked; the caller escapes and prints. */
  readonly onLog: (message: string) => void
  /** Reads no input and replays dead letters, until `endReplays`. */
  readonly replaysOnly?: ReplaysOnly | undefined
  /** Library mode: lines of the caller in place of the plan's source. */
  readonly input?: IterableInput | undefined
  /** Library mode: values to the caller in place of a sink. The lane runs on the caller's thread then. */
  readonly valueOutput?: ValueOutput | undefined
}

export interface ReplaysOnly {
  /** False: the outputs are left as they are, and only get more. */
  readonly cutsOutputs: boolean
  /** Those of the run whose input has ended, in the same process. */
  readonly of?: { readonly region: Region; readonly replays: Replays } | undefined
}
