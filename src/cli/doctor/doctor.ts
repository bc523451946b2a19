// What this installation really guarantees: asks the machine, the disks and the plan, and says it. False when something
// is broken. It writes a file of its own in the state folder, which it takes away again, and the index of dead letters.

import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

import { nodeFileSystem } from '../../base/file-system.ts'
import { builtins } from '../../builtins.ts'
import { type LoadedPlan, loadPlan } from '../../config/load-plan.ts'
import { logFolder } from '../../state/dead-letter-log/layout.ts'
import { LogFiles } from '../../state/dead-letter-log/log-files.ts'
import { stateFolderPath, stateFoldersIn } from '../../state/state-folder.ts'
import type { Check } from '../checks/check.ts'
import { hasFault, jsonOf, summaryOf, textOf } from '../checks/check-text.ts'
import { isStateFolder } from '../checks/state-folders.ts'
import { print } from '../output.ts'
import { outputArgument } from '../run-arguments.ts'
import { runIdentity } from '../run-identity.ts'
import { defaultStateRoot } from '../state-root.ts'
import { checkInputDisk, checkOutputDisk, checkSpace, checkStateDisk, type PlannedFile } from './disk-checks.ts'
import { checkGuarantees } from './guarantees.ts'
import { checkLimits, checkVersions, checkWatches, readLimits, readWatchLimits } from './machine-checks.ts'
import { type Mount, readMounts } from './mounts.ts'
import { plannedInputs, plannedOutputs } from './planned-files.ts'
import { checkStates } from './state-checks.ts'
import { rebuildIndexes } from './store-checks.ts'

export interface DoctorArguments {
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly state?: string
  readonly json: boolean
}

type Plan = LoadedPlan['plan']

interface Section {
  readonly title: string
  readonly checks: readonly Check[]
}

const INPUTS_SHOWN = 10

export async function doctor(pipeline: string | undefined, options: DoctorArguments): Promise<boolean> {
  const loaded = pipeline === undefined ? undefined : await planOf(pipeline, options)
  const plan = loaded?.plan
  const root = options.state === undefined ? defaultStateRoot(pipeline) : resolve(options.state)
  const folders = stateFolders(root, plan)
  const sections = examine(plan, root, folders, await rebuildIndexes(folders, loaded))
  const checks = sections.flatMap(section => section.checks)
  if (options.json) {
    const isSound = !hasFault(checks)
    const found = sections.map(({ title, checks: found }) => ({ title, checks: jsonOf(found) }))
    print(JSON.stringify({ is_sound: isSound, sections: found }, undefined, 2))
  } else {
    const parts = sections.map(({ title, checks: found }) => `${title}\n\n${textOf(found)}`)
    print([...parts, summaryOf(checks), ...(plan === undefined ? [HINT] : [])].join('\n\n'))
  }
  return !hasFault(checks)
}

const HINT = 'Name a pipeline to hear what it guarantees: linescope doctor pipeline.yaml'

function examine(
  plan: Plan | undefined,
  root: string,
  folders: readonly string[],
  indexes: readonly Check[]
): Section[] {
  const mounts = readMounts()
  const outputs = plan === undefined ? [] : plannedOutputs(plan)
  const files = outputs.flatMap(({ name, path }) => (path === undefined ? [] : [{ name: `output ${name}`, path }]))
  const inputs = plan === undefined ? [] : plannedInputs(plan)
  const isFollowing = plan?.source.isEndless === true && inputs.length > 0
  const held = 2 * files.length + (isFollowing ? inputs.length : Math.min(inputs.length, 16))
  const probed = plan === undefined ? root : folders[0]
  const machine: Section = {
    title: 'This machine',
    checks: [
      ...checkVersions(),
      ...checkLimits(readLimits(), held),
      ...(plan === undefined || isFollowing ? checkWatches(readWatchLimits()) : [])
    ]
  }
  const disks: Section = {
    title: 'State',
    checks: [
      ...checkStateDisk(probed, mounts),
      ...checkSpace(
        probed,
        lettersToCome(probed, plan),
        files.map(({ path }) => path)
      ),
      ...checkStates(folders),
      ...indexes
    ]
  }
  if (plan === undefined) return [machine, disks]
  const written = files.map(file => checkOutputDisk(file, mounts))
  const guarantees = checkGuarantees(plan, {
    outputs,
    inputsAreFiles: inputs.every(({ path }) => isFileOrFolder(path)),
    disksLast: [...written, disks.checks[0]].every(({ level }) => level !== 'warning')
  })
  return [
    machine,
    disks,
    { title: 'Inputs and outputs', checks: [...inputChecks(inputs, isFollowing, mounts), ...written] },
    { title: 'What this pipeline guarantees', checks: guarantees }
  ].filter(({ checks }) => checks.length > 0)
}

/** Without a pipeline the default limit is taken. */
function lettersToCome(stateFolder: string, plan: Plan | undefined): number {
  const files = new LogFiles(logFolder(stateFolder), nodeFileSystem)
  try {
    const there = files.segments().reduce((sum, segment) => sum + files.size(segment), 0)
    return Math.max(0, (plan?.deadLetters.maxBytes ?? 1024 ** 3) - there)
  } catch {
    // Somebody else tells that the folder cannot be read.
    return 0
  }
}

/** One that is not there yet will be one. */
function isFileOrFolder(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false })
  return status === undefined || status.isFile() || status.isDirectory()
}

async function planOf(file: string, { input, output }: DoctorArguments): Promise<LoadedPlan> {
  return await loadPlan({
    file,
    registry: builtins,
    currentFolder: process.cwd(),
    inputs: input,
    outputs: output.map(outputArgument)
  })
}

/** Of the plan, there or not; without a plan, those that are there. */
function stateFolders(root: string, plan: Plan | undefined): string[] {
  if (plan !== undefined) return [stateFolderPath(root, runIdentity(plan))]
  if (isStateFolder(root)) return [root]
  return existsSync(root) ? stateFoldersIn(root) : []
}

/** All that are not as they should be; of the others the first ones. */
function inputChecks(inputs: readonly PlannedFile[], mayComeLater: boolean, mounts: readonly Mount[]): Check[] {
  const checks = inputs.map(input => checkInputDisk(input, mayComeLater, mounts))
  const fine = checks.filter(({ level }) => level === 'ok')
  const hidden = new Set(fine.slice(INPUTS_SHOWN))
  const shown = checks.filter(check => !hidden.has(check))
  if (hidden.size === 0) return shown
  return [...shown, { level: 'ok', name: 'inputs', text: `… and ${hidden.size} more that can be read.` }]
}
