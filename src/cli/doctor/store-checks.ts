// Makes the index of the dead letters anew from their log, in each state folder that has some.

import { existsSync } from 'node:fs'
import { basename } from 'node:path'

import { systemErrorReason } from '../../base/system-error.ts'
import { builtins } from '../../builtins.ts'
import { type LoadedPlan, loadPlan } from '../../config/load-plan.ts'
import { logFolder } from '../../state/dead-letter-log/layout.ts'
import { type Lock, lockFile, tryLock } from '../../state/lock.ts'
import { readStart } from '../../state/started-with.ts'
import { createReveal } from '../../threads/reveal.ts'
import { rebuildLetterIndex, storeFile, textVersionOf } from '../../threads/stored.ts'
import type { Check } from '../checks/check.ts'
import { shownPath } from '../checks/state-folders.ts'
import { formatCount, formatNumberOf } from '../numbers.ts'
import { outputArgument } from '../run-arguments.ts'

const NAME = 'letter index'
const LATER = 'No line depends on it. The next run makes it.'

/** `loaded`: the plan that the folders are of; without one, each is asked what it was started with. */
export async function rebuildIndexes(folders: readonly string[], loaded: LoadedPlan | undefined): Promise<Check[]> {
  const checks: Check[] = []
  for (const folder of folders) {
    if (!existsSync(logFolder(folder)) && !existsSync(storeFile(folder))) continue
    const check = await rebuild(folder, loaded)
    checks.push(folders.length === 1 ? check : { ...check, text: `${basename(folder)}: ${check.text}` })
  }
  return checks
}

async function rebuild(folder: string, known: LoadedPlan | undefined): Promise<Check> {
  const facts = { file: storeFile(folder) }
  const loaded = known ?? (await planOf(folder))
  if (typeof loaded === 'string') {
    const text = `It was not made anew: ${loaded}, so nobody knows which values must not be shown.`
    return { level: 'note', name: NAME, text, advice: LATER, facts }
  }
  let lock: Lock | undefined
  try {
    if (existsSync(lockFile(folder))) {
      lock = tryLock(folder)
      if (lock === undefined) return { level: 'note', name: NAME, text: 'A run has it, and keeps it itself.', facts }
    }
    return describe(folder, loaded)
  } catch (error) {
    const text = `It cannot be made: ${systemErrorReason(error)}.`
    return { level: 'warning', name: NAME, text, advice: LATER, facts }
  } finally {
    lock?.release()
  }
}

function describe(folder: string, { plan, secrets }: LoadedPlan): Check {
  const { letters, discarded, damaged, problem, setAside } = rebuildLetterIndex(
    folder,
    createReveal(secrets, plan.redaction),
    textVersionOf(plan.configHash, secrets, plan.redaction)
  )
  const parts = [`Made anew: ${formatNumberOf(letters, 'dead letter')}`]
  if (discarded > 0) parts.push(`${formatCount(discarded)} discarded`)
  const facts = { file: storeFile(folder), letters, discarded, damaged, set_aside: setAside?.file ?? null }
  const sentences = [`${parts.join(', ')}.`]
  if (setAside !== undefined) {
    sentences.push(`The database before could not be used (${setAside.reason}); it is ${shownPath(setAside.file)} now.`)
  }
  if (problem !== undefined) sentences.push(`The dead letters could not all be read: ${problem}.`)
  if (damaged > 0) sentences.push(`${formatNumberOf(damaged, 'place')} of their log cannot be read.`)
  const isWhole = setAside === undefined && problem === undefined && damaged === 0
  const advice = damaged > 0 ? 'linescope verify names them.' : undefined
  return { level: isWhole ? 'ok' : 'warning', name: NAME, text: sentences.join(' '), advice, facts }
}

/** What the last run there was started with; else why that is not known. */
async function planOf(folder: string): Promise<LoadedPlan | string> {
  const start = readStart(folder)
  if (start === undefined) return 'nothing says of which pipeline it is'
  try {
    return await loadPlan({
      file: start.pipeline,
      registry: builtins,
      currentFolder: start.currentFolder,
      inputs: start.inputs,
      outputs: start.outputs.map(outputArgument)
    })
  } catch (failure) {
    return `its pipeline cannot be loaded (${String(failure).split('\n')[0]})`
  }
}
