// What is known of lines that ended whole processes, for the run that begins now.

import { quote } from '../base/quote.ts'
import { type PoisonLine, PoisonNotes } from '../state/poison-notes.ts'
import type { RunSettings } from './main.ts'

/** Undefined for runs that leave nothing behind, or that have no input of their own. */
export function beginNotes(settings: RunSettings, log: (message: string) => void): PoisonNotes | undefined {
  const { commits, replaysOnly, stateFolder, plan, resume } = settings
  if (!commits || replaysOnly !== undefined) return undefined
  // What main reads comes once: its lines are never the same ones again.
  const isGoingOn = resume !== undefined && plan.source.readBy === 'lane'
  const inputs = resume?.inputs ?? []
  const isBehind = ({ sourceNumber, offset }: Pick<PoisonLine, 'sourceNumber' | 'offset'>): boolean => {
    const input = inputs.find(each => each.sourceNumber === sourceNumber)
    return sourceNumber < 0 || (input !== undefined && (input.isFinished || offset < input.offset))
  }
  const notes = PoisonNotes.begin(stateFolder, plan.configHash, isGoingOn ? isBehind : undefined)
  for (const { sourceNumber, lineNumber, node, message } of notes.lines) {
    const name = inputs.find(each => each.sourceNumber === sourceNumber)?.name ?? `input ${sourceNumber}`
    const processor = plan.processors[node]?.name ?? ''
    log(`Line ${lineNumber} of ${quote(name)} is not run: in ${quote(processor)} it ${message}.`)
  }
  return notes
}
