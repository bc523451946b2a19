// The part of library mode that needs everything: options in, a started run out.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { builtins } from '../builtins.ts'
import type { Pipeline } from '../config/define-pipeline.ts'
import { type LoadedPlan, loadPlan, planFromPipeline } from '../config/load-plan.ts'
import type { RunOptions } from './library.ts'
import { Run } from './main.ts'
import { VERSION } from './version.ts'

/** Throws a UserError for what the user can mend. */
export async function startRun(pipeline: Pipeline | string, options: RunOptions): Promise<Run> {
  const { plan, secrets } = await load(pipeline, options)
  const stateFolder = options.state ?? mkdtempSync(join(tmpdir(), 'linescope-'))
  const started = await Run.start({
    plan,
    registry: builtins,
    trace: options.trace ?? false,
    stateFolder,
    commits: options.state !== undefined,
    resume: undefined,
    replaceOutputs: !plan.source.isEndless,
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
  if (options.state === undefined) {
    void started.ended.then(() => rmSync(stateFolder, { recursive: true, force: true }))
  }
  return started
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
