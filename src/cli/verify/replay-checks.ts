// The replay jobs of a state folder: can each be read, are its letters those that were chosen, and how far is it?

import { statSync } from 'node:fs'
import { join } from 'node:path'

import { systemErrorReason } from '../../base/system-error.ts'
import { isOpen, type ReplayJob } from '../../state/replay/job.ts'
import { ReplayJobs, replayFolder } from '../../state/replay/jobs.ts'
import type { Check } from '../checks/check.ts'
import { formatCount, formatNumberOf } from '../numbers.ts'

const NAME = 'replays'
const ADVICE =
  'The next start replays nothing of it. Its letters are in the dead letters still: delete it, and replay them anew.'

export function checkReplays(stateFolder: string): Check[] {
  const jobs = new ReplayJobs(stateFolder)
  const faults: Check[] = []
  let found: readonly ReplayJob[]
  try {
    found = jobs.list(problem => faults.push(damage(stateFolder, problem)))
  } catch (problem) {
    return [damage(stateFolder, problem)]
  }
  for (const job of found) {
    try {
      jobs.selection(job)
      const { size } = statSync(jobs.outcomesFile(job.number))
      if (size !== job.total) {
        throw new Error(`${jobs.outcomesFile(job.number)} has ${formatNumberOf(size, 'byte')} for ${job.total} letters`)
      }
    } catch (problem) {
      // One that has come to its end is only looked at.
      const check = damage(stateFolder, problem)
      faults.push(isOpen(job) ? check : { ...check, advice: 'The next start does not need it.' })
    }
  }
  const open = found.find(isOpen)
  if (found.length === 0) return faults
  const state =
    open === undefined
      ? 'none of them open'
      : `replay ${open.number} is ${open.state} at ${formatCount(open.done)} of ${formatCount(open.total)}`
  const text = `${formatNumberOf(found.length, 'job')}, ${state}.`
  return [{ level: 'ok', name: NAME, text, facts: { file: replayFolder(stateFolder), jobs: found.length } }, ...faults]
}

function damage(stateFolder: string, problem: unknown): Check {
  const message = systemErrorReason(problem)
  // The whole file is one document.
  const file = new RegExp(`${join(replayFolder(stateFolder), '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\S+`).exec(
    message
  )?.[0]
  const facts = { file: file ?? replayFolder(stateFolder), byte: 0 }
  return {
    level: 'damage',
    name: NAME,
    text: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
    advice: ADVICE,
    facts
  }
}
