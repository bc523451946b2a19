// Where a replay takes place: the state folder, and who has it now.

import { basename, resolve } from 'node:path'

import { quote } from '../../base/quote.ts'
import { UserError } from '../../base/user-error.ts'
import { builtins } from '../../builtins.ts'
import { type LoadedPlan, loadPlan } from '../../config/load-plan.ts'
import { type Lock, tryLock } from '../../state/lock.ts'
import { type RunInformation, readRun } from '../../state/run-json.ts'
import { readStart } from '../../state/started-with.ts'
import { stateFolderPath } from '../../state/state-folder.ts'
import { type OpenLog, openLog } from '../dead-letters/open-log.ts'
import { outputArgument } from '../run-arguments.ts'
import { runIdentity } from '../run-identity.ts'

export interface TargetArguments {
  readonly state?: string
  readonly input: readonly string[]
  readonly output: readonly string[]
}

export interface Target {
  readonly log: OpenLog
  readonly pipeline: string | undefined
  readonly options: TargetArguments
}

export type Holder =
  /** A run goes on in it. */
  | { readonly kind: 'run'; readonly url: string; readonly token: string }
  /** Nobody has it, and now we do. */
  | { readonly kind: 'nobody'; readonly lock: Lock }

export async function findTarget(pipeline: string | undefined, options: TargetArguments): Promise<Target> {
  const log = await openLog(pipeline, options.state)
  return { log, pipeline: pipeline ?? readStart(log.stateFolder)?.pipeline, options }
}

/** Throws a UserError when a run has it that cannot be asked. */
export function holderOf({ log: { stateFolder } }: Target): Holder {
  const lock = tryLock(stateFolder)
  if (lock !== undefined) return { kind: 'nobody', lock }
  const run = readRun(stateFolder)
  if (run?.url !== undefined && run.token !== undefined) return { kind: 'run', url: run.url, token: run.token }
  throw new UserError(`the pipeline is running (${whoIs(run)}) and has no dashboard, so it cannot be asked to replay`, {
    hint: 'Wait for its end, or start it without --no-dashboard.'
  })
}

function whoIs(run: RunInformation | undefined): string {
  return run === undefined ? 'it has only just begun' : `process ${run.pid}`
}

/** The pipeline as the last run had it, unless the arguments say otherwise. */
export async function planOf({ log, pipeline, options }: Target): Promise<LoadedPlan> {
  const start = readStart(log.stateFolder)
  const file = pipeline ?? start?.pipeline
  if (file === undefined) {
    throw new UserError(`nothing says which pipeline ${quote(log.shownAs)} is of`, { hint: 'Name the pipeline file.' })
  }
  const isGiven = options.input.length + options.output.length > 0
  const { inputs = [], outputs = [], currentFolder = process.cwd() } = isGiven ? {} : (start ?? {})
  const loaded = await loadPlan({
    file: resolve(file),
    registry: builtins,
    currentFolder,
    inputs: isGiven ? options.input : inputs,
    outputs: (isGiven ? options.output : outputs).map(outputArgument)
  })
  if (basename(stateFolderPath('', runIdentity(loaded.plan))) !== basename(log.stateFolder)) {
    throw new UserError(`the dead letters in ${quote(log.shownAs)} are of other sources or sinks than these`, {
      hint: 'Give the same --input and --output as to the run.'
    })
  }
  return loaded
}
