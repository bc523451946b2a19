// What is known of lines that ended whole processes, for the run that begins now.

import { quote } from '../base/quote.ts'
import type { Plan } from '../engine/index.ts'
import { type PoisonLine, PoisonNotes } from '../state/poison-notes.ts'
import type { OpenedInput } from './input-positions.ts'
import type { RunSettings } from './main.ts'

/** Undefined for runs that leave nothing behind, or that have no input of their own. */
export function beginNotes(settings: RunSettings): PoisonNotes | undefined {
  const { commits, replaysOnly, stateFolder, plan, resume } = settings
  if (!commits || replaysOnly !== undefined) return undefined
  // What main reads comes once: its lines are never the same ones again.
  const isGoingOn = resume !== undefined && plan.source.readBy === 'lane'
  const inputs = resume?.inputs ?? []
  const isBehind = ({ sourceNumber, offset }: Pick<PoisonLine, 'sourceNumber' | 'offset'>): boolean => {
    const input = inputs.find(each => each.sourceNumber === sourceNumber)
    return sourceNumber < 0 || (input !== undefined && (input.isFinished || offset < input.offset))
  }
  return PoisonNotes.begin(stateFolder, plan.configHash, isGoingOn ? isBehind : undefined)
}

/** A sentence for each line of the input that is not run, once: a run that was killed early has not even noted its name. */
export function whatIsNotRun(
  notes: PoisonNotes | undefined,
  { sourceNumber, name }: Pick<OpenedInput, 'sourceNumber' | 'name'>,
  { processors }: Plan
): string[] {
  return (notes?.untold(sourceNumber) ?? []).map(({ lineNumber, node, message }) => {
    return `Line ${lineNumber} of ${quote(name)} is not run: in ${quote(processors[node]?.name ?? '')} it ${message}.`
  })
}
