// What a plan promises, in plain words: which lines come out once, twice or not at all when the process or the machine
// dies. Wherever lines can be lost or come twice, it is a note or a warning.

import type { LoadedPlan } from '../../config/load-plan.ts'
import type { Check } from '../checks/check.ts'
import { formatBytes } from '../numbers.ts'

type Plan = LoadedPlan['plan']

export interface PlannedOutput {
  readonly name: string
  readonly type: string
  /** A file that can be cut back to its checkpoint. */
  readonly isRegularFile: boolean
}

/** As long as a run waits for the next commit when there is something to commit. */
const WINDOW = '50 ms, and never more than 64 MiB'

/** What the disks and files that are there make of the promise. */
export interface Circumstances {
  readonly outputs: readonly PlannedOutput[]
  /** No input is a pipe or a device. */
  readonly inputsAreFiles: boolean
  /** What was synced to the state and the outputs outlasts the machine. */
  readonly disksLast: boolean
}

export function checkGuarantees(plan: Plan, { outputs, inputsAreFiles, disksLast }: Circumstances): Check[] {
  const { source } = plan
  const canReadAgain = source.readBy === 'lane' && inputsAreFiles
  return [
    sourceGuarantee(source, inputsAreFiles),
    ...outputs.map(output => outputGuarantee(output, canReadAgain)),
    deadLetters(plan),
    powerFailure(plan, disksLast),
    ending(source.isEndless)
  ]
}

function sourceGuarantee({ type, isEndless }: Plan['source'], inputsAreFiles: boolean): Check {
  const name = `source ${type}`
  switch (inputsAreFiles ? type : 'stdin') {
    case 'file':
      return isEndless
        ? {
            level: 'note',
            name,
            text: 'No line is lost through rotation by renaming, whoever dies. Where a file is copied and then truncated, what is written between the two is lost by that.',
            advice: 'Let it be rotated by renaming.'
          }
        : { level: 'ok', name, text: 'No line is lost, whoever dies: files are read again from the last commit on.' }
    case 'folder':
      return {
        level: 'ok',
        name,
        text: 'No file is lost and none is taken twice, whoever dies: it moves on when what came of it is committed.'
      }
    case 'stdin':
      return {
        level: 'note',
        name,
        text: `What was read and not committed is lost when the whole process dies: as a rule the last ${WINDOW}. A thread that dies loses nothing.`,
        advice: 'Write to a file and read that, if no line may be lost.'
      }
    case 'generate':
      return { level: 'ok', name, text: 'Lines are made up: there is nothing to lose.' }
    default:
      return { level: 'note', name, text: 'What was read and not committed is lost when the whole process dies.' }
  }
}

function outputGuarantee({ name, type, isRegularFile }: PlannedOutput, canReadAgain: boolean): Check {
  const title = `sink ${name}`
  if (type === 'discard') return { level: 'ok', name: title, text: 'Nothing is kept.' }
  if (isRegularFile) {
    const text = canReadAgain
      ? 'Exactly once: after a crash the file is cut back to the last commit, and written on from there.'
      : 'Nothing twice: after a crash the file is cut back to the last commit.'
    return { level: 'ok', name: title, text }
  }
  const text = canReadAgain
    ? `At least once: it cannot be cut back. After a crash the lines since the last commit come again, as a rule those of ${WINDOW}.`
    : 'It cannot be cut back: a thread that dies writes the lines since the last commit again.'
  return { level: 'note', name: title, text, advice: 'Write to a file, if no line may come twice.' }
}

function deadLetters({ deadLetters: { maxBytes, whenFull } }: Plan): Check {
  const name = 'dead letters'
  const limit = formatBytes(maxBytes)
  if (whenFull === 'pause') {
    const text = `Each line that fails for good is kept once, as an output's lines are. At ${limit} no more lines are read until there is room.`
    return { level: 'ok', name, text }
  }
  const text = `At ${limit} the oldest are deleted, and counted: lines that failed for good are lost then.`
  return { level: 'warning', name, text, advice: 'when_full: pause, if none may be lost.' }
}

function powerFailure(plan: Plan, disksLast: boolean): Check {
  const name = 'power failure'
  if (plan.durability === 'fast') {
    return {
      level: 'warning',
      name,
      text: 'durability: fast. Nothing is synced: when the machine dies, what the system had not yet written is lost, as a rule the last 30 s. When only the process dies, nothing is.',
      advice: 'durability: full, if it is to outlast a power failure.'
    }
  }
  if (!disksLast) {
    const text = 'What lies on the file systems that are warned of above may be gone.'
    return { level: 'warning', name, text, advice: 'Put state and outputs on a disk.' }
  }
  return {
    level: 'ok',
    name,
    text: 'As when the process dies: outputs and dead letters are synced before a checkpoint speaks of them.'
  }
}

function ending(isEndless: boolean): Check {
  const text = isEndless
    ? 'It never ends by itself. A run that is started again goes on where the last one was.'
    : 'It ends with its input. Started again after that it begins afresh; after a crash or a stop it goes on.'
  return { level: 'ok', name: 'end', text }
}
