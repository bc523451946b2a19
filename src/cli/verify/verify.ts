// Verifies the state folders of a pipeline and says what was found. True when nothing is damaged.

import { resolve } from 'node:path'

import { builtins } from '../../builtins.ts'
import { loadPlan } from '../../config/load-plan.ts'
import { checkPipelineFile } from '../../config/read-pipeline-file.ts'
import { stateFolderPath } from '../../state/state-folder.ts'
import { hasFault, jsonOf, summaryOf, textOf } from '../checks/check-text.ts'
import { findStateFolders, shownPath } from '../checks/state-folders.ts'
import { print, printError, safe } from '../output.ts'
import { runIdentity } from '../run-identity.ts'
import { defaultStateRoot } from '../state-root.ts'
import { type KnownPipeline, verifyFolder } from './verify-folder.ts'

export interface VerifyArguments {
  readonly state?: string
  readonly json: boolean
}

export async function verify(pipeline: string | undefined, options: VerifyArguments): Promise<boolean> {
  if (pipeline !== undefined) checkPipelineFile(pipeline, process.cwd())
  const folders = findStateFolders(pipeline, options.state)
  const plain = pipeline === undefined ? undefined : await plainRun(pipeline, options.state)
  const found = folders.map(folder => ({
    folder,
    checks: verifyFolder(folder, folder === plain?.stateFolder ? plain.pipeline : undefined)
  }))
  if (options.json) {
    const folders = found.map(({ folder, checks }) => ({
      state_folder: folder,
      is_whole: !hasFault(checks),
      checks: jsonOf(checks)
    }))
    print(JSON.stringify({ is_whole: folders.every(({ is_whole }) => is_whole), folders }, undefined, 2))
  } else {
    const parts = found.map(
      ({ folder, checks }) => `${safe(shownPath(folder))}\n\n${textOf(checks)}\n\n${summaryOf(checks)}`
    )
    print(parts.join('\n\n'))
  }
  return found.every(({ checks }) => !hasFault(checks))
}

interface PlainRun {
  readonly stateFolder: string
  readonly pipeline: KnownPipeline
}

/**
 * The run of the pipeline as it stands in its file: with other inputs or outputs it has another state folder. One that
 * cannot be loaded any more is no reason not to look at what it left.
 */
async function plainRun(file: string, state: string | undefined): Promise<PlainRun | undefined> {
  try {
    const { plan } = await loadPlan({ file, registry: builtins, currentFolder: process.cwd() })
    const { configHash, source } = plan
    const pipeline = { configHash, isEndless: source.isEndless }
    const root = state === undefined ? defaultStateRoot(file) : resolve(state)
    return { stateFolder: stateFolderPath(root, runIdentity(plan)), pipeline }
  } catch (failure) {
    const [reason] = String(failure).split('\n')
    printError(safe(`warning: the pipeline cannot be loaded, so it is not compared with the checkpoint: ${reason}`))
    return undefined
  }
}
