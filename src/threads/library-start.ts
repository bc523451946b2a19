// The part of library mode that needs everything: options in, a started run out.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { UserError } from '../base/user-error.ts'
import { builtins } from '../builtins.ts'
import type { Pipeline } from '../config/define-pipeline.ts'
import { type LoadedPlan, loadPlan, planFromPipeline } from '../config/load-plan.ts'
import type { Plan } from '../engine/index.ts'
import type { Checkpoint } from '../state/checkpoint/checkpoint.ts'
import { acquireLock } from '../state/lock.ts'
import { rememberMasks } from '../state/masks.ts'
import { openStateFolder, writeInStateFolder } from '../state/state-folder.ts'
import type { RunOptions } from './library.ts'
import { Run } from './main.ts'
import { decideBeginning, replacesOutputs } from './resume.ts'
import { VERSION } from './version.ts'

/** Throws a UserError for what the user can mend. */
export async function startRun(pipeline: Pipeline | string, options: RunOptions): Promise<Run> {
  const { plan, secrets, variables } = await load(pipeline, options)
  const { stateFolder, resume, close } = openFolder(plan, options)
  try {
    if (options.state !== undefined) {
      const masks = { redaction: plan.redaction, variables, secrets }
      writeInStateFolder(stateFolder, () => rememberMasks(stateFolder, masks))
    }
    const started = await Run.start({
      plan,
      registry: builtins,
      trace: options.trace ?? false,
      stateFolder,
      commits: options.state !== undefined,
      resume,
      replaceOutputs: replacesOutputs(plan),
      maxLines: options.maxLines ?? Number.POSITIVE_INFINITY,
      dashboard:
        options.port === undefined
          ? undefined
          : { host: options.host ?? '127.0.0.1', port: options.port, allowHosts: [], token: options.token ?? '' },
      version: VERSION,
      secrets: [...secrets, ...(options.token ? [options.token] : [])],
      onLog: options.onLog ?? (() => undefined),
      input: options.input,
      valueOutput: options.output
    })
    void started.ended.then(close)
    return started
  } catch (failure) {
    close()
    throw failure
  }
}

interface Folder {
  readonly stateFolder: string
  readonly resume: Checkpoint | undefined
  /** Once the run has ended. */
  readonly close: () => void
}

function openFolder(plan: Plan, { state, resume: wish = 'auto', onLog }: RunOptions): Folder {
  if (state === undefined) {
    const stateFolder = mkdtempSync(join(tmpdir(), 'linescope-'))
    return { stateFolder, resume: undefined, close: () => rmSync(stateFolder, { recursive: true, force: true }) }
  }
  openStateFolder(state)
  const lock = acquireLock(state)
  try {
    const beginning = decideBeginning(state, plan, wish)
    if (beginning.kind === 'nothing') throw new UserError(beginning.note)
    if (beginning.note !== undefined) onLog?.(beginning.note)
    const resume = beginning.kind === 'resume' ? beginning.checkpoint : undefined
    return { stateFolder: state, resume, close: () => lock.release() }
  } catch (failure) {
    lock.release()
    throw failure
  }
}

function load(pipeline: Pipeline | string, options: RunOptions): Promise<LoadedPlan> {
  const given = {
    registry: builtins,
    currentFolder: process.cwd(),
    inputs: options.inputs ?? [],
    outputs: options.outputs ?? [],
    inputFromCaller: options.input !== undefined,
    outputToCaller: options.output !== undefined
  }
  return typeof pipeline === 'string' ? loadPlan({ ...given, file: pipeline }) : planFromPipeline(pipeline, given)
}
